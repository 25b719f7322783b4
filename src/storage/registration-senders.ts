import type { Knex } from 'knex';
import type { SenderProfile, SenderRecord, SenderStore } from '../identity/index.ts';
import { writeChanges } from './registration-channels.ts';
import { conflictOf } from './registration-conflict.ts';

interface SenderRow {
  readonly number: SenderRecord['number'];
  readonly enterprise: SenderRecord['enterprise'];
  readonly quality: SenderRecord['quality'];
  readonly types: readonly string[];
  readonly environments: SenderRecord['environments'];
  readonly profile: Partial<SenderProfile>;
  readonly state: SenderRecord['state'];
  readonly created_at: Date;
}

/** Sender numbers in PostgreSQL. */
export function senderStore(knex: Knex): SenderStore {
  return {
    async find(number) {
      const row = await knex<SenderRow>('sender').where({ number }).first();
      return row && recordOf(row);
    },
    async insert(record, channels) {
      const { createdAt, ...row } = record;
      try {
        await knex.transaction(async (trx) => {
          await trx('sender').insert({ ...row, created_at: createdAt });
          await writeChanges(trx, channels);
        });
        return 'done';
      } catch (thrown) {
        const conflict = conflictOf(thrown);
        if (conflict === undefined) throw thrown;
        if (conflict.kind === 'unknown') return 'enterprise-unknown';
        return conflict.constraint === 'sender_quality_once' ? 'quality-taken' : 'exists';
      }
    },
    async list({ after = '', max }) {
      const rows = await knex<SenderRow>('sender')
        .where('number', '>', after)
        .orderBy('number')
        .limit(max);
      return rows.map(recordOf);
    },
  };
}

function recordOf(row: SenderRow): SenderRecord {
  const { number, enterprise, quality, types, environments, profile, state, created_at } = row;
  return {
    ...{ number, enterprise, quality, types, environments, state },
    profile: {
      allErrors: profile.allErrors ?? false,
      zippedAnswers: profile.zippedAnswers ?? false,
    },
    createdAt: created_at,
  };
}
