import { describe, expect, it } from '@jest/globals';
import { parseInsz, withoutInsz } from '../../src/vocabulary/index.ts';

describe('a national number', () => {
  it.each(['85073003328', '85.07.30-033.28', '17073003384'])('is read: %s', (text) => {
    expect(parseInsz(text)).toBe(text.replace(/\D/g, ''));
  });

  it.each(['85073003329', '8507300332', '850730033280', '85133003328', ''])(
    'is none when its check digits, length or month are wrong: %j',
    (text) => {
      expect(parseInsz(text)).toBeUndefined();
    },
  );

  it('is shortened to its end wherever it stands in a text, and other numbers are not', () => {
    const text = 'CN=Anke, serialNumber=85073003328, OU=0206731645, O=85073003329, x1850730033280';

    expect(withoutInsz(text)).toBe(text.replace('85073003328,', '·········28,'));
  });
});
