import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOffice, type Office } from '../../src/compose.ts';
import { resolveSettings } from '../../src/settings.ts';
import { beat, openMailbox } from '../../src/storage/index.ts';
import { brusselsDate, parseSenderNumber, systemClock } from '../../src/vocabulary/index.ts';
import { testDatabase, type TestDatabase } from './database.ts';
import { aSet, eventually, registerSecretariat, type TestSecretariat } from './exchange.ts';
import { startGatewayProcess, type GatewayProcess } from './gateway-process.ts';
import { medcEmployer, medcFile } from './medc-file.ts';

/** A database and a folder that gateways, processes of their own, come and go on. */
export interface MortalGateway {
  readonly database: TestDatabase;
  /** Where its files are. */
  readonly data: string;
  readonly office: Office;
  readonly secretariat: TestSecretariat;
  /** A signed set whose declarations no set before had. */
  newSet(forms: number): ReturnType<typeof aSet>;
  /** Lands the files of a set in the mailbox of its sender, in the order given. */
  hand(files: Readonly<Record<string, Buffer | string>>): Promise<void>;
  start(environment?: Readonly<Record<string, string>>): Promise<GatewayProcess>;
  /** SIGKILL for every gateway that runs. */
  kill(): Promise<void>;
  /** What leases of parcels and rounds wait for has passed. */
  outlastLeases(): Promise<void>;
  /** Asks until there is a row. */
  seen(sql: string): Promise<void>;
  /** What became of one set, once every answer to it is delivered. */
  settled(go: string): Promise<Settled>;
  close(): Promise<void>;
}

export interface Settled {
  readonly batches: number;
  readonly state: string;
  readonly declarations: number;
  readonly numbers: number;
  /** Files of the set that landed, one for each time. */
  readonly landed: number;
  readonly parcels: readonly string[];
}

/** What one set of so many sound declarations has to become. */
export function wholeOf(declarations: number): Settled {
  return {
    ...{ batches: 1, state: 'NOTIFIED', declarations, numbers: declarations, landed: 3 },
    parcels: ['ACRF', 'NOTI', 'STAT'],
  };
}

/** A broker takes its time to start, and a gateway rests up to ten seconds between connections. */
const settledMs = 240_000;

export async function aMortalGateway(): Promise<MortalGateway> {
  const database = await testDatabase();
  const { knex } = database;
  const data = await mkdtemp(join(tmpdir(), 'sluis-mortal-'));
  const settings = resolveSettings({
    flags: { data, logLevel: 'error' },
    environment: { SLUIS_DATABASE_URL: database.url },
  });
  const office = await openOffice({ settings, clock: systemClock });
  const secretariat = await registerSecretariat(office, { clock: systemClock });
  const gateways: GatewayProcess[] = [];
  let employers = 0;

  async function countsOf(go: string): Promise<Settled> {
    const { rows } = await knex.raw<{ rows: Settled[] }>(
      `with b as (select * from batch where file_name = :go)
       select (select count(*)::int from b) as batches, (select max(state) from b) as state,
         (select count(*)::int from declaration d join b on b.id = d.batch_id) as declarations,
         (select count(distinct number)::int from declaration d join b on b.id = d.batch_id) as numbers,
         (select count(*)::int from landed_file f
            where f.set_key = (select max(set_key) from landed_file where name = :go)
              and f.landed_at is not null) as landed,
         array(select p.kind from parcel p join b on b.id = p.batch_id
            where p.state = 'DELIVERED' order by p.kind) as parcels`,
      { go },
    );
    const [row] = rows;
    if (row === undefined) throw new Error('no counts');
    return row;
  }

  return {
    ...{ database, data, office, secretariat },
    newSet(forms) {
      const wishes = Array.from({ length: forms }, () => {
        employers += 1;
        return { employer: medcEmployer(employers) };
      });
      const date = brusselsDate(systemClock.now()).replaceAll('-', '');
      return aSet(secretariat, medcFile(wishes), { date });
    },
    async hand(files) {
      const senderNumber = parseSenderNumber(secretariat.sender);
      if (senderNumber === undefined) throw new Error('no sender number');
      const { accountId: id, username } = secretariat;
      // A process that is known, or the gateway takes what it uploads for left by one that died.
      const nodeId = randomUUID();
      await beat(knex, nodeId);
      const mailbox = openMailbox({
        ...{ account: { id, username, senderNumber }, knex, blobs: office.blobs },
        ...{ clock: systemClock, channel: 'sftp', nodeId },
        fileBytesMax: settings.fileBytesMax,
      });
      for (const [name, content] of Object.entries(files)) {
        const wish = { directory: 'IN', name, truncate: true, exclusive: false } as const;
        const upload = await mailbox.create(wish);
        const data = Buffer.from(content);
        if (data.length > 0) await upload.write({ at: 0, data });
        await upload.land();
      }
    },
    async start(environment = {}) {
      const gateway = await startGatewayProcess({ data, databaseUrl: database.url, environment });
      gateways.push(gateway);
      return gateway;
    },
    async kill() {
      for (const gateway of gateways.splice(0)) await gateway.signal('SIGKILL');
    },
    async outlastLeases() {
      const over = `clock_timestamp() - interval '1 second'`;
      await knex.raw(`update parcel set lease_until = ${over} where state = 'SENDING'`);
      await knex.raw(`update partner_run set due_at = due_at - interval '1 hour',
        lease_until = case when state = 'running' then ${over} end`);
    },
    async seen(sql) {
      await eventually(async () => {
        const { rows } = await knex.raw<{ rows: unknown[] }>(sql);
        return rows.length > 0 || undefined;
      }, sql);
    },
    async settled(go) {
      await eventually(
        async () => {
          const { state, parcels } = await countsOf(go);
          return (state === 'NOTIFIED' && parcels.length === 3) || undefined;
        },
        `answers to ${go}`,
        settledMs,
      );
      return countsOf(go);
    },
    async close() {
      for (const gateway of gateways.splice(0)) await gateway.signal('SIGKILL');
      await office.close();
      await database.drop();
      await rm(data, { recursive: true, force: true });
    },
  };
}
