import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registration } from '../../make/registration.ts';
import type { AuditActor } from '../../../src/identity/index.ts';
import type { Registration } from '../../make/registration.ts';

let room: Registration;

beforeAll(async () => {
  room = await registration();
});

afterAll(() => room.close());

const actor: AuditActor = { name: 'janpeeters', role: 'CAM', source: '192.0.2.7' };
const event = { event: 'user_updated', action: 'user.edit', target: 'person 1' } as const;

/** What somebody with the rights of the database's owner could do. */
async function tamper(sql: string, values: unknown[] = []): Promise<void> {
  await room.database.knex.transaction(async (trx) => {
    await trx.raw('alter table audit_event disable trigger audit_event_stays');
    await trx.raw(sql, values as never);
    await trx.raw('alter table audit_event enable trigger audit_event_stays');
  });
}

describe('the audit trail', () => {
  it('says who did what in which role, from where, and what it was before', async () => {
    const { audit } = room.identity;

    await audit.record(actor, { ...event, before: { language: 'nl' }, after: { language: 'fr' } });

    expect((await audit.list({ max: 1 })).rows[0]).toMatchObject({
      ...event,
      ...{ seq: 1n, actor: 'janpeeters', actingAs: 'CAM', source: '192.0.2.7', result: 'done' },
      at: room.clock.now(),
      before: { language: 'nl' },
      after: { language: 'fr' },
    });
  });

  it('keeps neither secrets nor national numbers, whoever hands them in', async () => {
    const { audit } = room.identity;

    await audit.record(actor, {
      ...event,
      after: { password: 'hunter22222', list: ['85073003328', { insz: 'x' }], name: 'Jan' },
    });

    expect((await audit.list({ max: 1 })).rows[0]?.after).toEqual({
      password: '(not kept)',
      list: ['(not kept)', { insz: '(not kept)' }],
      name: 'Jan',
    });
  });

  it('numbers events without gaps when many are written at once', async () => {
    const { audit } = room.identity;

    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        audit.record(actor, { ...event, target: `person ${index}` }),
      ),
    );

    expect(await audit.verify()).toMatchObject({ ok: true, events: 22n });
  });

  it('is paged, newest first, and filtered', async () => {
    const { audit } = room.identity;
    const first = await audit.list({ target: 'person 1', max: 2 });

    expect(first.rows.map(({ seq }) => seq)).toEqual(
      [...first.rows.map(({ seq }) => seq)].sort().reverse(),
    );
    expect(first.next).toBe(first.rows.at(-1)?.seq);
    const rest = await audit.list({ target: 'person 1', max: 2, before: first.next ?? 0n });
    expect(rest.rows).toHaveLength(1);
    expect(rest.next).toBeUndefined();
    expect((await audit.list({ actor: 'nobody', max: 5 })).rows).toEqual([]);
  });

  it('refuses every change', async () => {
    await expect(room.database.knex('audit_event').update({ actor: 'x' })).rejects.toThrow(
      'append-only',
    );
    await expect(room.database.knex('audit_event').delete()).rejects.toThrow('append-only');
    await expect(room.database.knex.raw('truncate audit_event')).rejects.toThrow('append-only');
  });

  it('shows when its end was cut off, given a head that was noted', async () => {
    const { audit } = room.identity;
    const noted = await audit.verify();
    if (!noted.ok) throw new Error('the trail is whole');
    const head = { seq: noted.events, hash: noted.head };

    await tamper('delete from audit_event where seq = ?', [noted.events]);

    expect(await audit.verify()).toMatchObject({ ok: true, events: noted.events - 1n });
    expect(await audit.verify(head)).toEqual({ ok: false, at: noted.events, why: 'cut' });
  });

  it('shows a changed event, and where', async () => {
    const { audit } = room.identity;

    await tamper(`update audit_event set after = '{"language":"de"}' where seq = 1`);

    expect(await audit.verify()).toEqual({ ok: false, at: 1n, why: 'changed' });
  });

  it('shows a missing event, and where', async () => {
    const { audit } = room.identity;
    await tamper(`update audit_event set after = '{"language":"fr"}' where seq = 1`);
    expect(await audit.verify()).toMatchObject({ ok: true });

    await tamper('delete from audit_event where seq = 5');

    expect(await audit.verify()).toEqual({ ok: false, at: 5n, why: 'missing' });
  });
});
