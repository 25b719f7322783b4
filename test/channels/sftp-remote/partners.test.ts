import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ed25519KeyPair } from '../../../src/channels/index.ts';
import { commandLine, type CommandLine } from '../../make/command-line.ts';
import { testDatabase, type TestDatabase } from '../../make/database.ts';

const hostKey = `SHA256:${'A'.repeat(43)}`;

let database: TestDatabase;
let line: CommandLine;
let keyFile: string;

beforeAll(async () => {
  database = await testDatabase();
  line = commandLine({ databaseUrl: database.url });
  keyFile = line.write('login', (await ed25519KeyPair('test')).private);
}, 300_000);

afterAll(async () => {
  line.close();
  await database.drop();
});

function words(name: string, sender: string, ...more: readonly string[]): string[] {
  return [
    ...['partner', 'add', name, '--host', 'sftp.example', '--user', 'sluis', '--key', keyFile],
    ...['--host-key', hostKey, '--sender', sender, '--pull', 'R=/out/', '--push', 'R=/in', ...more],
  ];
}

describe('sluis partner', () => {
  it('registers a partner, without showing its secrets to anyone', async () => {
    const secret = line.write('secret', 'correct horse\n');

    const added = await line.json(...words('one', '123456', '--password-file', secret));
    const shown = await line.sluis('partner', 'show', 'one', '--json');

    expect(added).toMatchObject({
      ...{ name: 'one', port: 22, hasKey: true, hasPassword: true, state: 'active' },
      ...{ pull: { R: '/out' }, detection: 'stable', claim: 'remember', aftercare: 'delete' },
      destinations: [{ number: '123456' }],
      circuit: { failures: 0 },
    });
    expect(shown.exit).toBe(0);
    expect(shown.out).not.toContain('horse');
    expect(shown.out).not.toContain('PRIVATE');
    const { rows } = await database.knex.raw<{ rows: { secrets: Buffer }[] }>(
      'select secrets from partner',
    );
    expect(rows[0]?.secrets.toString('latin1')).not.toContain('horse');
  });

  it.each([
    ['a host key that is no fingerprint', ['--host-key', 'MD5:aa']],
    ['a schedule of six fields', ['--schedule', '* * * * * *']],
    ['archiving without a directory', ['--after', 'archive']],
    ['renaming what is left where it is', ['--claim', 'rename', '--after', 'leave']],
    ['a directory that climbs', ['--pull', 'T=/a/../b']],
    ['one directory for two environments', ['--pull', 'T=/out']],
    ['the profile isabel without the key of the hub', ['--profile', 'isabel']],
    ['a sender number that is none', ['--sender', '000000']],
  ])('refuses %s', async (_, more) => {
    const outcome = await line.sluis(...words('wrong', '123457', ...more));

    expect(outcome.exit).toBe(1);
    expect(outcome.err).toContain('registration.invalid');
  });

  it('needs a host key', async () => {
    const given = words('keyless', '123457').filter(
      (word) => word !== '--host-key' && word !== hostKey,
    );

    expect((await line.sluis(...given)).exit).toBe(2);
  });

  it('lets one living partner stand for a number, and frees it on removal', async () => {
    await line.json(...words('two', '222222'));

    expect((await line.sluis(...words('three', '222222'))).err).toContain('registration.exists');
    expect((await line.sluis('partner', 'remove', 'two')).exit).toBe(0);
    expect((await line.sluis(...words('three', '222222'))).exit).toBe(0);
    expect((await line.sluis('partner', 'show', 'two')).exit).toBe(1);
    const { rows } = await database.knex.raw<{ rows: { secrets: Buffer }[] }>(
      `select secrets from partner where name = 'two'`,
    );
    expect(rows[0]?.secrets).toHaveLength(0);
  });

  it('suspends, resumes, and counts no slot of the time between', async () => {
    await line.json(...words('four', '444444', '--schedule', '* * * * *'));
    await database.knex.raw(
      `update partner set active_since = clock_timestamp() - interval '10 minutes'
       where name = 'four'`,
    );

    const before = (await line.json('partner', 'show', 'four')) as { missed: number };
    await line.sluis('partner', 'suspend', 'four');
    const again = await line.sluis('partner', 'suspend', 'four');
    await line.sluis('partner', 'resume', 'four');
    const after = (await line.json('partner', 'show', 'four')) as { missed: number };

    expect(before.missed).toBeGreaterThanOrEqual(9);
    expect(again.err).toContain('registration.step-refused');
    expect(after.missed).toBeLessThanOrEqual(1);
  });
});
