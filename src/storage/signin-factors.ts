import type { Knex } from 'knex';
import type { BackupCodeRecord, EnrolmentRecord, FactorStore } from '../identity/index.ts';
import { rowsOf } from './rows.ts';
import { countFailure } from './signin-passwords.ts';

interface TotpRow {
  readonly person_id: string;
  readonly secret_sealed: Buffer;
  readonly state: string;
  readonly last_step: bigint;
  readonly failures: number;
  readonly disabled_at: Date | null;
  readonly created_at: Date;
  readonly activated_at: Date | null;
}

interface BackupRow {
  readonly person_id: string;
  readonly number: number;
  readonly hash: string;
  readonly active: boolean;
  readonly used_at: Date | null;
}

interface EnrolmentRow {
  readonly person_id: string;
  readonly session_id: string;
  readonly secret_sealed: Buffer;
  readonly step: bigint | null;
  readonly code_hashes: readonly string[];
  readonly started_at: Date;
  readonly expires_at: Date;
}

/** Authenticator apps and back-up codes. */
export function factorStore(knex: Knex): FactorStore {
  return {
    async totp(personId) {
      const row = await knex<TotpRow>('totp')
        .where({ person_id: personId, state: 'active' })
        .first();
      if (row === undefined) return undefined;
      return {
        personId,
        sealed: row.secret_sealed,
        lastStep: row.last_step,
        failures: row.failures,
        ...(row.disabled_at === null ? {} : { disabledAt: row.disabled_at }),
        activatedAt: row.activated_at ?? row.created_at,
      };
    },
    async takeStep(personId, step) {
      // The one statement that decides: of two requests with one code, on any node, one is first.
      const taken = await knex('totp')
        .where({ person_id: personId, state: 'active', disabled_at: null })
        .whereRaw('last_step < ?', [String(step)])
        .update({ last_step: step, failures: 0 });
      return taken === 1;
    },
    fail: (personId, limit, at) => countFailure(knex, 'totp', { personId, limit, at }),
    async succeed(personId) {
      await knex('totp').where({ person_id: personId }).update({ failures: 0 });
    },
    async backupCodes(personId) {
      const rows = await knex<BackupRow>('backup_code')
        .where({ person_id: personId, active: true })
        .orderBy('number');
      return rows.map(backupCodeOf);
    },
    async useBackupCode(personId, number, at) {
      const used = await knex('backup_code')
        .where({ person_id: personId, number, active: true, used_at: null })
        .update({ used_at: at });
      return used === 1;
    },
    replaceBackupCodes: (personId, hashes) =>
      knex.transaction((trx) => replaceCodes(trx, personId, hashes)),
    ...enrolments(knex),
    remove: (personId) => removeAll(knex, personId),
  };
}

function backupCodeOf({ number, hash, used_at }: BackupRow): BackupCodeRecord {
  return { number, hash, ...(used_at === null ? {} : { usedAt: used_at }) };
}

async function replaceCodes(
  trx: Knex.Transaction,
  personId: string,
  hashes: readonly string[],
): Promise<void> {
  await trx('backup_code').where({ person_id: personId }).delete();
  await trx('backup_code').insert(
    hashes.map((hash, index) => ({
      ...{ person_id: personId, number: index + 1, hash, active: true },
    })),
  );
}

type Enrolments = Pick<
  FactorStore,
  'saveEnrolment' | 'enrolment' | 'failEnrolment' | 'proveEnrolment' | 'activate' | 'dropEnrolment'
>;

function enrolments(knex: Knex): Enrolments {
  return {
    async saveEnrolment(record) {
      await knex('factor_enrolment')
        .insert({
          person_id: record.personId,
          session_id: record.sessionId,
          secret_sealed: record.sealed,
          step: record.step ?? null,
          failures: 0,
          code_hashes: [...record.codeHashes],
          started_at: record.startedAt,
          expires_at: record.expiresAt,
        })
        .onConflict('person_id')
        .merge();
    },
    async enrolment(personId) {
      const row = await knex<EnrolmentRow>('factor_enrolment')
        .where({ person_id: personId })
        .first();
      return row && enrolmentOf(row);
    },
    async failEnrolment(personId) {
      const rows = rowsOf<{ readonly failures: number }>(
        await knex.raw(
          `update factor_enrolment set failures = failures + 1 where person_id = :personId
           returning failures`,
          { personId },
        ),
      );
      return rows[0]?.failures ?? 0;
    },
    async proveEnrolment(personId, { step, codeHashes }) {
      const proven = await knex('factor_enrolment')
        .where({ person_id: personId, step: null })
        .update({ step, code_hashes: [...codeHashes] });
      return proven === 1;
    },
    activate: (personId, sessionId, at) =>
      knex.transaction(async (trx) => {
        const rows = rowsOf<EnrolmentRow>(
          await trx.raw(
            `delete from factor_enrolment where person_id = :personId and session_id = :sessionId
               and step is not null and expires_at > :at returning *`,
            { personId, sessionId, at },
          ),
        );
        const [row] = rows;
        if (row === undefined) return false;
        await trx('totp')
          .insert({
            ...{ person_id: personId, secret_sealed: row.secret_sealed, state: 'active' },
            ...{ last_step: row.step, failures: 0, disabled_at: null },
            ...{ created_at: row.started_at, activated_at: at },
          })
          .onConflict('person_id')
          .merge();
        await replaceCodes(trx, personId, row.code_hashes);
        return true;
      }),
    async dropEnrolment(personId) {
      await knex('factor_enrolment').where({ person_id: personId }).delete();
    },
  };
}

function enrolmentOf(row: EnrolmentRow): EnrolmentRecord {
  return {
    personId: row.person_id,
    sessionId: row.session_id,
    sealed: row.secret_sealed,
    ...(row.step === null ? {} : { step: row.step }),
    codeHashes: row.code_hashes,
    startedAt: row.started_at,
    expiresAt: row.expires_at,
  };
}

function removeAll(knex: Knex, personId: string): Promise<boolean> {
  return knex.transaction(async (trx) => {
    const mine = { person_id: personId };
    await trx('factor_enrolment').where(mine).delete();
    const codes = await trx('backup_code').where(mine).delete();
    const apps = await trx('totp').where(mine).delete();
    return codes + apps > 0;
  });
}
