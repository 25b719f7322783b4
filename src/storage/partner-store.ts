import type { Knex } from 'knex';
import type {
  Circuit,
  CircuitStore,
  Directories,
  NewPartner,
  PartnerDestination,
  PartnerRow,
  PartnerState,
  PartnerStore,
} from '../channels/index.ts';
import { remoteFileStore } from './remote-files.ts';
import { partnerRuns } from './partner-runs.ts';
import { rowsOf } from './rows.ts';
import { isUniqueViolation, translating } from './storage-failure.ts';

/** Partners in PostgreSQL. A database that is gone is `storage.unavailable`. */
export function partnerStore(knex: Knex): PartnerStore {
  return {
    insert: (row) => translating(() => insert(knex, row)),
    find: (name) =>
      translating(async () => (await read(knex, `p.name = ? and p.state <> 'removed'`, name))[0]),
    list: ({ removedToo, max }) =>
      translating(() =>
        read(
          knex,
          `p.state = any (?) order by p.name, p.created_at limit ?`,
          [...(removedToo ? ['active', 'suspended', 'removed'] : ['active', 'suspended'])],
          max,
        ),
      ),
    forDestination: (number) =>
      translating(async () => {
        const where = `p.state = 'active' and p.id = (
          select d.partner_id from partner_destination d where d.number = ?)`;
        return (await read(knex, where, number))[0];
      }),
    changeState: (o) => translating(() => changeState(knex, o)),
    circuits: circuitStore(knex),
    runs: partnerRuns(knex),
    files: remoteFileStore(knex),
  };
}

async function insert(knex: Knex, row: NewPartner): Promise<boolean> {
  try {
    await knex.transaction(async (trx) => {
      await trx('partner').insert({
        ...{ id: row.id, name: row.name, host: row.host, port: row.port },
        ...{ username: row.username, host_keys: row.hostKeys, secrets: row.secretsSealed },
        ...{ has_password: row.hasPassword, has_key: row.hasKey, profile: row.profile },
        ...{ detection: row.detection, claim: row.claim, aftercare: row.aftercare },
        ...{ archive: row.archive ?? null, read_back: row.readBack, schedule: row.schedule },
        ...{ pull: JSON.stringify(row.pull), push: JSON.stringify(row.push) },
        ...{ hub_key: row.hubKey ?? null, production_users: row.productionUsers },
        ...{ state: row.state, created_at: row.createdAt, active_since: row.activeSince },
      });
      const numbers = row.destinations.map(({ number }) => number);
      const mailboxes = row.destinations.map(({ mailbox }) => mailbox ?? '');
      await trx.raw(
        `insert into partner_destination (partner_id, number, mailbox)
         select cast(? as uuid), given.number, nullif(given.mailbox, '')
         from unnest(cast(? as text[]), cast(? as text[])) as given (number, mailbox)`,
        [row.id, numbers, mailboxes],
      );
    });
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly host_keys: readonly string[];
  readonly has_password: boolean;
  readonly has_key: boolean;
  readonly secrets: Buffer;
  readonly profile: PartnerRow['profile'];
  readonly detection: PartnerRow['detection'];
  readonly claim: PartnerRow['claim'];
  readonly aftercare: PartnerRow['aftercare'];
  readonly archive: string | null;
  readonly pull: Directories;
  readonly push: Directories;
  readonly read_back: boolean;
  readonly schedule: string;
  readonly hub_key: string | null;
  readonly production_users: readonly string[];
  readonly state: PartnerState;
  readonly circuit_failures: number;
  readonly circuit_until: Date | null;
  readonly circuit_reason: string | null;
  readonly created_at: Date;
  readonly active_since: Date;
  readonly destinations: readonly { readonly number: string; readonly mailbox: string | null }[];
}

async function read(
  knex: Knex,
  where: string,
  ...values: readonly (string | number | readonly string[])[]
): Promise<readonly PartnerRow[]> {
  const rows = rowsOf<Row>(
    await knex.raw(
      `select p.*, coalesce((select jsonb_agg(jsonb_build_object('number', d.number,
           'mailbox', d.mailbox) order by d.number)
         from partner_destination d where d.partner_id = p.id), '[]') as destinations
       from partner p where ${where}`,
      values as Knex.RawBinding[],
    ),
  );
  return rows.map(partnerOf);
}

function partnerOf(row: Row): PartnerRow {
  return {
    ...{ id: row.id, name: row.name, host: row.host, port: row.port, username: row.username },
    ...{ hostKeys: row.host_keys, hasPassword: row.has_password, hasKey: row.has_key },
    ...{ profile: row.profile, detection: row.detection, claim: row.claim },
    ...{ aftercare: row.aftercare, pull: row.pull, push: row.push, readBack: row.read_back },
    ...{ schedule: row.schedule, productionUsers: row.production_users, state: row.state },
    ...(row.archive === null ? {} : { archive: row.archive }),
    ...(row.hub_key === null ? {} : { hubKey: row.hub_key }),
    destinations: row.destinations.map(destinationOf),
    circuit: circuitOf(row),
    createdAt: row.created_at,
    activeSince: row.active_since,
    secretsSealed: row.secrets,
  };
}

function destinationOf({ number, mailbox }: Row['destinations'][number]): PartnerDestination {
  return { number, ...(mailbox === null ? {} : { mailbox }) };
}

async function changeState(
  knex: Knex,
  o: Parameters<PartnerStore['changeState']>[0],
): Promise<boolean> {
  return knex.transaction(async (trx) => {
    const rows = rowsOf(
      await trx.raw(
        `update partner set state = :to,
           active_since = case when :to = 'active' then :at else active_since end,
           secrets = case when :to = 'removed' then '' else secrets end,
           circuit_failures = 0, circuit_until = null, circuit_reason = null
         where id = :id and state = any (cast(:from as text[])) returning id`,
        { ...o, from: [...o.from] },
      ),
    );
    if (rows.length === 0) return false;
    if (o.to === 'removed') await trx('partner_destination').where({ partner_id: o.id }).delete();
    return true;
  });
}

type CircuitRow = Pick<Row, 'circuit_failures' | 'circuit_until' | 'circuit_reason'>;

function circuitOf(row: CircuitRow): Circuit {
  return {
    failures: row.circuit_failures,
    ...(row.circuit_until === null ? {} : { openUntil: row.circuit_until }),
    ...(row.circuit_reason === null ? {} : { reason: row.circuit_reason }),
  };
}

const circuitColumns = 'circuit_failures, circuit_until, circuit_reason';

function circuitStore(knex: Knex): CircuitStore {
  return {
    of: (partner) =>
      translating(async () => {
        const [row] = rowsOf<CircuitRow>(
          await knex.raw(`select ${circuitColumns} from partner where id = ?`, [partner]),
        );
        return row === undefined ? { failures: 0 } : circuitOf(row);
      }),
    failed: ({ partner, failuresMax, openUntil, reason }) =>
      translating(async () => {
        const [row] = rowsOf<CircuitRow>(
          await knex.raw(
            `update partner set circuit_failures = circuit_failures + 1, circuit_reason = :reason,
               circuit_until = case when circuit_failures + 1 >= :failuresMax
                 then cast(:openUntil as timestamptz) end
             where id = :partner returning ${circuitColumns}`,
            { partner, failuresMax, openUntil, reason },
          ),
        );
        return row === undefined ? { failures: 0 } : circuitOf(row);
      }),
    probe: ({ partner, at, until }) =>
      translating(async () => {
        const rows = rowsOf(
          await knex.raw(
            'update partner set circuit_until = ? where id = ? and circuit_until <= ? returning id',
            [until, partner, at],
          ),
        );
        return rows.length > 0;
      }),
    healed: (partner) =>
      translating(async () => {
        const rows = rowsOf<{ was_open: boolean }>(
          await knex.raw(
            `update partner p set circuit_failures = 0, circuit_until = null, circuit_reason = null
             from (select id, circuit_until is not null as was_open from partner where id = ?) old
             where p.id = old.id returning old.was_open`,
            [partner],
          ),
        );
        return rows[0]?.was_open ?? false;
      }),
  };
}
