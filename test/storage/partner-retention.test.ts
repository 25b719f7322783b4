import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { removePartnerHistory } from '../../src/storage/index.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';

const [old, middle, now] = ['2025-01-01', '2025-06-01', '2026-01-15'].map((day) => new Date(day));

describe('what is remembered of partners', () => {
  let database: TestDatabase;
  const partner = randomUUID();
  beforeAll(async () => {
    database = await testDatabase();
    await database.knex('partner').insert({
      ...{ id: partner, name: 'one', host: 'h', port: 22, username: 'u', host_keys: ['SHA256:x'] },
      ...{ has_password: true, has_key: false, secrets: Buffer.alloc(1), profile: 'plain' },
      ...{ detection: 'stable', claim: 'remember', aftercare: 'leave', pull: '{}', push: '{}' },
      ...{ read_back: false, schedule: '* * * * *', state: 'active' },
      ...{ created_at: old, active_since: old },
    });
  });
  afterAll(() => database.drop());

  it('goes after its time, but for the last slot and what a round has in hand', async () => {
    const { knex } = database;
    const run = (trigger: string, dueAt: Date | undefined): Record<string, unknown> => ({
      ...{ id: randomUUID(), partner_id: partner, due_at: dueAt, trigger, state: 'done' },
      ...{ started_at: dueAt, ended_at: dueAt },
    });
    const file = (name: string, state: string, at: Date | undefined): Record<string, unknown> => ({
      ...{ partner_id: partner, directory: 'out', name, bytes: 1, modified: 1, state },
      ...{ seen_at: at, changed_at: at },
    });
    await knex('partner_run').insert([run('schedule', old), run('schedule', middle)]);
    await knex('partner_run').insert([run('hand', old), run('hand', now)]);
    await knex('remote_file').insert([
      ...[file('gone', 'gone', old), file('held', 'fetching', old), file('new', 'landed', now)],
    ]);

    const removed = await removePartnerHistory(knex, new Date('2026-01-01'));

    expect(removed).toEqual({ rounds: 2, remoteFiles: 1 });
    const runs = await knex<{ trigger: string }>('partner_run')
      .select('trigger')
      .orderBy('trigger');
    expect(runs.map(({ trigger }) => trigger)).toEqual(['hand', 'schedule']);
    const files = await knex<{ name: string }>('remote_file').select('name').orderBy('name');
    expect(files.map(({ name }) => name)).toEqual(['held', 'new']);
  });
});
