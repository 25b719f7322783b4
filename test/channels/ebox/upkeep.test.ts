import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  deleteExpired,
  warnOfExpiry,
  writeDigests,
  type EboxUpkeepTools,
  type ExpiredDocument,
} from '../../../src/channels/index.ts';
import { spans } from '../../make/clock.ts';
import { eboxHouse, type EboxHouse } from '../../make/ebox.ts';
import { aParcel, aPart } from '../contract/outlet.ts';

let house: EboxHouse;
let tools: EboxUpkeepTools;
const letters: Record<string, unknown>[] = [];
const warned: Record<string, unknown>[] = [];
const expired: ExpiredDocument[] = [];
let failing = false;

beforeAll(async () => {
  house = await eboxHouse();
  const { store, blobs, clock } = house;
  const keep = (letter: object): Promise<void> => {
    if (failing) return Promise.reject(new Error('no letters today'));
    letters.push({ ...letter });
    return Promise.resolve();
  };
  tools = {
    ...{ store, blobs, clock },
    letters: { expiring: keep, digest: keep },
    news: {
      warned: (o) => {
        warned.push({ ...o });
        return Promise.resolve();
      },
      expired: (document) => {
        expired.push(document);
        return Promise.resolve();
      },
    },
  };
}, 300_000);
afterAll(() => house.close());

let firm: Awaited<ReturnType<EboxHouse['boxed']>>;
beforeEach(async () => {
  // What the test before left is none of the next one's.
  const gone = { deleted_at: house.clock.now(), partition_id: null };
  await house.database.knex('ebox_document').update(gone);
  await house.database.knex('ebox_box').update({ digest: 'off' });
  firm = await house.boxed();
  for (const list of [letters, warned, expired]) list.length = 0;
  failing = false;
});

/** A receipt: 92 days, with a warning 7 days before. */
const receipt = (): Promise<string> => house.deliver(firm.sender, { kind: 'ACRF' });

describe('the warning before documents end', () => {
  it('is one letter for a box, in the language of its manager, and comes once', async () => {
    await receipt();
    house.clock.pass(spans.day);
    await receipt();
    house.clock.pass(83 * spans.day);
    const early = await warnOfExpiry(tools);
    house.clock.pass(spans.day);

    const due = await warnOfExpiry(tools);
    const again = await warnOfExpiry(tools);
    house.clock.pass(spans.day);
    const second = await warnOfExpiry(tools);

    expect([early, due, again, second]).toEqual([0, 1, 0, 1]);
    expect(letters).toMatchObject([
      { to: 'employer@example.org', language: 'nl', quality: 'Werkgever', count: 1 },
      { to: 'employer@example.org', count: 1 },
    ]);
    expect(warned).toMatchObject([
      { qualityId: firm.qualityId, count: 1, written: true },
      { qualityId: firm.qualityId, count: 1, written: true },
    ]);
  });

  it('says until when the first of them can be read, and nothing of what they say', async () => {
    await receipt();
    const id = await receipt();
    const { expiresOn, titles, ticket } = await house.eboxes.show(house.reader(firm), id);
    house.clock.pass(86 * spans.day);

    await warnOfExpiry(tools);

    const [letter] = letters;
    expect(letter).toMatchObject({ count: 2, until: expiresOn });
    const text = JSON.stringify(letter);
    expect([ticket, titles.nl].filter((word) => text.includes(word))).toEqual([]);
  });

  it('is given again when the letter could not be written', async () => {
    await receipt();
    house.clock.pass(86 * spans.day);
    failing = true;
    await expect(warnOfExpiry(tools)).rejects.toThrow('no letters today');
    failing = false;

    expect(await warnOfExpiry(tools)).toBe(1);
  });

  it('goes to one of two processes that look at once', async () => {
    await receipt();
    house.clock.pass(86 * spans.day);

    const both = await Promise.all([warnOfExpiry(tools), warnOfExpiry(tools)]);

    expect(both.toSorted()).toEqual([0, 1]);
    expect(letters).toHaveLength(1);
  });

  it('is written to the manager where the quality has no address, and else only told', async () => {
    const { knex } = house.database;
    await knex('quality').where({ id: firm.qualityId }).update({ email: null });
    const manager = { id: firm.am.personId ?? '' };
    await receipt();
    house.clock.pass(86 * spans.day);
    await warnOfExpiry(tools);
    await knex('person').where(manager).update({ email: null });
    await receipt();
    house.clock.pass(86 * spans.day);
    await warnOfExpiry(tools);

    expect(letters.map(({ to }) => to)).toEqual([expect.stringMatching(/^jan\d+@example\.org$/)]);
    expect(warned.map(({ written }) => written)).toEqual([true, false]);
  });
});

describe('a document after its last day', () => {
  it('is deleted with its bytes; who it was for and whether it was read is told', async () => {
    const files = [aPart('a.xml', Buffer.from('x')), aPart('GO', Buffer.alloc(0))];
    const id = await house.deliver(firm.sender, { kind: 'ACRF', files });
    await house.eboxes.mark(house.reader(firm), { id, read: true });
    const { files: kept } = await house.eboxes.show(house.reader(firm), id);
    const blob = kept[0]?.blob ?? '';
    house.clock.pass(92 * spans.day);
    const early = await deleteExpired(tools);
    const there = await house.blobs.stat(blob);
    house.clock.pass(spans.day);

    const deleted = await deleteExpired(tools);

    expect([early, deleted, there?.bytes]).toEqual([0, 1, 1]);
    expect(expired).toMatchObject([
      { id, enterprise: firm.number, type: 'receipt', wasRead: true },
    ]);
    expect(await house.blobs.stat(blob)).toBeUndefined();
  });

  it('is gone from its partition, which can then be deleted', async () => {
    const manager = house.reader(firm);
    const id = await receipt();
    const { id: partition = '' } = await house.eboxes.createPartition(manager, 'Old');
    await house.eboxes.move(manager, { id, partitionId: partition });
    house.clock.pass(93 * spans.day);
    await deleteExpired(tools);

    await house.eboxes.deletePartition(manager, partition);

    expect(await house.eboxes.partitions(manager)).toEqual([{ documents: 0, unread: 0 }]);
  });

  it('does not come back when its parcel is brought again', async () => {
    const parcel = aParcel({ kind: 'ACRF', sender: firm.sender });
    const { signal } = new AbortController();
    const first = await house.outlet.deliver(parcel, signal);
    house.clock.pass(93 * spans.day);
    await deleteExpired(tools);

    const second = await house.outlet.deliver({ ...parcel, attempt: 2 }, signal);

    expect(second).toEqual(first);
    const { items } = await house.eboxes.list(house.reader(firm), { max: 10 });
    expect(items).toEqual([]);
  });

  it('stays when the trail could not be written', async () => {
    const id = await receipt();
    house.clock.pass(93 * spans.day);
    const mute = { ...tools.news, expired: () => Promise.reject(new Error('no trail today')) };

    await expect(deleteExpired({ ...tools, news: mute })).rejects.toThrow('no trail today');

    const line = await house.store.line(id);
    expect(line?.deletedAt).toBeUndefined();
    expect(line?.bytes).toBeGreaterThan(0);
  });
});

describe('the digest', () => {
  const choose = (digest: 'daily' | 'weekly'): Promise<void> =>
    house.eboxes.chooseDigest(house.reader(firm), digest);

  /** Goes on to the next day of the week (0 is Sunday), 7:30 in Brussels in winter or 8:30. */
  function morningOf(weekday: number): void {
    do house.clock.pass(spans.day);
    while (house.clock.now().getUTCDay() !== weekday);
    const hour = house.clock.now().getUTCHours() * spans.hour;
    house.clock.pass(6.5 * spans.hour - hour);
  }

  it('counts what came since the last one, once a day, from seven on', async () => {
    morningOf(2);
    await receipt();
    await choose('daily');
    house.clock.pass(spans.hour);
    const id = await receipt();
    await receipt();
    await house.eboxes.mark(house.reader(firm), { id, read: true });
    const first = await writeDigests(tools);
    const again = await writeDigests(tools);
    house.clock.pass(spans.day - 4 * spans.hour);
    await receipt();
    const early = await writeDigests(tools);
    house.clock.pass(4 * spans.hour);

    const second = await writeDigests(tools);

    expect([first, again, early, second]).toEqual([1, 0, 0, 1]);
    // What came before the choice is not new, but it is unread.
    expect(letters).toMatchObject([
      { to: 'employer@example.org', quality: 'Werkgever', count: 2, unread: 2 },
      { count: 1, unread: 3 },
    ]);
  });

  it('is not written when nothing came, nor when it is off', async () => {
    morningOf(2);
    await choose('daily');

    const nothing = await writeDigests(tools);
    await house.eboxes.chooseDigest(house.reader(firm), 'off');
    await receipt();
    morningOf(3);
    const off = await writeDigests(tools);

    expect([nothing, off]).toEqual([0, 0]);
  });

  it('comes on Mondays where once a week was chosen, whatever came in the week', async () => {
    morningOf(2);
    await choose('weekly');
    house.clock.pass(spans.hour);
    await receipt();
    morningOf(5);
    await receipt();
    const friday = await writeDigests(tools);
    morningOf(1);

    const monday = await writeDigests(tools);

    expect([friday, monday]).toEqual([0, 1]);
    expect(letters).toMatchObject([{ count: 2 }]);
  });

  it('is written by one of two processes, and again when its letter could not be', async () => {
    morningOf(2);
    await choose('daily');
    house.clock.pass(spans.hour);
    await receipt();
    failing = true;
    await expect(writeDigests(tools)).rejects.toThrow('no letters today');
    failing = false;

    const both = await Promise.all([writeDigests(tools), writeDigests(tools)]);

    expect(both.toSorted()).toEqual([0, 1]);
  });
});
