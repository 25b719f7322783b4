import { describe, expect, it } from '@jest/globals';
import { jsonText } from '../../src/storage/json-text.ts';

describe('JSON for a column', () => {
  it.each([
    ['half a character at the end', `a\ud83d`, 'a\uFFFD'],
    ['the other half at the beginning', `\ude00b`, '\uFFFDb'],
    ['NUL', 'a\u0000b', 'a\uFFFDb'],
    ['a whole character', 'a\u{1F600}', 'a\u{1F600}'],
    ['what only looks like NUL', 'a\\u0000', 'a\\u0000'],
  ])('holds %s', (_, text, stored) => {
    expect(JSON.parse(jsonText([{ detail: text }]))).toEqual([{ detail: stored }]);
  });

  it('leaves numbers, instants and what is absent as JSON has them', () => {
    const value = { n: 1, at: new Date(0), none: undefined, list: [true, null] };

    expect(jsonText(value)).toBe(JSON.stringify(value));
  });
});
