import { randomUUID } from 'node:crypto';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { orphanLimits, sweepOrphans, type BlobStore } from '../../src/storage/index.ts';
import { spans } from '../make/clock.ts';
import { anExchange, aSet, eventually, type Exchange } from '../make/exchange.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';

/** The clock of these tests is the one that files on disk are dated by. */
const clock = { now: () => new Date() };
const past = new Date(Date.now() - orphanLimits.ageMs - spans.hour);
let exchange: Exchange;
let blobs: BlobStore;

beforeAll(async () => {
  exchange = await anExchange({ clock });
  ({ blobs } = exchange.office);
});
afterAll(async () => {
  await exchange.close();
});

async function stored(content: string): Promise<string> {
  async function* source(): AsyncGenerator<Buffer> {
    yield await Promise.resolve(Buffer.from(content));
  }
  return (await blobs.put(source())).blob;
}

async function aged(...ids: readonly string[]): Promise<void> {
  for (const id of ids) await utimes(blobs.pathOf(id), past, past);
}

function sweepNow(limits = orphanLimits, now = clock.now()): ReturnType<typeof sweepOrphans> {
  return sweepOrphans({ knex: exchange.office.database.knex, blobs, now, limits });
}

async function listed(): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { blob } of blobs.list()) ids.push(blob);
  return ids;
}

describe('the sweep of what no row names', () => {
  it('takes the old away, and leaves the young, which a row may still come to name', async () => {
    const [old, young] = [await stored('rolled back'), await stored('under way')];
    await aged(old);

    const swept = await sweepNow();

    expect(swept).toEqual({ orphans: 1, orphansKept: 0 });
    expect([await blobs.stat(old), (await blobs.stat(young))?.blob]).toEqual([undefined, young]);
  });

  it('leaves what a batch is made of and answered with, however old', async () => {
    // Enough declarations for a notification that does not stand in its row.
    const { go, files } = aSet(exchange.secretariat, medcFile(soundForms(400)), {
      date: clock.now().toISOString().slice(0, 10).replaceAll('-', ''),
    });
    await exchange.hand(files);
    const batch = await exchange.batchOf(go);
    const before = await exchange.answer(batch, 'NOTI');
    const { knex } = exchange.office.database;
    const own = await knex('parcel_file').whereNotNull('blob').select<{ blob: string }[]>('blob');
    await aged(...(await listed()));

    await sweepNow();

    const kept = await listed();
    const received = await knex('batch_file').select<{ blob: string }[]>('blob');
    expect(own.length).toBeGreaterThan(0);
    expect([...own, ...received].filter(({ blob }) => !kept.includes(blob))).toEqual([]);
    expect(await exchange.answer(batch, 'NOTI')).toBe(before);
  });

  it('leaves a file that lands just now under the name its row has announced', async () => {
    const upload = await exchange.mailbox().create({
      ...{ directory: 'IN', name: `FI.MEDC.123456.20260115.LANDS.R`, truncate: true },
      exclusive: false,
    });
    await upload.write({ at: 0, data: Buffer.from('declarations') });
    const { knex } = exchange.office.database;
    const [row] = await knex('landed_file')
      .where({ name: 'FI.MEDC.123456.20260115.LANDS.R' })
      .select<{ upload_token: string; spool: string }[]>('upload_token', 'spool');
    if (row === undefined) throw new Error('no row');
    const spooled = join(blobs.pathOf(row.spool), '../../../spool', row.spool);
    await utimes(spooled, past, past);

    const swept = await sweepNow();
    await upload.land();
    await aged(row.upload_token);
    const later = await sweepNow();

    expect([swept.orphans, later.orphans]).toEqual([0, 0]);
    expect((await blobs.stat(row.upload_token))?.bytes).toBe('declarations'.length);
  });

  it('takes an old piece of an upload away that no row remembers', async () => {
    const piece = await blobs.spool.create();
    await piece.write({ at: 0, data: Buffer.from('half') });
    await piece.keep();
    const path = join(blobs.pathOf(piece.id), '../../../spool', piece.id);
    await utimes(path, past, past);

    const swept = await sweepNow();

    const left: string[] = [];
    for await (const { id } of blobs.spool.list()) left.push(id);
    expect(swept.orphans).toBe(1);
    expect(left).not.toContain(piece.id);
  });

  it('does nothing to the young when a clock was set a day ahead', async () => {
    const young = await stored('a minute old');

    await sweepNow(orphanLimits, new Date(clock.now().getTime() + spans.day));

    expect((await blobs.stat(young))?.blob).toBe(young);
  });

  it('keeps everything when so much has no row that it must be the wrong database', async () => {
    const all: string[] = [];
    for (let count = 0; count < 101; count += 1) all.push(await stored(randomUUID()));
    await aged(...all);

    const swept = await sweepNow();
    const bold = await sweepNow({ ...orphanLimits, percentMax: 100 });

    expect(swept).toEqual({ orphans: 0, orphansKept: 101 });
    expect(bold).toEqual({ orphans: 101, orphansKept: 0 });
  });

  it('runs with the nightly sweep, whose event says how many there were', async () => {
    const old = await stored('rolled back');
    await aged(old);
    await exchange.office.database.knex('slot').where({ job: 'retention' }).delete();

    await exchange.restart();
    ({ blobs } = exchange.office);
    await eventually(
      async () => ((await blobs.stat(old)) === undefined ? true : undefined),
      'the sweep',
    );

    const { knex } = exchange.office.database;
    const facts = await eventually(async () => {
      const rows = await knex('journal_event')
        .where({ code: 'retention.swept' })
        .orderBy('id', 'desc')
        .select<{ facts: { orphans: number } }[]>('facts');
      return rows[0]?.facts.orphans === 1 ? rows[0].facts : undefined;
    }, 'the event of the sweep');
    expect(facts).toMatchObject({ orphans: 1, orphansKept: 0 });
  });
});
