import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseSince } from '../../src/cli/since.ts';
import { journalStore } from '../../src/storage/index.ts';
import { ticketOf } from '../../src/vocabulary/index.ts';
import { sluis } from '../make/command.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';
import { testFolder, type TestFolder } from '../make/folder.ts';

let test: TestDatabase;
let folder: TestFolder;
let config: string;
const ticket = ticketOf(7);
beforeAll(async () => {
  test = await testDatabase();
  folder = testFolder();
  config = join(folder.path, 'sluis.yaml');
  writeFileSync(config, `databaseUrl: ${test.url}\ndata: ${folder.path}\n`);
  const at = (time: string) => new Date(`2026-01-31T${time}Z`);
  await journalStore(test.knex).append([
    { at: at('10:00:00'), level: 'info', code: 'intake.received', ticket, fileName: 'FI.A' },
    { at: at('11:00:00'), level: 'warn', code: 'login.refused', username: 'eve\u001b[2J' },
    { at: at('12:00:00'), level: 'error', code: 'batch.failed', ticket, facts: { tries: 3 } },
  ]);
});
afterAll(async () => {
  await test.drop();
  folder.remove();
});

const log = (...options: string[]) => sluis('log', '--config', config, ...options);
const codes = (out: string) => [...out.matchAll(/\b(?:intake|login|batch)\.\w+/g)].map(String);

describe('sluis log', () => {
  it('shows what happened in order', async () => {
    const { code, out } = await log();

    expect(code).toBe(0);
    expect(codes(out)).toEqual(['intake.received', 'login.refused', 'batch.failed']);
  });

  it.each([
    [
      ['--batch', ticket],
      ['intake.received', 'batch.failed'],
    ],
    [['--batch', 'FI.A'], ['intake.received']],
    [
      ['--level', 'warn'],
      ['login.refused', 'batch.failed'],
    ],
    [
      ['--since', '2026-01-31T10:30:00Z'],
      ['login.refused', 'batch.failed'],
    ],
    [['--lines', '1'], ['batch.failed']],
  ])('narrows by %j', async (options, expected) => {
    const { out } = await log(...options);

    expect(codes(out)).toEqual(expected);
  });

  it('prints one object a line with --json', async () => {
    const { out } = await log('--json', '--batch', ticket);

    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toMatchObject([{ code: 'intake.received' }, { facts: { tries: 3 } }]);
  });

  it('lets no client steer the terminal', async () => {
    const { out } = await log('--level', 'warn');

    expect(out).not.toContain('\u001b');
  });

  it.each(['yesterday', '2026-02-30', '2026-01-31T10:00', ''])(
    'does not understand --since %j',
    async (since) => {
      const { code } = await log('--since', since);

      expect(code).toBe(2);
    },
  );
});

describe('--since', () => {
  it('reads a duration as so long ago', () => {
    const clock = { now: () => new Date('2026-01-31T10:00:00Z') };

    expect(parseSince('2h', clock)).toEqual(new Date('2026-01-31T08:00:00Z'));
  });
});
