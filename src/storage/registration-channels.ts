import type { Knex } from 'knex';
import type {
  ChannelChange,
  ChannelKey,
  ChannelRecord,
  ChannelStore,
  ContactRecord,
} from '../identity/index.ts';
import { conflictOf } from './registration-conflict.ts';
import { technicalUserNotice } from './technical-user-notice.ts';
import { rowsOf } from './rows.ts';

interface ChannelRow {
  readonly sender: ChannelRecord['sender'];
  readonly channel: ChannelRecord['channel'];
  readonly message_type: string;
  readonly environment: ChannelRecord['environment'];
  readonly state: ChannelRecord['state'];
  readonly resumes_to: ChannelRecord['resumesTo'] | null;
  readonly suspended_by: ChannelRecord['suspendedBy'] | null;
  readonly requested_at: Date;
  readonly changed_at: Date;
  readonly changed_by: string;
}

type Change = Parameters<ChannelStore['change']>[0][number];

/** Thrown to roll a transaction back when a line was changed by somebody else meanwhile. */
class Overtaken extends Error {}

/** Channels of senders in PostgreSQL. */
export function channelStore(knex: Knex): ChannelStore {
  return {
    async list({ sender, channel, state, max }) {
      const given = {
        ...(sender && { sender }),
        ...(channel && { channel }),
        ...(state && { state }),
      };
      const rows = await knex<ChannelRow>('channel_registration')
        .where(given)
        .orderBy(['sender', 'channel', 'message_type', 'environment'])
        .limit(max);
      return rows.map(recordOf);
    },
    async of(sender) {
      const rows = await knex<ChannelRow>('channel_registration')
        .where({ sender })
        .orderBy(['channel', 'message_type', 'environment']);
      return rows.map(recordOf);
    },
    async change(changes) {
      try {
        await knex.transaction((trx) => writeChanges(trx, changes));
        return true;
      } catch (thrown) {
        if (thrown instanceof Overtaken || conflictOf(thrown) !== undefined) return false;
        throw thrown;
      }
    },
    history: ({ sender, max }) => history(knex, sender, max),
    async testTraffic({ sender, channel, type, since }) {
      const [row] = rowsOf<{ ticket: string; judged_at: Date }>(
        await knex.raw(
          `select b.ticket, b.judged_at from batch b
           where b.sender = :sender and b.channel = :channel and b.environment = 'T'
             and (:type = '*' or b.type = :type) and b.received_at >= :since
             and b.state in ('ACCEPTED', 'PROCESSING', 'SETTLED', 'NOTIFIED', 'ARCHIVED')
             and b.errors = '[]'
           order by b.received_at desc limit 1`,
          { sender, channel, type, since },
        ),
      );
      return row && { ticket: row.ticket, at: row.judged_at };
    },
    contactOf: (sender) => contactOf(knex, sender),
    async saveContact({ sender, contact, answersBy, at, by }) {
      await knex('sender_contact')
        .insert({
          sender,
          name: contact?.name ?? null,
          email: contact?.email ?? null,
          phone: contact?.phone ?? null,
          answers_by: answersBy ?? null,
          changed_at: at,
          changed_by: by,
        })
        .onConflict('sender')
        .merge();
    },
  };
}

/** Writes changes with their history into a transaction that may do more. */
export async function writeChanges(
  trx: Knex.Transaction,
  changes: readonly Change[],
): Promise<void> {
  for (const change of changes) await writeChange(trx, change);
  const history = changes.map(({ type, by, as, from, to, reason = null, ...rest }) => ({
    ...{ sender: rest.sender, channel: rest.channel, message_type: type, act: rest.act, reason },
    ...{ environment: rest.environment, from_state: from, to_state: to, at: rest.at },
    ...{ by_whom: by, as_role: as },
  }));
  if (history.length === 0) return;
  await trx('channel_history').insert(history);
  // Sessions of logins that are not heard any more are cut at once.
  await trx.raw(`select pg_notify('${technicalUserNotice}', '')`);
}

async function writeChange(trx: Knex.Transaction, change: Change): Promise<void> {
  const { to: state, at, by, as, resumesTo = null, from, act } = change;
  const next = {
    ...{ state, changed_at: at, changed_by: by, resumes_to: resumesTo },
    suspended_by: state === 'suspended' ? as : null,
    // What was tested before a channel was closed says nothing about the one asked for now.
    ...(act === 'request' ? { requested_at: at } : {}),
  };
  const key = columnsOf(change);
  if (from === null) {
    await trx('channel_registration').insert({ ...key, requested_at: at, ...next });
    return;
  }
  const changed = await trx('channel_registration')
    .where({ ...key, state: from })
    .update(next);
  if (changed === 0) throw new Overtaken();
}

function columnsOf({ sender, channel, type, environment }: ChannelKey): Record<string, string> {
  return { sender, channel, message_type: type, environment };
}

function recordOf(row: ChannelRow): ChannelRecord {
  const { sender, channel, message_type: type, environment, state } = row;
  return {
    ...{ sender, channel, type, environment, state },
    ...(row.resumes_to === null ? {} : { resumesTo: row.resumes_to }),
    ...(row.suspended_by === null ? {} : { suspendedBy: row.suspended_by }),
    requestedAt: row.requested_at,
    changedAt: row.changed_at,
    changedBy: row.changed_by,
  } as ChannelRecord;
}

async function history(knex: Knex, sender: string, max: number): Promise<readonly ChannelChange[]> {
  const rows = rowsOf<{
    sender: ChannelChange['sender'];
    channel: ChannelChange['channel'];
    message_type: string;
    environment: ChannelChange['environment'];
    act: ChannelChange['act'];
    from_state: ChannelChange['from'];
    to_state: ChannelChange['to'];
    at: Date;
    by_whom: string;
    as_role: ChannelChange['as'];
    reason: string | null;
  }>(
    await knex.raw(
      'select h.* from channel_history h where h.sender = ? order by h.id desc limit ?',
      [sender, max],
    ),
  );
  return rows.map((row) => ({
    ...{ sender: row.sender, channel: row.channel, type: row.message_type, act: row.act },
    ...{ environment: row.environment, from: row.from_state, to: row.to_state, at: row.at },
    ...{ by: row.by_whom, as: row.as_role },
    ...(row.reason === null ? {} : { reason: row.reason }),
  }));
}

async function contactOf(
  knex: Knex,
  sender: ContactRecord['sender'],
): Promise<ContactRecord | undefined> {
  const row = await knex('sender_contact').where({ sender }).first<
    | {
        readonly name: string | null;
        readonly email: string | null;
        readonly phone: string | null;
        readonly answers_by: ContactRecord['answersBy'] | null;
      }
    | undefined
  >('name', 'email', 'phone', 'answers_by');
  if (row === undefined) return undefined;
  const { name, email, phone, answers_by: answersBy } = row;
  return {
    sender,
    ...(name === null || email === null
      ? {}
      : { contact: { name, email, ...(phone === null ? {} : { phone }) } }),
    ...(answersBy === null || answersBy === undefined ? {} : { answersBy }),
  };
}
