import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sweep } from '../../src/storage/index.ts';
import { manualClock, spans } from '../make/clock.ts';
import { anExchange, aSet, eventually, type Exchange } from '../make/exchange.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';

const clock = manualClock('2026-01-15T08:00:00Z');
const limits = { outMs: 90 * spans.day, archiveMs: 400 * spans.day, partialMs: 7 * spans.day };
const content = medcFile(soundForms(2));
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock });
});
afterAll(async () => {
  await exchange.close();
});

type Files = ReturnType<typeof aSet>;

/** Sends a set once more and waits until the gateway has told so. */
async function again({ files, go }: Files): Promise<void> {
  const count = async (): Promise<number> => (await timeline(go)).length;
  const before = await count();
  await exchange.hand(files);
  // Its first copy may still be under inspection, which is looked at again after a second.
  clock.pass(2 * spans.second);
  await eventually(async () => ((await count()) > before ? true : undefined), `repeat of ${go}`);
}

async function timeline(go: string): Promise<readonly string[]> {
  const batch = await exchange.batchOf(go);
  return batch.timeline.filter(({ code }) => code === 'batch.repeated').map(({ code }) => code);
}

/** The receipts of the sets a GO of this name was refused in, the newest first. */
async function refusals(set: Files, known: readonly string[]): Promise<string> {
  const batch = await exchange.batchNaming(set.go, { besides: new Set(known) });
  return exchange.answer(batch, 'ACRF');
}

async function answersOf(go: string): Promise<readonly Buffer[]> {
  const batch = await exchange.batchOf(go);
  const names = batch.parcels.flatMap(({ files }) => files);
  return Promise.all(names.map((name) => exchange.read('OUT', name)));
}

async function removeAnswers(go: string): Promise<void> {
  for (const name of (await exchange.batchOf(go)).parcels.flatMap(({ files }) => files)) {
    await exchange.mailbox().remove('OUT', name);
  }
}

/** When each answer to the set appeared, as a listing tells. */
async function shownAt(go: string): Promise<readonly Date[]> {
  const batch = await exchange.batchOf(go);
  const names = new Set(batch.parcels.flatMap(({ files }) => files));
  const entries = await exchange.mailbox().list('OUT', undefined, 1_000);
  return entries.filter(({ name }) => names.has(name)).map(({ modifiedAt }) => modifiedAt);
}

describe('a set that is sent again', () => {
  it('is given its stored answers again when it was accepted, with whatever signature', async () => {
    const first = aSet(exchange.secretariat, content);
    await exchange.hand(first.files);
    const batch = await exchange.batchOf(first.go);
    const before = await answersOf(first.go);
    await removeAnswers(first.go);

    const fs = Object.keys(first.files).find((name) => name.startsWith('FS')) ?? '';
    await again({ ...first, files: { ...first.files, [fs]: 'another signature' } });

    expect(await answersOf(first.go)).toEqual(before);
    expect((await exchange.batchOf(first.go)).ticket).toBe(batch.ticket);
  });

  it('is given them too when its declarations went with the first copy and its GO is left', async () => {
    const first = aSet(exchange.secretariat, content);
    await exchange.hand(first.files);
    const batch = await exchange.batchOf(first.go);
    const before = await answersOf(first.go);
    await removeAnswers(first.go);

    // That nothing more comes is known when the settle window is over.
    await exchange.hand({ [first.go]: '' });
    clock.pass(spans.minute);
    await eventually(
      async () => ((await timeline(first.go)).length > 0 ? true : undefined),
      'the repeat',
    );

    expect(await answersOf(first.go)).toEqual(before);
    expect((await exchange.batchOf(first.go)).ticket).toBe(batch.ticket);
  });

  it('has answers that still lie there look new, for who waits for an answer to this sending', async () => {
    const first = aSet(exchange.secretariat, content);
    await exchange.hand(first.files);
    await exchange.batchOf(first.go);
    const before = await shownAt(first.go);

    await again(first);

    const after = await shownAt(first.go);
    expect(after).toHaveLength(before.length);
    // SFTP tells whole seconds.
    const second = (at: Date): number => Math.floor(at.getTime() / spans.second);
    for (const [index, at] of after.entries()) {
      expect(second(at)).toBeGreaterThan(second(before[index] ?? at));
    }
  });

  it('is refused when an accepted set of that name said something else', async () => {
    const first = aSet(exchange.secretariat, content);
    await exchange.hand(first.files);
    const { ticket } = await exchange.batchOf(first.go);
    const other = aSet(exchange.secretariat, medcFile(soundForms(1)), {
      sequence: first.go.split('.')[4] ?? '',
    });

    await exchange.hand(other.files);

    expect(await refusals(other, [ticket])).toContain('<ErrorID>ACRF-133</ErrorID>');
  });

  it('is given its stored receipt again when it was refused and is the same to the byte', async () => {
    const first = aSet(exchange.secretariat, '<broken');
    await exchange.hand(first.files);
    const { ticket } = await exchange.batchOf(first.go);
    const before = await answersOf(first.go);
    await removeAnswers(first.go);

    await again(first);

    expect(await answersOf(first.go)).toEqual(before);
    expect((await exchange.batchOf(first.go)).ticket).toBe(ticket);
  });

  it('is refused when it was refused and is signed anew', async () => {
    const first = aSet(exchange.secretariat, content);
    const fs = Object.keys(first.files).find((name) => name.startsWith('FS')) ?? '';
    await exchange.hand({ ...first.files, [fs]: 'no signature' });
    const { ticket, receipt } = await exchange.batchOf(first.go);

    await exchange.hand(first.files);

    expect(receipt.errors.map(({ code }) => code)).toEqual(['125']);
    expect(await refusals(first, [ticket])).toContain('<ErrorID>ACRF-133</ErrorID>');
  });

  it('is taken up anew when it was refused by its names: such a set holds none', async () => {
    const first = aSet(exchange.secretariat, content);
    await exchange.hand(first.files, 'T');
    const { ticket, receipt } = await exchange.batchOf(first.go);

    await exchange.hand(first.files);
    const second = await exchange.batchNaming(first.go, { besides: new Set([ticket]) });

    expect(receipt.errors.map(({ code }) => code)).toEqual(['118']);
    expect(second.receipt).toEqual({ result: 'accepted', errors: [] });
  });
});

describe('retention', () => {
  const sweepNow = (): ReturnType<typeof sweep> => {
    const { knex } = exchange.office.database;
    return sweep({ knex, blobs: exchange.office.blobs, now: clock.now(), limits });
  };
  const listed = async (): Promise<readonly string[]> =>
    (await exchange.mailbox().list('OUT', undefined, 1_000)).map(({ name }) => name);

  it('takes collected answers away after their time, and a repeat shows them again', async () => {
    const [one, two] = [content, medcFile(soundForms(3))].map((text) =>
      aSet(exchange.secretariat, text, {
        date: clock.now().toISOString().slice(0, 10).replaceAll('-', ''),
      }),
    );
    if (one === undefined || two === undefined) throw new Error('two sets are needed');
    await exchange.hand({ ...one.files, ...two.files });
    const [collected, waiting] = [await exchange.batchOf(one.go), await exchange.batchOf(two.go)];
    const before = await answersOf(one.go);
    const namesOf = (batch: typeof collected): readonly string[] =>
      batch.parcels.flatMap(({ files }) => files);

    clock.pass(91 * spans.day);
    const swept = await sweepNow();
    const after = await listed();
    await again(one);
    const shown = await listed();
    const second = await sweepNow();

    expect(swept.answers).toBeGreaterThanOrEqual(namesOf(collected).length);
    expect(namesOf(collected).filter((name) => after.includes(name))).toEqual([]);
    expect(namesOf(waiting).filter((name) => !after.includes(name))).toEqual([]);
    expect(namesOf(collected).filter((name) => !shown.includes(name))).toEqual([]);
    expect(second.answers).toBe(0);
    expect(await answersOf(one.go)).toEqual(before);
  });

  it('takes the files of a batch away after their time, and its name stays taken', async () => {
    const date = clock.now().toISOString().slice(0, 10).replaceAll('-', '');
    const set = aSet(exchange.secretariat, content, { date });
    await exchange.hand(set.files);
    const { ticket } = await exchange.batchOf(set.go);
    const { knex } = exchange.office.database;
    const rows = await knex('batch')
      .join('batch_file', 'batch.id', 'batch_file.batch_id')
      .where({ ticket })
      .select<{ blob: string }[]>('batch_file.blob');

    // Young enough to be named by a file still, old enough to be archived: the limit is shorter.
    clock.pass(100 * spans.day);
    const short = { ...limits, archiveMs: 99 * spans.day };
    const { blobs } = exchange.office;
    const swept = await sweep({ knex, blobs, now: clock.now(), limits: short });
    const left = await Promise.all(rows.map(({ blob }) => blobs.stat(blob)));
    await exchange.hand(set.files);
    const receipt = await refusals(set, [ticket]);

    expect(swept.archives).toBeGreaterThan(0);
    expect(rows).toHaveLength(3);
    expect(left).toEqual([undefined, undefined, undefined]);
    expect(receipt).toContain('<ErrorID>ACRF-133</ErrorID>');
  });

  it('takes uploads away that were never finished, and none that wait for their GO', async () => {
    const base = `MEDC.${exchange.secretariat.sender}.20260115.UNFIN.R`;
    const start = (name: string): ReturnType<ReturnType<Exchange['mailbox']>['create']> =>
      exchange.mailbox().create({ directory: 'IN', name, truncate: true, exclusive: false });
    const broken = await start(`FI.${base}.1.1`);
    await broken.write({ at: 0, data: Buffer.from('half of it') });
    await broken.abandon('connection-lost');
    await (await start(`FS.${base}.1.1.part`)).land();
    const inbox = async (): Promise<readonly string[]> =>
      (await exchange.mailbox().list('IN', undefined, 100)).map(({ name }) => name);

    clock.pass(6 * spans.day);
    const early = await sweepNow();
    const before = await inbox();
    clock.pass(2 * spans.day);
    const late = await sweepNow();

    expect(early.uploads).toBe(0);
    expect(before).toEqual([`FI.${base}.1.1`, `FS.${base}.1.1.part`]);
    expect(late.uploads).toBe(2);
    expect(await inbox()).toEqual([]);
  });
});
