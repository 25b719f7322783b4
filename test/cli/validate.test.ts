import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../src/cli/index.ts';
import { faultsOf, medcBatch, type MedcBatchOptions } from '../../src/sender/index.ts';
import { schemaText } from '../make/judging.ts';

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'sluis-validate-'));
});

afterAll(() => {
  rmSync(home, { recursive: true });
});

async function validated(
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly lines: readonly string[]; readonly err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(['validate', ...words, '--received', '2026-02-01'], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { code, lines: out.join('').trimEnd().split('\n'), err: err.join('') };
}

async function made(options: MedcBatchOptions): Promise<string> {
  const path = join(home, 'batch.xml');
  const pieces: string[] = [];
  for await (const piece of medcBatch(options)) pieces.push(piece);
  writeFileSync(path, pieces.join(''));
  return path;
}

const schemaName = 'MedicalDeviceContribution_20261.xsd';
const ownSchema = schemaText(schemaName);
const uncompilable = ownSchema.replace(/base="[^"]+"/, 'base="xs:none"');

function schemas(texts: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(home, 'schemas-'));
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('sluis validate', () => {
  it('finds a made batch without faults fit to send', async () => {
    const path = await made({ declarations: 300, seed: 21 });

    const { code, lines } = await validated(path);

    expect(lines.at(-1)).toContain('fit to send');
    expect(lines.length).toBe(1);
    expect(code).toBe(0);
  });

  it('finds every fault of a made batch, in its place, and exits 1', async () => {
    const options = { declarations: 300, invalidPercent: 6, seed: 21 };
    const path = await made(options);

    const { code, lines } = await validated(path, '--json');

    const reports = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const forms = reports.flatMap(({ kind, form }) => (kind === 'finding' ? [form] : []));
    expect([...new Set(forms)]).toEqual(faultsOf(options).map(({ declaration }) => declaration));
    expect(reports.at(-1)).toMatchObject({ kind: 'summary', ok: false, forms: 300, refused: 18 });
    expect(code).toBe(1);
  });

  it('writes findings as line:column code text', async () => {
    const path = await made({ declarations: 20, invalidPercent: 100, seed: 2 });

    const { lines } = await validated(path);

    expect(lines[0]).toMatch(/^\d+:\d+ \d{5}-\d{3} \S/);
  });

  it('says of a file that is no XML where it stops being one', async () => {
    const path = join(home, 'broken.xml');
    writeFileSync(path, '<MedicalDeviceContribution>\n<Form>\n</Oops>');

    const { code, lines } = await validated(path);

    expect(code).toBe(1);
    expect(lines[0]).toMatch(/^\d+:\d+ \d{3} /);
  });

  it('judges with the schemas of a folder, and compiles the one that is asked for', async () => {
    const path = await made({ declarations: 40, seed: 3 });
    const folder = schemas({
      [schemaName]: ownSchema,
      'MedicalDeviceContribution_20254.xsd': uncompilable,
    });

    const { code, lines } = await validated(path, '--schema', folder);

    expect(lines).toEqual([
      expect.stringContaining('fit to send; MedicalDeviceContribution 20261; 40 declarations'),
    ]);
    expect(code).toBe(0);
  });

  it('judges by what the schema of the folder says, not by its own', async () => {
    const path = await made({ declarations: 40, seed: 3 });
    const folder = schemas({ [schemaName]: ownSchema.replaceAll('TypeForm', 'KindOfForm') });

    const { code, lines } = await validated(path, '--schema', folder);

    expect(lines.at(-1)).toContain('40 with blocking findings');
    expect(code).toBe(1);
  });

  it.each([
    ['is not well-formed', '<xs:schema', 'not well-formed'],
    ['does not compile', uncompilable, 'libxml2 does not compile it'],
    [
      'includes what is not there',
      ownSchema.replace(/<xs:schema[^>]*>/, '$&<xs:include schemaLocation="far.xsd"/>'),
      'far.xsd is not in the pack',
    ],
    [
      'has no root with forms',
      ownSchema.replaceAll('"Form"', '"Sheet"'),
      'no document has a root element with Form children',
    ],
  ])('says so when the schema %s', async (_, text, reason) => {
    const path = await made({ declarations: 2, seed: 3 });
    const folder = schemas({ [schemaName]: text });

    const { code, err } = await validated(path, '--schema', folder);

    expect(err).toContain(reason);
    expect(code).toBe(1);
  });

  it.each([
    ['a file that is not there', ['/nowhere/at-all.xml']],
    ['a folder', ['/tmp']],
  ])('exits 2 for %s', async (_, words) => {
    const { code, err } = await validated(...words);

    expect(err).toContain('cli.unreadable');
    expect(code).toBe(2);
  });
});
