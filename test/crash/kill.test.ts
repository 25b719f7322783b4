import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ed25519KeyPair } from '../../src/channels/index.ts';
import { openOffice, type Office } from '../../src/compose.ts';
import { composeSet, medcBatch, openSender, type Sender } from '../../src/sender/index.ts';
import { resolveSettings } from '../../src/settings.ts';
import { systemClock } from '../../src/vocabulary/index.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';
import { eventually, registerSecretariat, type TestSecretariat } from '../make/exchange.ts';
import { freePort, startGatewayProcess, type GatewayProcess } from '../make/gateway-process.ts';

const declarations = 2_000;
const username = 'payroll02';
let database: TestDatabase;
let data: string;
let office: Office;
let secretariat: TestSecretariat;
let sshKey: string;
let port: number;
let gateways: GatewayProcess[] = [];
let sequence = 0;
let file: string;

beforeAll(async () => {
  database = await testDatabase();
  data = await mkdtemp(join(tmpdir(), 'sluis-crash-'));
  const settings = resolveSettings({
    flags: { data, logLevel: 'error' },
    environment: { SLUIS_DATABASE_URL: database.url },
  });
  office = await openOffice({ settings, clock: systemClock });
  secretariat = await registerSecretariat(office, { clock: systemClock });
  const pair = await ed25519KeyPair();
  sshKey = pair.private;
  await office.identity.technicalUsers.register({
    ...{ username, sender: secretariat.sender, by: 'test' },
    sshKeys: [Buffer.from(pair.public)],
  });
  file = join(data, 'batch.xml');
  const pieces: string[] = [];
  for await (const piece of medcBatch({ declarations, invalidPercent: 1 })) pieces.push(piece);
  await writeFile(file, pieces.join(''));
});
beforeEach(async () => {
  port = await freePort();
  sequence += 1;
  // Every test sends the same declarations, as if they were declared for the first time.
  await database.knex('declaring').delete();
  await database.knex('declared').delete();
});
afterEach(async () => {
  for (const gateway of gateways) {
    await gateway.signal('SIGCONT');
    await gateway.signal('SIGKILL');
  }
  gateways = [];
});
afterAll(async () => {
  await office.close();
  await database.drop();
  await rm(data, { recursive: true, force: true });
});

async function start(environment: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  const gateway = await startGatewayProcess({
    ...{ data, databaseUrl: database.url, sftpPort: port, environment },
  });
  gateways.push(gateway);
  return gateway;
}

function connect(gateway: GatewayProcess): Promise<Sender> {
  return openSender({
    ...{ host: '127.0.0.1', port: gateway.sftp.port, username },
    privateKey: sshKey,
    hostKey: gateway.sftp.hostKeys,
    pollIntervalMs: 100,
    triesMax: 30,
    replace: true,
  });
}

async function send(sender: Sender): Promise<string> {
  const set = await composeSet({
    ...{ type: 'MEDC', environment: 'R', sender: secretariat.sender },
    sequence: String(sequence).padStart(5, '0'),
    parts: [{ path: file }],
    signing: secretariat.certificate,
    at: systemClock.now(),
  });
  return (await sender.send(set)).fileName;
}

interface Counts {
  readonly batches: number;
  readonly state: string;
  readonly declarations: number;
  readonly numbers: number;
  readonly acrf: number;
  readonly noti: number;
  readonly visible: number;
}

async function countsOf(fileName: string): Promise<Counts> {
  const { rows } = await database.knex.raw<{ rows: Counts[] }>(
    `with b as (select * from batch where file_name = :fileName)
     select (select count(*)::int from b) as batches, (select max(state) from b) as state,
       (select count(*)::int from declaration d join b on b.id = d.batch_id) as declarations,
       (select count(distinct number)::int from declaration d join b on b.id = d.batch_id) as numbers,
       (select count(*)::int from parcel p join b on b.id = p.batch_id where kind = 'ACRF') as acrf,
       (select count(*)::int from parcel p join b on b.id = p.batch_id where kind = 'NOTI') as noti,
       (select count(*)::int from parcel_file f join parcel p on p.id = f.parcel_id
          join b on b.id = p.batch_id where f.visible) as visible`,
    { fileName },
  );
  const [row] = rows;
  if (row === undefined) throw new Error('no counts');
  return row;
}

const whole: Counts = {
  ...{ batches: 1, state: 'NOTIFIED', declarations, numbers: declarations },
  ...{ acrf: 1, noti: 1, visible: 9 },
};

async function settled(fileName: string): Promise<Counts> {
  await eventually(
    async () => {
      const counts = await countsOf(fileName);
      return counts.state === 'NOTIFIED' && counts.visible === 9 ? counts : undefined;
    },
    `answers to ${fileName}`,
    180_000,
  );
  return countsOf(fileName);
}

/** Every file a row speaks of is there, whole. */
async function expectBlobsWhole(): Promise<void> {
  const { rows } = await database.knex.raw<{
    rows: { blob: string; sha256: Buffer; bytes: bigint }[];
  }>(
    `select blob, sha256, bytes from landed_file where blob is not null and state in ('LANDED', 'CLAIMED')
     union all select blob, sha256, bytes from parcel_file where blob is not null`,
  );
  for (const { blob, sha256 } of rows) {
    const hash = createHash('sha256');
    for await (const piece of createReadStream(office.blobs.pathOf(blob))) {
      hash.update(piece as Buffer);
    }
    expect(hash.digest()).toEqual(sha256);
  }
}

/** Asks the database until the moment has come, then kills. */
async function killWhen(gateway: GatewayProcess, sql: string): Promise<void> {
  await eventually(async () => {
    const { rows } = await database.knex.raw<{ rows: unknown[] }>(sql);
    return rows.length > 0 ? true : undefined;
  }, sql);
  await gateway.signal('SIGKILL');
}

const newest = '(select max(id) from batch)';
const moments: readonly (readonly [string, string])[] = [
  ['a file is on its way', `select 1 from landed_file where state = 'UPLOADING'`],
  ['the set was received', `select 1 from batch where id = ${newest} and state = 'RECEIVED'`],
  ['some chunks were judged', `select 1 from chunk where batch_id = ${newest}`],
  ['the set was accepted', `select 1 from batch where id = ${newest} and state = 'ACCEPTED'`],
  [
    'some declarations were recorded',
    `select 1 from batch where id = ${newest} and state = 'PROCESSING' and chunks_left > 0`,
  ],
  ['the batch was settled', `select 1 from batch where id = ${newest} and state = 'SETTLED'`],
];

const long = process.env['SLUIS_TEST_LONG'] === '1';
const deaths = long ? 12 : 2;
const tried = long ? moments : moments.filter((_, index) => index % 3 === 0);

describe('a gateway killed with SIGKILL', () => {
  it.each(tried)('One batch a set, a verdict each, when %s', async (_, moment) => {
    const first = await start();
    const sender = await connect(first);
    try {
      const sending = send(sender);
      sending.catch(() => undefined);
      await killWhen(first, moment);
      await start();

      const fileName = await sending;

      expect(await settled(fileName)).toEqual(whole);
      await expectBlobsWhole();
    } finally {
      await sender.close();
    }
  });

  it('One batch a set, a verdict each, when it dies again and again', async () => {
    const sender = await connect(await start());
    try {
      const fileName = await send(sender);
      let rounds = 0;
      for (; rounds < deaths; rounds += 1) {
        await gateways.at(-1)?.signal('SIGKILL');
        await start();
      }

      expect(await settled(fileName)).toEqual(whole);
      expect(rounds).toBe(deaths);
    } finally {
      await sender.close();
    }
  });
});

describe('two gateways on one database', () => {
  it('double nothing when one is stopped past its lease and continued', async () => {
    const stopped = await start();
    const sender = await connect(stopped);
    const fileName = await send(sender);
    await eventually(async () => {
      const { rows } = await database.knex.raw<{ rows: unknown[] }>(
        `select 1 from work_item where state = 'LEASED'`,
      );
      return rows.length > 0 ? true : undefined;
    }, 'a lease');
    await stopped.signal('SIGSTOP');
    port = 0;
    await start();

    const finished = await settled(fileName);
    await stopped.signal('SIGCONT');
    await eventually(
      () => Promise.resolve(stopped.log().includes('work.lease-lost') ? true : undefined),
      'the lost lease',
    );

    expect(finished).toEqual(whole);
    expect(await countsOf(fileName)).toEqual(whole);
    await sender.close().catch(() => undefined);
  });
});
