import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commandLine, type CommandLine } from '../make/command-line.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';

let database: TestDatabase;
let line: CommandLine;

beforeAll(async () => {
  database = await testDatabase();
  line = commandLine({ databaseUrl: database.url });
  await run('enterprise', 'add', '--number', '0206731645', '--name', 'Payroll');
  const of = ['--enterprise', '0206731645', '--quality', 'employer', '--types', 'MEDC'];
  await run('sender', 'add', '--number', '123456', ...of);
});
afterAll(async () => {
  await database.drop();
  line.close();
});

type Outcome = Awaited<ReturnType<CommandLine['sluis']>>;
const run = (...words: string[]): Promise<Outcome> => line.sluis(...words);
const json = (...words: string[]): Promise<unknown> => line.json(...words);

const amqp = ['--sender', '123456', '--channel', 'amqp', '--environment', 'R'];

describe('sluis channel', () => {
  it('shows that a sender an operator registers has SFTP in production', async () => {
    const lines = await json('channel', 'list', '--sender', '123456', '--channel', 'sftp');

    expect(lines).toMatchObject([
      { type: 'MEDC', environment: 'R', state: 'production' },
      { type: 'MEDC', environment: 'S', state: 'production' },
      { type: 'MEDC', environment: 'T', state: 'production' },
    ]);
  });

  it('takes a channel from requested to test, and not to production untested', async () => {
    const requested = await json('channel', 'request', ...amqp);
    const test = await json('channel', 'advance', ...amqp);
    const untested = await run('channel', 'advance', ...amqp);

    expect([requested, test]).toMatchObject([[{ state: 'requested' }], [{ state: 'test' }]]);
    expect(untested.exit).not.toBe(0);
    expect(untested.err).toMatch(/circuit test/);
  });

  it('suspends with a reason, which stands in the history', async () => {
    await run(
      'channel',
      'suspend',
      '--sender',
      '123456',
      '--channel',
      'sftp',
      '--reason',
      'key lost',
    );

    const shown = await run('channel', 'show', '--sender', '123456');
    await run('channel', 'resume', '--sender', '123456', '--channel', 'sftp');

    expect(shown.out).toMatch(/suspend sftp MEDC R: production → suspended, by .*, key lost/);
  });

  it('keeps the contact of a sender and the channel of its answers', async () => {
    const who = ['--name', 'Batch desk', '--email', 'batch@example.be'];
    await run('channel', 'set-contact', '--sender', '123456', ...who);
    await run('channel', 'set-answers', '--sender', '123456', '--channel', 'ebox');

    const shown = await json('channel', 'show', '--sender', '123456');

    expect(shown).toMatchObject({
      contact: { name: 'Batch desk', email: 'batch@example.be' },
      answersBy: 'ebox',
    });
  });

  it('tests a login step by step and says no when a step fails', async () => {
    const set = ['--set', 'username=nobody12'];

    const { exit, out } = await run('channel', 'test', '--channel', 'sftp', ...set, '--json');

    const reports = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { state: string });
    expect(exit).toBe(1);
    expect(reports.map(({ state }) => state)).toEqual(['running', 'failed', 'skipped', 'skipped']);
  });

  it('lists what ends soon, and says so when nothing does', async () => {
    const { exit, out } = await run('channel', 'expiring', '--within', '14');

    expect([exit, out]).toEqual([0, expect.stringContaining('nothing ends within 14 days')]);
  });

  it.each([
    [['advance', '--sender', '123456', '--channel', 'pigeon'], /one of these is expected/],
    [['advance', '--sender', '999998', '--channel', 'sftp'], /not registered/],
    [['list', '--state', 'open'], /one of requested/],
    [['expiring', '--within', '0'], /not understood/],
    [['test', '--channel', 'sftp', '--set', 'novalue'], /name=value/],
    [['test', '--channel', 'sftp', '--set', 'colour=red'], /these are known/],
  ])('refuses %j', async (words, says) => {
    const { exit, err } = await run('channel', ...words);

    expect(exit).not.toBe(0);
    expect(err).toMatch(says);
  });
});
