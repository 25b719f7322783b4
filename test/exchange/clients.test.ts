import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ssh2 from 'ssh2';
import { medcBatch } from '../../src/sender/index.ts';
import { systemClock } from '../../src/vocabulary/index.ts';
import { clients, loginKey, needs, sftp, type Login } from '../make/clients.ts';
import { anExchange, aSet, eventually, type Exchange } from '../make/exchange.ts';
import { closeOf, wireClient } from '../make/wire-client.ts';

let exchange: Exchange;
let folder: string;
let login: Login;
let content = '';

beforeAll(async () => {
  exchange = await anExchange({
    clock: systemClock,
    settings: { roles: 'sftp,worker', sftpPort: '0' },
  });
  folder = mkdtempSync(join(tmpdir(), 'sluis-clients-'));
  login = await aLogin('payroll02');
  for await (const piece of medcBatch({ declarations: 3 })) content += piece;
});
afterAll(async () => {
  await exchange.close();
  rmSync(folder, { recursive: true, force: true });
});

async function aLogin(username: string): Promise<Login> {
  const key = loginKey(folder, username);
  await exchange.office.identity.technicalUsers.register({
    ...{ username, sender: exchange.secretariat.sender, by: 'test' },
    sshKeys: [Buffer.from(key.publicLine)],
  });
  const { port, hostKeys } = exchange.sftp;
  return { port, username, keyPath: key.path, folder, hostKey: hostKeys[0] ?? '' };
}

/** A set as files, its GO last. */
function writeSet(): { readonly go: string; readonly names: readonly string[] } {
  const date = systemClock.now().toISOString().slice(0, 10).replaceAll('-', '');
  const { go, files } = aSet(exchange.secretariat, content, { date });
  mkdirSync(join(folder, 'sent'), { recursive: true });
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(join(folder, 'sent', name), bytes);
  }
  return { go, names: Object.keys(files) };
}

for (const client of clients) {
  needs(client.name)(`a set sent with ${client.name}`, () => {
    it('is answered by a receipt and a notification, which it fetches', async () => {
      const { go, names } = writeSet();

      const sent: (number | null)[] = [];
      for (const name of names) {
        sent.push((await client.put(login, join(folder, 'sent', name), `IN/${name}`)).code);
      }
      const batch = await exchange.batchOf(go);
      const texts: Record<string, string> = {};
      for (const { kind, files } of batch.parcels) {
        const [local, name = ''] = [join(folder, `${client.name}-${kind}`), files[0]];
        sent.push((await client.get(login, `OUT/${name}`, local)).code);
        texts[kind] = readFileSync(local, 'utf8');
      }

      expect(new Set(sent)).toEqual(new Set([0]));
      expect(batch.state).toBe('NOTIFIED');
      expect(texts['ACRF']).toContain(`<FileName>${go}</FileName>`);
      expect(texts['NOTI']).toContain(`<FileName>${go}</FileName>`);
    });
  });
}

describe('an account that is blocked', () => {
  it('loses its open sessions at once, others keep theirs, and it gets no new one', async () => {
    const { technicalUsers } = exchange.office.identity;
    const [blocked, other] = [await aLogin('payroll08'), await aLogin('payroll09')];
    const [cut, kept] = [await wireClient(blocked), await wireClient(other)];
    const write = ssh2.utils.sftp.OPEN_MODE.WRITE | ssh2.utils.sftp.OPEN_MODE.CREAT;
    await cut.open('IN/FI.unfinished', write);
    const closed = closeOf(cut.socket);

    await technicalUsers.block({ username: 'payroll08', by: 'test' });
    await closed;
    const directory = await kept.stat('IN');
    const again = await sftp(blocked, ['pwd']);
    const listed = await eventually(async () => {
      const partial = await exchange.mailbox().stat('IN', 'FI.unfinished');
      return partial ?? undefined;
    }, 'the unfinished file');
    await kept.end();

    expect(directory.isDirectory()).toBe(true);
    expect(again.code).toBe(255);
    expect(listed.bytes).toBe(0);
  });
});
