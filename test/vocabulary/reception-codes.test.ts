import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  annexCodeList,
  entryOf,
  isAnnexCode,
  labelOf,
  languages,
  type AnnexCode,
} from '../../src/vocabulary/index.ts';
import { contentCodes } from '../../src/vocabulary/content-codes.ts';
import { queueCodes } from '../../src/vocabulary/queue-codes.ts';
import { setCodes } from '../../src/vocabulary/set-codes.ts';

const root = resolve(import.meta.dirname, '../..');

/** Three digits in quotes next to the word code, or handed to a function that makes bad news. */
const codeUses = [
  /\bcodes?\b[^\n]{0,40}?'(\d{3})'/gi,
  /\b(?:finding|problem|refus\w*|reject\w*|anomaly)\w*\(\s*'(\d{3})'/gi,
];

function codesIn(text: string): string[] {
  return codeUses.flatMap((pattern) => [...text.matchAll(pattern)].map(([, code = '']) => code));
}

describe('reception codes', () => {
  it('has no code in two groups of the catalogue', () => {
    const all = [setCodes, contentCodes, queueCodes].flatMap((group) => Object.keys(group));

    expect(all).toHaveLength(annexCodeList.length);
    expect(all.filter((code) => !/^\d{3}$/.test(code))).toEqual([]);
  });

  it('lists its codes in ascending order', () => {
    expect(annexCodeList).toEqual([...annexCodeList].sort());
    expect(annexCodeList[0]).toBe('001');
    expect(annexCodeList.at(-1)).toBe('523');
  });

  it.each([...languages])('has a sentence of its own for every code in %s', (language) => {
    const sentences = annexCodeList.map((code) => labelOf(code, language));

    expect(sentences.filter((sentence) => !/^\p{Lu}.{10,118}[.]$/u.test(sentence))).toEqual([]);
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  it('says the same in no two languages', () => {
    const copied = annexCodeList.filter(
      (code) => new Set(languages.map((language) => labelOf(code, language))).size < 4,
    );

    expect(copied).toEqual([]);
  });

  it('knows the check of every code that a reception can end on', () => {
    const ofCheck = (check: number): string[] =>
      annexCodeList.filter((code) => entryOf(code)?.check === check);

    expect(ofCheck(1)).toEqual(['107', '131', '132']);
    expect(ofCheck(2)).toEqual(['129']);
    expect(ofCheck(3)).toEqual(['108']);
    expect(ofCheck(4)).toEqual(['109', '110', '111', '126']);
    expect(ofCheck(5)).toEqual(['112', '113', '127', '367']);
    expect(ofCheck(6)).toEqual(['114', '115', '116', '128']);
    expect(ofCheck(7)).toEqual(['117', '118', '119', '144', '257']);
    expect(ofCheck(8)).toEqual(['120', '121', '122', '123', '124', '130', '142']);
    expect(ofCheck(9)).toEqual(['133']);
    expect(ofCheck(10)).toEqual(['184', '280', '281', '509']);
    expect(ofCheck(11)).toEqual(['125', '153']);
    expect(ofCheck(12)).toEqual(['103', '154', '168', '249']);
    expect(ofCheck(13)).toEqual(['088', '089', '102', '134', '136', '137', '138', '139']);
    expect(ofCheck(14)).toEqual(['135', '157', '158', '172', '205', '275']);
  });

  it('lets a code it does not know stand for itself', () => {
    expect(labelOf('999', 'nl')).toBe('999');
    expect(entryOf('999')).toBeUndefined();
    expect(isAnnexCode('toString')).toBe(false);
    expect(isAnnexCode('125')).toBe(true);
  });

  it('holds every code that the sources use', () => {
    const unknown = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) =>
        codesIn(readFileSync(join(root, 'src', name), 'utf8'))
          .filter((code) => !isAnnexCode(code))
          .map((code) => `${name}: ${code}`),
      );

    expect(unknown).toEqual([]);
    expect(codesIn("{ code: '999' }, findingOf('998'), refuse(\n  '997')")).toEqual([
      '999',
      '998',
      '997',
    ]);
  });

  it('is told to people, code by code and in English', () => {
    const page = readFileSync(join(root, 'docs/codes.md'), 'utf8').replace(/ {2,}/g, ' ');
    const rowOf = (code: AnnexCode): string =>
      `| \`${code}\` | ${labelOf(code, 'en')} | ${String(entryOf(code)?.check ?? '')}`.trimEnd();

    expect(annexCodeList.filter((code) => !page.includes(rowOf(code)))).toEqual([]);
  });
});
