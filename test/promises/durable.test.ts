import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import SftpClient from 'ssh2-sftp-client';
import {
  ed25519KeyPair,
  ensureHostKeys,
  startSftpServer,
  type LoginAccount,
  type SftpServer,
} from '../../src/channels/index.ts';
import { openBlobStore, openMailbox } from '../../src/storage/index.ts';
import { systemClock, type SenderNumber } from '../../src/vocabulary/index.ts';
import { recordedFileSystem } from '../fakes/file-system.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';

let database: TestDatabase;
let directory: string;
let server: SftpServer;
let privateKey: string;
const files = recordedFileSystem();
/** What happened on disk, in the database and on the wire, in one line. */
const events: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(join(tmpdir(), 'sluis-durable-'));
  const blobs = await openBlobStore(join(directory, 'blobs'), files);
  const pair = await ed25519KeyPair();
  privateKey = pair.private;
  const [algorithm = '', base64 = ''] = pair.public.split(' ');
  const account: LoginAccount = {
    ...{ id: randomUUID(), username: 'payroll01', senderNumber: '123456' as SenderNumber },
    ...{ auth: 'publickey', allowSshRsa: false, blocked: false },
    keys: [{ algorithm, blob: Buffer.from(base64, 'base64'), fingerprint: '' }],
    ...{ certificateAuthorities: [], revokedSerials: [] },
  };
  database.knex.on('query-response', (_: unknown, query: { readonly sql: string }) => {
    if (query.sql.includes("state = 'LANDED'")) note('COMMIT of the row');
  });
  server = await startSftpServer({
    ...{ host: '127.0.0.1', port: 0, clock: systemClock },
    hostKeys: await ensureHostKeys(join(directory, 'keys')),
    logins: {
      admit: () => Promise.resolve(true),
      accountFor: () => Promise.resolve(account),
      passwordMatches: () => Promise.resolve(false),
      offersPassword: () => Promise.resolve(false),
      note: () => Promise.resolve(),
    },
    journal: { record: () => Promise.resolve() },
    mailboxFor: () =>
      openMailbox({
        ...{ knex: database.knex, blobs, clock: systemClock, nodeId: randomUUID(), account },
        ...{ channel: 'sftp', fileBytesMax: 1_000_000 },
      }),
  });
});
afterAll(async () => {
  await server.stop();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

function note(event: string): void {
  events.push(
    ...files.calls.slice(events.filter((one) => !one.startsWith('*')).length),
    `*${event}`,
  );
}

describe('promise 1', () => {
  it('Durable before confirmed: write, fsync, rename, fsync of the directory, COMMIT, reply', async () => {
    const client = new SftpClient();
    await client.connect({
      host: '127.0.0.1',
      port: server.port,
      username: 'payroll01',
      privateKey,
    });
    try {
      await client.put(Buffer.from('declarations'), 'IN/FI.MEDC.123456.20260115.00001.R');
      note('reply to CLOSE');
    } finally {
      await client.end();
    }

    // Folders of the fan-out are made, and made durable, while the first file in them is synced.
    const moved = events.indexOf('rename');
    const own = events.filter(
      (event, at) => event !== 'mkdir' && (event !== 'fsync directory' || at > moved),
    );
    expect(own.slice(-6)).toEqual([
      'write',
      'fsync',
      ...['rename', 'fsync directory'],
      '*COMMIT of the row',
      '*reply to CLOSE',
    ]);
  });
});
