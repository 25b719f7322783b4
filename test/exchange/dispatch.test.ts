import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findBatch, showBatch, type ShownParcel } from '../../src/storage/index.ts';
import { enterpriseNumberOf, ticketOf } from '../../src/vocabulary/index.ts';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, eventually, type Exchange } from '../make/exchange.ts';
import { medcEmployer, medcFile, type MedcWish } from '../make/medc-file.ts';
import { zipOf } from '../make/zip-file.ts';

const clock = manualClock('2026-01-15T08:00:00Z');
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock });
}, 300_000);
afterAll(async () => {
  await exchange.close();
});

let employers = 0;

/** Declarations of employers that none before was for: an original is declared once. */
function newForms(count: number): readonly MedcWish[] {
  return Array.from({ length: count }, () => ({ employer: medcEmployer((employers += 1)) }));
}

/**
 * Accepted declarations as if routing had chosen recipients for them, and the step that follows. The
 * types that are routed have schemas of the authority, which the tests cannot bring along.
 */
async function dispatched(
  content: Buffer | string,
  routes: readonly { readonly recipient: string; readonly channel: string }[],
): Promise<{ readonly id: number; readonly parcels: readonly ShownParcel[] }> {
  const { go, files } = aSet(exchange.secretariat, content);
  await exchange.hand(files);
  await exchange.batchOf(go);
  const { knex } = exchange.office.database;
  const id = await findBatch(knex, go);
  for (const [index, route] of routes.entries()) {
    await knex('declaration')
      .where({ batch_id: id, number: index + 1 })
      .update(route);
  }
  await knex.raw(
    `insert into work_item (batch_id, sender, step, seq) values (?, ?, 'dispatch', 0)`,
    [id, exchange.secretariat.sender],
  );
  await knex.raw(`select pg_notify('sluis_work', '')`);
  const parcels = await eventually(async () => {
    const left = await knex('work_item').where({ batch_id: id, step: 'dispatch' }).select('state');
    const shown = await showBatch(knex, id, 10);
    const routed = shown.parcels.filter(({ kind }) => kind === 'ROUT');
    const done = left.every(({ state }: { readonly state: string }) => state === 'DONE');
    const there = routed.every(({ state, channel }) => channel !== 'sftp' || state === 'DELIVERED');
    return done && there ? routed : undefined;
  }, 'the routed declarations');
  return { id, parcels };
}

const stranger = enterpriseNumberOf(1_234_567);

describe('an accepted declaration with a recipient of its own', () => {
  it('shows in OUT of the recipient that has SFTP in production, and in no other', async () => {
    const recipient = await exchange.register({ sender: '222333' });
    const content = medcFile(newForms(2));

    const { id, parcels } = await dispatched(content, [
      { recipient: recipient.enterprise, channel: 'sftp' },
    ]);

    const [parcel] = parcels;
    const name = parcel?.files[0] ?? '';
    const text = (await exchange.read('OUT', name, recipient)).toString('utf8');
    expect(parcels).toHaveLength(1);
    expect(parcel).toMatchObject({ declaration: 1, to: '222333', channel: 'sftp' });
    expect(name).toMatch(/^FO\.ROUT\.999999\.20260115\.[0-9A-Z]{5}\.R$/);
    expect(text.match(/<Form>/g)).toHaveLength(1);
    expect(content).toContain(text.slice(text.indexOf('<Form>'), text.lastIndexOf('</Form>')));
    await expect(exchange.read('OUT', name)).rejects.toThrow();
    const { knex } = exchange.office.database;
    const told = await knex('journal_event')
      .where({ ticket: ticketOf(id, 1) })
      .select('code');
    expect(told).toEqual([{ code: 'parcel.delivered' }]);
  });

  it('goes to the e-Box of a recipient without the channel, and never by paper', async () => {
    const { parcels } = await dispatched(medcFile(newForms(3)), [
      { recipient: stranger, channel: 'sftp' },
      { recipient: stranger, channel: 'ebox' },
      { recipient: stranger, channel: 'paper' },
    ]);

    expect(parcels.map(({ declaration, channel, to }) => [declaration, channel, to])).toEqual([
      ...[
        [1, 'ebox', stranger],
        [2, 'ebox', stranger],
      ],
    ]);
  });

  it('is cut out of an archive as well', async () => {
    const content = medcFile(newForms(2));
    const { id } = await dispatched(await zipOf({ 'declarations.xml': content }), [
      { recipient: stranger, channel: 'ebox' },
      { recipient: stranger, channel: 'ebox' },
    ]);

    const { knex } = exchange.office.database;
    const rows: { content: Buffer }[] = await knex('parcel_file')
      .join('parcel', 'parcel.id', 'parcel_file.parcel_id')
      .where({ batch_id: id, kind: 'ROUT', ordinal: 0 })
      .orderBy('parcel.number')
      .select('parcel_file.content');
    const forms = rows.map((row) => {
      const text = row.content.toString('utf8');
      return text.slice(text.indexOf('<Form>'), text.indexOf('</Form>'));
    });
    expect(forms).toHaveLength(2);
    for (const form of forms) expect(content).toContain(form);
    expect(new Set(forms).size).toBe(2);
  });
});
