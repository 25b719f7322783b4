import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { roleNames, roles } from '../../src/identity/index.ts';
import { languages } from '../../src/vocabulary/index.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The capabilities of identity and access that were promised, by their chapters. */
const promised: Readonly<Record<string, readonly [from: number, to: number]>> = {
  'actors and appointments': [1, 18],
  qualities: [19, 26],
  'user administration': [27, 42],
  'usernames and passwords': [43, 53],
  'login, role, language, menu': [54, 66],
  certificates: [67, 80],
  'recovery, locking, help desk': [81, 92],
  'second factor': [93, 104],
  'rights by application': [125, 131],
};

const codeOf = (number: number): string => `ACC-${String(number).padStart(2, '0')}`;

const rows = Object.entries(promised).flatMap(([chapter, [from, to]]) =>
  Array.from({ length: to - from + 1 }, (_, at) => [codeOf(from + at), chapter] as const),
);

function testFiles(): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.ts'),
  );
}

/** Codes in the names of tests: comments do not count, and neither does this file. */
function namedByTests(): ReadonlySet<string> {
  const named = new Set<string>();
  for (const file of testFiles()) {
    if (file.endsWith('access-docs.test.ts')) continue;
    for (const line of read(join('test', file)).split('\n')) {
      if (/^\s*(?:\*|\/\/|\/\*)/.test(line)) continue;
      for (const [code] of line.matchAll(/ACC-\d+/g)) named.add(code);
    }
  }
  return named;
}

const access = read('docs/access.md');
const pagesAlone = access.slice(access.indexOf('## What only pages can show'));

describe('every capability', () => {
  const named = namedByTests();

  it.each(rows)('%s (%s) is named by a test, or listed as behaviour of pages alone', (code) => {
    const shown = named.has(code) || new RegExp(`\\b${code}\\b`).test(pagesAlone);

    expect({ code, shown }).toEqual({ code, shown: true });
  });

  it('that pages alone can show is one of those promised', () => {
    const codes = new Set<string>(rows.map(([code]) => code));
    const listed = [...pagesAlone.matchAll(/ACC-\d+/g)].map(([code]) => code);

    expect(listed.filter((code) => !codes.has(code))).toEqual([]);
    expect(listed.length).toBeGreaterThan(0);
  });
});

describe('the table of roles', () => {
  // Code, four languages and older names; another table tells what roles belong to.
  const lines = access
    .split('\n')
    .filter((line) => /^\| `[A-Z]+` \|/.test(line) && line.split('|').length === 8);
  const table = new Map(
    lines.map((line) => {
      const [, code = '', ...cells] = line.split('|').map((cell) => cell.trim());
      return [code.replaceAll('`', ''), cells] as const;
    }),
  );

  it.each(roles)('names %s in four languages, as letters do', (role) => {
    const cells = table.get(role) ?? [];
    const columns = ['en', 'nl', 'fr', 'de'] as const;

    expect(columns).toHaveLength(languages.length);
    for (const [at, language] of columns.entries()) {
      // A column may add an abbreviation in brackets.
      expect((cells[at] ?? '').replace(/ \(.*\)$/, '')).toBe(roleNames[role][language]);
    }
  });
});

/** Numbers of the ASVS 5.0 that concern people, sessions, rights, the interface, files and logs. */
const asvs = [
  ...['6.1.1', '6.2.1', '6.2.4', '6.2.5', '6.2.6', '6.2.7', '6.2.8', '6.2.9', '6.2.10', '6.2.11'],
  ...['6.2.12', '6.3.1', '6.3.3', '6.3.7', '6.3.8', '6.4.1', '6.4.2', '6.4.3', '6.4.4', '6.4.5'],
  ...['6.4.6', '6.5.1', '6.5.2', '6.5.3', '6.5.4', '6.5.5', '6.5.6', '6.5.8', '6.7.1', '11.2.3'],
  ...['11.4.2', '7.2.3', '7.2.4', '7.3.1', '7.3.2', '7.4.1', '7.4.2', '7.4.3', '7.4.5', '7.5.1'],
  ...[
    '7.5.2',
    '3.3.1',
    '3.3.2',
    '3.3.3',
    '3.3.4',
    '3.4.1',
    '3.4.2',
    '3.4.3',
    '3.4.4',
    '3.4.5',
    '3.4.6',
    '3.4.8',
    '3.5.1',
    '8.1.1',
    '8.1.2',
    '8.2.1',
    '8.2.2',
  ],
  ...['8.2.3', '8.3.1', '8.3.2', '8.4.1', '5.1.1', '5.2.1', '5.2.2', '5.2.3', '5.2.4', '5.2.5'],
  ...['5.3.2', '5.4.2', '5.4.3', '1.5.1', '1.5.3', '4.1.1', '4.1.3', '4.1.5', '1.2.10', '16.2.1'],
  ...['16.2.2', '16.2.5', '16.3.1', '16.3.2', '16.4.1', '16.4.2', '16.4.3', '16.5.1'],
];

describe('the page on security', () => {
  const page = read('docs/security.md');
  const lines = page.split('\n').filter((line) => /^\| [\d.]+/.test(line));

  it('has a line for every item, with a test or a place', () => {
    const covered = new Map(
      lines.flatMap((line) => {
        const [, items = '', , shown = ''] = line.split('|').map((cell) => cell.trim());
        return itemsOf(items).map((item) => [item, shown] as const);
      }),
    );

    expect(asvs.filter((item) => (covered.get(item) ?? '') === '')).toEqual([]);
  });

  it('names no file that is not there', () => {
    const paths = [...page.matchAll(/`((?:test|src)\/[\w./-]*)`/g)].map(([, path = '']) => path);

    expect(paths.length).toBeGreaterThan(40);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names no test that is not in the file it names', () => {
    const wrong = lines.flatMap((line) =>
      quotedTests(line).filter(({ file, title }) => !holds(read(file), title)),
    );

    expect(wrong).toEqual([]);
  });
});

/** `6.5.1 to 6.5.4, 6.7.1` one by one. */
function itemsOf(cell: string): string[] {
  return cell.split(',').flatMap((part) => {
    const [from = '', to] = part.trim().split(' to ');
    if (to === undefined) return [from];
    const chapter = from.slice(0, from.lastIndexOf('.') + 1);
    const [first, last] = [from, to].map((item) => Number(item.slice(item.lastIndexOf('.') + 1)));
    const count = (last ?? 0) - (first ?? 0) + 1;
    return Array.from({ length: count }, (_, at) => `${chapter}${(first ?? 0) + at}`);
  });
}

interface QuotedTest {
  readonly file: string;
  readonly title: string;
}

/** Titles in quotation marks, and codes of capabilities, behind the file they are said to be in. */
function quotedTests(line: string): QuotedTest[] {
  const found: QuotedTest[] = [];
  let file: string | undefined;
  for (const [, path, title, code] of line.matchAll(
    /`(test\/[\w./-]+\.test\.ts)`|"([^"]+)"|\b(ACC-\d+)/g,
  )) {
    if (path !== undefined) file = path;
    else if (file !== undefined) found.push({ file, title: title ?? code ?? '' });
  }
  return found;
}

/** As it stands there, or with `%s` where the quotation has the value, which then stands there too. */
function holds(text: string, title: string): boolean {
  const plain = (words: string): string => words.replaceAll('’', "'");
  const [file, quoted] = [plain(text), plain(title).replace(/ …$/, '')];
  if (file.includes(quoted)) return true;
  const words = quoted.split(' ');
  return words.some((_, at) => {
    const pattern = [...words.slice(0, at), '%s'].join(' ');
    return at > 0 && file.includes(`'${pattern}'`) && file.includes(words.slice(at).join(' '));
  });
}
