import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { enterpriseNumberOf } from '../../src/vocabulary/index.ts';
import { commandLine } from '../make/command-line.ts';
import { testDatabase } from '../make/database.ts';
import { bakery, brewery, secretariat } from '../make/routing.ts';
import type { CommandLine } from '../make/command-line.ts';
import type { TestDatabase } from '../make/database.ts';

let database: TestDatabase;
let shell: CommandLine;

beforeAll(async () => {
  database = await testDatabase();
  shell = commandLine({ databaseUrl: database.url });
  await shell.sluis('enterprise', 'add', '--number', secretariat, '--name', 'Secretariat');
});

afterAll(async () => {
  shell.close();
  await database.drop();
});

const parties = ['--mandator', bakery, '--mandatary', secretariat, '--object', 'MEDC'];

describe('sluis mandate', () => {
  it('adds a mandate, tells when it is there already, lists and ends it', async () => {
    const added = await shell.json('mandate', 'add', ...parties, '--from', '2026Q1');
    const again = await shell.json('mandate', 'add', ...parties, '--from', '2026Q1');
    const ended = await shell.json('mandate', 'end', ...parties, '--to', '2026Q4');
    const listed = await shell.json('mandate', 'list', '--mandator', bakery);

    const mandate = { mandator: bakery, mandatary: secretariat, object: 'MEDC', from: '2026Q1' };
    expect(added).toMatchObject({ outcome: 'added', ...mandate, to: null });
    expect(again).toMatchObject({ outcome: 'already', ...mandate, to: null });
    expect(ended).toMatchObject({ ...mandate, to: '2026Q4' });
    expect(listed).toMatchObject([{ ...mandate, to: '2026Q4', key: `${bakery}/MEDC/20261` }]);
  });

  it('writes the acts down for those who read the journal', async () => {
    const { out } = await shell.sluis('log', '--json');

    expect(out).toContain('routing.mandate-added');
    expect(out).toContain('routing.mandate-ended');
  });

  it('registers the mandator by number alone', async () => {
    const listed = (await shell.json('enterprise', 'list')) as Record<string, unknown>[];

    expect(listed.map(({ number }) => number).sort()).toEqual([bakery, secretariat].sort());
  });

  it('imports a list; with a line refused the answer is no and the others are kept', async () => {
    const mandator = enterpriseNumberOf(6_200_000);
    const content = `mandator,mandatary,object,from,to\n${mandator},${secretariat},MEDC,2026Q1,\n1,2,3,4,5\n`;
    const file = shell.write('mandates.csv', content);

    const first = await shell.sluis('mandate', 'import', file);
    const result = await shell.json('mandate', 'import', file);

    expect(first).toMatchObject({ exit: 1, out: expect.stringContaining('1 added') as unknown });
    expect(first.out).toContain('line 3: mandator:');
    expect(result).toMatchObject({ added: 0, already: 1, refusedTotal: 1, refused: [{ line: 3 }] });
  });

  it('imports what is all there already without a word against it', async () => {
    const mandator = enterpriseNumberOf(6_200_000);
    const content = `mandator,mandatary,object,from,to\n${mandator},${secretariat},MEDC,2026Q1,\n`;
    const file = shell.write('again.csv', content);

    expect(await shell.sluis('mandate', 'import', file)).toMatchObject({
      exit: 0,
      out: '0 added, 1 there already, 0 refused\n',
    });
  });

  it('tells a file that is missing', async () => {
    const { exit, err } = await shell.sluis('mandate', 'import', '/nowhere/mandates.csv');

    expect(exit).toBe(2);
    expect(err).toContain('cli.unreadable');
  });

  it.each([
    ['registration.unknown', ['--mandator', bakery, '--mandatary', brewery, '--object', 'X']],
    ['registration.invalid', ['--mandator', '123', '--mandatary', secretariat, '--object', 'X']],
  ])('refuses with %s', async (code, words) => {
    const { exit, err } = await shell.sluis('mandate', 'add', ...words, '--from', '2026Q1');

    expect(exit).toBe(1);
    expect(err).toContain(code);
  });

  it('refuses a second mandatary for the same object and quarters', async () => {
    await shell.sluis('enterprise', 'add', '--number', brewery, '--name', 'Brewery');
    const words = ['--mandator', bakery, '--mandatary', brewery, '--object', 'MEDC'];

    const { exit, err } = await shell.sluis('mandate', 'add', ...words, '--from', '2026Q2');

    expect(exit).toBe(1);
    expect(err).toContain('registration.exists');
    expect(err).toContain('to 2026Q4');
  });
});
