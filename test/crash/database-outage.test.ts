import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ed25519KeyPair } from '../../src/channels/index.ts';
import { openOffice, type Office } from '../../src/compose.ts';
import { composeSet, medcBatch, openSender, type Sender } from '../../src/sender/index.ts';
import { resolveSettings } from '../../src/settings.ts';
import { systemClock } from '../../src/vocabulary/index.ts';
import { eventually, registerSecretariat, type TestSecretariat } from '../make/exchange.ts';
import { startGatewayProcess, type GatewayProcess } from '../make/gateway-process.ts';
import { postgresServer, type PostgresServer } from '../make/postgres-server.ts';

const declarations = 1_500;
const username = 'payroll03';
let postgres: PostgresServer;
let data: string;
let office: Office;
let secretariat: TestSecretariat;
let gateway: GatewayProcess;
let senders: readonly Sender[] = [];

beforeAll(async () => {
  postgres = await postgresServer();
  data = await mkdtemp(join(tmpdir(), 'sluis-outage-'));
  const settings = resolveSettings({
    flags: { data, logLevel: 'error' },
    environment: { SLUIS_DATABASE_URL: postgres.url },
  });
  office = await openOffice({ settings, clock: systemClock });
  secretariat = await registerSecretariat(office, { clock: systemClock });
  const pair = await ed25519KeyPair();
  await office.identity.technicalUsers.register({
    ...{ username, sender: secretariat.sender, by: 'test' },
    sshKeys: [Buffer.from(pair.public)],
  });
  gateway = await startGatewayProcess({ data, databaseUrl: postgres.url });
  const connect = (): Promise<Sender> =>
    openSender({
      ...{ host: '127.0.0.1', port: gateway.sftp.port, username, privateKey: pair.private },
      hostKey: gateway.sftp.hostKeys,
      ...{ pollIntervalMs: 100, triesMax: 40, replace: true },
    });
  senders = [await connect(), await connect()];
}, 300_000);
afterAll(async () => {
  for (const sender of senders) await sender.close().catch(() => undefined);
  await gateway.signal('SIGKILL');
  await office.close();
  await postgres.remove();
  await rm(data, { recursive: true, force: true });
});

async function send(sender: Sender | undefined, seed: number): Promise<string> {
  if (sender === undefined) throw new Error('no sender');
  const pieces: string[] = [];
  for await (const piece of medcBatch({ declarations, seed })) pieces.push(piece);
  const set = await composeSet({
    ...{ type: 'MEDC', environment: 'R', sender: secretariat.sender },
    sequence: String(seed).padStart(5, '0'),
    parts: [{ content: Buffer.from(pieces.join('')) }],
    signing: secretariat.certificate,
    at: systemClock.now(),
  });
  return (await sender.send(set)).fileName;
}

/** Asks again when the database is gone: that is what these tests are about. */
async function seen(sql: string, ms = 60_000): Promise<void> {
  await eventually(
    async () => {
      const { rows } = await office.database.knex.raw<{ rows: unknown[] }>(sql);
      return rows.length > 0 ? true : undefined;
    },
    sql,
    ms,
  );
}

interface Counts {
  readonly batches: number;
  readonly declarations: number;
  readonly numbers: number;
  readonly parcels: readonly string[];
}

async function countsOf(fileName: string): Promise<Counts> {
  const { rows } = await office.database.knex.raw<{ rows: Counts[] }>(
    `with b as (select * from batch where file_name = :fileName)
     select (select count(*)::int from b) as batches,
       (select count(*)::int from declaration d join b on b.id = d.batch_id) as declarations,
       (select count(distinct number)::int from declaration d join b on b.id = d.batch_id) as numbers,
       array(select p.kind from parcel p join b on b.id = p.batch_id order by p.kind) as parcels`,
    { fileName },
  );
  const [row] = rows;
  if (row === undefined) throw new Error('no counts');
  return row;
}

const whole: Counts = {
  ...{ batches: 1, declarations, numbers: declarations },
  parcels: ['ACRF', 'NOTI', 'STAT'],
};

/** Of a batch in work and an upload under way, both at once. */
async function interrupted(o: {
  readonly how: 'crash' | 'orderly';
  readonly seed: number;
}): Promise<readonly string[]> {
  const [one, two] = senders;
  const working = await send(one, o.seed);
  await seen(
    `select 1 from batch where file_name = '${working}' and state in ('ACCEPTED', 'PROCESSING')`,
  );
  const uploading = send(two, o.seed + 1);
  uploading.catch(() => undefined);
  await seen(
    `select 1 from landed_file where state = 'UPLOADING' or name like '%.0000${String(o.seed + 1)}.%'`,
  );

  await postgres.stop(o.how);
  await eventually(
    () => Promise.resolve(gateway.log().includes('storage.unavailable') ? true : undefined),
    'a word on the outage',
  );
  await postgres.start();

  return [working, await uploading];
}

describe('a database server that goes away while a set is in work and another on its way', () => {
  it.each([
    { how: 'crash', seed: 1 },
    { how: 'orderly', seed: 3 },
  ] as const)('loses and doubles nothing when it comes back: $how', async ({ how, seed }) => {
    const names = await interrupted({ how, seed });

    for (const name of names) {
      await seen(`select 1 from batch where file_name = '${name}' and state = 'NOTIFIED'`);
    }

    expect(await Promise.all(names.map(countsOf))).toEqual([whole, whole]);
    for (const [index, name] of names.entries()) {
      const receipt = await senders[index]?.waitForReceipt(name);
      expect(receipt).toMatchObject({ accepted: true });
    }
    // The process that saw the outage is the one that went on.
    expect(await gateway.signal('SIGCONT')).toBeNull();
  });
});
