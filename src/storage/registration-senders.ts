import type { Knex } from 'knex';
import type { SenderProfile, SenderRecord, SenderStore } from '../identity/index.ts';
import { writeChanges } from './registration-channels.ts';
import { conflictOf } from './registration-conflict.ts';
import { rowsOf } from './rows.ts';

interface SenderRow {
  readonly number: SenderRecord['number'];
  readonly enterprise: SenderRecord['enterprise'];
  readonly quality: SenderRecord['quality'];
  readonly types: readonly string[];
  readonly environments: SenderRecord['environments'];
  readonly profile: Partial<SenderProfile>;
  readonly state: SenderRecord['state'];
  readonly created_at: Date;
  readonly enterprise_state: string;
  readonly quality_state: string | null;
}

/** Sender numbers in PostgreSQL. */
export function senderStore(knex: Knex): SenderStore {
  const where = async (condition: string, ...values: readonly (string | number)[]) =>
    rowsOf<SenderRow>(await knex.raw(`${joined} where ${condition}`, values));
  const one = async (condition: string, ...values: readonly string[]) => {
    const [row] = await where(condition, ...values);
    return row && recordOf(row);
  };
  return {
    find: (number) => one('s.number = ?', number),
    ofQuality: (enterprise, quality) =>
      one('s.enterprise = ? and s.quality = ?', enterprise, quality),
    insert: (record, channels) => insert(knex, record, channels),
    async list({ after = '', max }) {
      const found = await where('s.number > ? order by s.number limit ?', after, max);
      return found.map(recordOf);
    },
  };
}

const joined = `select s.*, e.state as enterprise_state, q.state as quality_state
  from sender s
  join enterprise e on e.number = s.enterprise
  left join quality q on q.enterprise = s.enterprise and q.type = s.quality`;

async function insert(
  knex: Knex,
  record: SenderRecord,
  channels: Parameters<SenderStore['insert']>[1],
): ReturnType<SenderStore['insert']> {
  const { number, enterprise, quality, types, environments, profile, state, createdAt } = record;
  const row = { number, enterprise, quality, types, environments, profile, state };
  try {
    await knex.transaction(async (trx) => {
      await trx('sender').insert({ ...row, created_at: createdAt });
      await writeChanges(trx, channels);
      await trx.raw(
        `insert into quality (id, enterprise, type, activated_at, changed_at)
         values (gen_random_uuid(), ?, ?, ?, ?) on conflict do nothing`,
        [row.enterprise, row.quality, createdAt, createdAt],
      );
    });
    return 'done';
  } catch (thrown) {
    const conflict = conflictOf(thrown);
    if (conflict === undefined) throw thrown;
    if (conflict.kind === 'unknown') return 'enterprise-unknown';
    return conflict.constraint === 'sender_quality_once' ? 'quality-taken' : 'exists';
  }
}

function recordOf(row: SenderRow): SenderRecord {
  const { number, enterprise, quality, types, environments, profile, state, created_at } = row;
  return {
    ...{ number, enterprise, quality, types, environments, state },
    profile: {
      allErrors: profile.allErrors ?? false,
      zippedAnswers: profile.zippedAnswers ?? false,
    },
    open: row.enterprise_state === 'active' && row.quality_state !== 'suspended',
    createdAt: created_at,
  };
}
