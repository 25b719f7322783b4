import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ed25519KeyPair } from '../../src/channels/index.ts';
import { medcBatch } from '../../src/sender/index.ts';
import { systemClock } from '../../src/vocabulary/index.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';

const run = promisify(execFile);
let exchange: Exchange;
let directory: string;

beforeAll(async () => {
  exchange = await anExchange({
    clock: systemClock,
    settings: { roles: 'sftp,worker', sftpPort: '0' },
  });
  directory = await mkdtemp(join(tmpdir(), 'sluis-client-'));
  const pair = await ed25519KeyPair();
  await writeFile(join(directory, 'key'), pair.private, { mode: 0o600 });
  await exchange.office.identity.technicalUsers.register({
    ...{ username: 'payroll02', sender: exchange.secretariat.sender, by: 'test' },
    sshKeys: [Buffer.from(pair.public)],
  });
});
afterAll(async () => {
  await exchange.close();
  await rm(directory, { recursive: true, force: true });
});

async function sftp(commands: readonly string[]): Promise<string> {
  const batch = join(directory, 'commands');
  await writeFile(batch, commands.join('\n'));
  const { port } = exchange.sftp;
  const { stdout } = await run('sftp', [
    ...['-b', batch, '-P', String(port), '-i', join(directory, 'key')],
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
    'payroll02@127.0.0.1',
  ]);
  return stdout;
}

describe('a set sent with the OpenSSH client', () => {
  it('is answered in OUT', async () => {
    let text = '';
    for await (const piece of medcBatch({ declarations: 5 })) text += piece;
    const date = systemClock.now().toISOString().slice(0, 10).replaceAll('-', '');
    const { go, files } = aSet(exchange.secretariat, text, { date });
    for (const [name, content] of Object.entries(files))
      await writeFile(join(directory, name), content);

    await sftp(Object.keys(files).map((name) => `put ${join(directory, name)} IN/${name}`));
    const batch = await exchange.batchOf(go);
    const listing = await sftp([
      'ls -1 OUT',
      `get OUT/${batch.parcels[0]?.files[0] ?? ''} ${directory}/acrf`,
    ]);

    expect(batch.state).toBe('NOTIFIED');
    expect(listing).toContain('OUT/FO.NOTI.999999.');
    expect(await readFile(join(directory, 'acrf'), 'utf8')).toContain(`<FileName>${go}</FileName>`);
    expect(createHash('sha256').update(text).digest('hex')).toBe(batch.files[0]?.sha256);
  });
});
