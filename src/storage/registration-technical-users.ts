import type { Knex } from 'knex';
import type {
  NewTechnicalUser,
  TechnicalUserRecord,
  TechnicalUserStore,
} from '../identity/index.ts';
import { insertCertificates } from './registration-certificates.ts';
import { conflictOf } from './registration-conflict.ts';
import { credentialsAt, insertCredentials } from './registration-credentials.ts';
import { technicalUserNotice } from './technical-user-notice.ts';

interface UserRow {
  readonly id: string;
  readonly username: string;
  readonly sender: TechnicalUserRecord['sender'];
  readonly auth: TechnicalUserRecord['auth'];
  readonly allow_ssh_rsa: boolean;
  readonly state: TechnicalUserRecord['state'];
  readonly password_hash: string | null;
  /** Decimal text: 64 bits unsigned fit no integer column. */
  readonly revoked_serials: readonly string[];
  readonly created_at: Date;
}

/** Technical users in PostgreSQL. */
export function technicalUserStore(knex: Knex): TechnicalUserStore {
  const table = (): Knex.QueryBuilder<UserRow, UserRow[]> => knex<UserRow>('technical_user');
  return {
    async find(username) {
      const row = await table().where({ username }).first();
      return row && recordOf(row);
    },
    insert: (wish) => insert(knex, wish),
    async list({ sender, after = '', max }) {
      const query = table().where('username', '>', after).orderBy('username').limit(max);
      if (sender !== undefined) void query.where('sender', sender as UserRow['sender']);
      const rows = await query;
      return rows.map(recordOf);
    },
    changeState: (change) => changeState(knex, change),
    async setPassword({ id, hash, at }) {
      await knex('technical_user').where({ id }).update({ password_hash: hash, changed_at: at });
    },
    async passwordHash(id) {
      const row = await table().select('password_hash').where({ id }).first();
      return row?.password_hash ?? undefined;
    },
    async anyByPassword() {
      const row = await table().select('id').where({ auth: 'password', state: 'active' }).first();
      return row !== undefined;
    },
    revokeSerial: (wish) => revokeSerial(knex, wish),
    async addCredentials(records) {
      try {
        await knex.transaction((transaction) => insertCredentials(transaction, records));
        return 'done';
      } catch (thrown) {
        if (conflictOf(thrown)?.constraint === 'credential_once') return 'exists';
        throw thrown;
      }
    },
    retireCredential: (wish) => retireCredential(knex, wish),
    credentialsAt: (technicalUserId, at) => credentialsAt(knex, technicalUserId, at),
    async login(username, channel) {
      const row = await knex('technical_user')
        .join('sender', 'sender.number', 'technical_user.sender')
        .join('enterprise', 'enterprise.number', 'sender.enterprise')
        .leftJoin('quality', (on) => {
          void on
            .on('quality.enterprise', 'sender.enterprise')
            .andOn('quality.type', 'sender.quality');
        })
        .select<LoginRow[]>([
          'technical_user.*',
          'sender.state as sender_state',
          'enterprise.state as enterprise_state',
          'quality.state as quality_state',
          knex.raw(`${heardOver} as heard`, [channel]),
        ])
        .where('technical_user.username', username)
        .whereNot('technical_user.state', 'removed')
        .first();
      if (row === undefined) return undefined;
      return { user: recordOf(row), senderActive: row.heard && isOpen(row) };
    },
  };
}

/** Whether anything of the channel is asked for, in test or in production. */
const heardOver = `exists (select 1 from channel_registration r
  where r.sender = technical_user.sender and r.channel = ?
    and r.state not in ('suspended', 'closed'))`;

async function insert(
  knex: Knex,
  { user, passwordHash, credentials, certificates }: NewTechnicalUser,
): ReturnType<TechnicalUserStore['insert']> {
  try {
    await knex.transaction(async (transaction) => {
      await transaction('technical_user').insert({
        id: user.id,
        username: user.username,
        sender: user.sender,
        auth: user.auth,
        allow_ssh_rsa: user.allowSshRsa,
        state: user.state,
        password_hash: passwordHash ?? null,
        created_at: user.createdAt,
        changed_at: user.createdAt,
      });
      await insertCertificates(transaction, certificates);
      await insertCredentials(transaction, credentials);
    });
    return 'done';
  } catch (thrown) {
    const conflict = conflictOf(thrown);
    if (conflict?.kind === 'unknown') return 'sender-unknown';
    if (conflict?.constraint === 'technical_user_username_once') return 'exists';
    if (conflict?.constraint === 'certificate_one_owner') return 'certificate-taken';
    throw thrown;
  }
}

function changeState(
  knex: Knex,
  { id, from, to, at }: Parameters<TechnicalUserStore['changeState']>[0],
): Promise<boolean> {
  return knex.transaction(async (transaction) => {
    const changed = await transaction('technical_user')
      .where({ id })
      .whereIn('state', [...from])
      .update({ state: to, changed_at: at });
    if (changed === 1 && to === 'removed') {
      await transaction('technical_user').where({ id }).update({ password_hash: null });
      for (const table of ['credential', 'certificate']) {
        await transaction(table)
          .where({ technical_user_id: id, retired_at: null })
          .update({ retired_at: at });
      }
    }
    if (changed === 1) await announce(transaction, id);
    return changed === 1;
  });
}

/** Sessions opened with the certificate end with the transaction that revokes it. */
function revokeSerial(
  knex: Knex,
  { id, serial, at }: Parameters<TechnicalUserStore['revokeSerial']>[0],
): Promise<boolean> {
  return knex.transaction(async (transaction) => {
    const changed = await transaction('technical_user')
      .where({ id })
      .whereRaw('not (?::text = any(technical_user.revoked_serials))', [String(serial)])
      .update({
        revoked_serials: knex.raw('technical_user.revoked_serials || ?::text', [String(serial)]),
        changed_at: at,
      });
    if (changed === 1) await announce(transaction, id);
    return changed === 1;
  });
}

function retireCredential(
  knex: Knex,
  { technicalUserId, fingerprint, at }: Parameters<TechnicalUserStore['retireCredential']>[0],
): Promise<boolean> {
  return knex.transaction(async (transaction) => {
    const retired = await transaction('credential')
      .where({ technical_user_id: technicalUserId, fingerprint, retired_at: null })
      .whereNot({ kind: 'certificate-key' })
      .update({ retired_at: at });
    if (retired > 0) await announce(transaction, technicalUserId);
    return retired > 0;
  });
}

async function announce(transaction: Knex.Transaction, id: string): Promise<void> {
  await transaction.raw('select pg_notify(?, ?)', [technicalUserNotice, id]);
}

interface LoginRow extends UserRow {
  readonly sender_state: string;
  readonly heard: boolean;
  readonly enterprise_state: string;
  readonly quality_state: string | null;
}

/** An enterprise that awaits its manager may log in and is told so by its receipts. */
function isOpen(row: LoginRow): boolean {
  const isSuspended = row.sender_state !== 'active' || row.quality_state === 'suspended';
  return !isSuspended && row.enterprise_state !== 'closed';
}

function recordOf(row: UserRow): TechnicalUserRecord {
  const { id, username, sender, auth, state } = row;
  return {
    ...{ id, username, sender, auth, state },
    allowSshRsa: row.allow_ssh_rsa,
    hasPassword: row.password_hash !== null,
    revokedSerials: row.revoked_serials.map(BigInt),
    createdAt: row.created_at,
  };
}
