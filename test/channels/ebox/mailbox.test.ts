import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EboxReader } from '../../../src/channels/index.ts';
import { spans } from '../../make/clock.ts';
import { eboxHouse, textOf, type EboxHouse } from '../../make/ebox.ts';
import { aPart } from '../contract/outlet.ts';

let house: EboxHouse;
beforeAll(async () => {
  house = await eboxHouse();
}, 300_000);
afterAll(() => house.close());

type Firm = Awaited<ReturnType<EboxHouse['boxed']>>;

const unknown = { code: 'registration.unknown' };

/** A user of the quality, with these applications. */
async function user(firm: Firm, applications: readonly string[] = []): Promise<EboxReader<string>> {
  const holder = await house.holder('USR', { qualityId: firm.qualityId });
  const { name, assignmentId } = holder;
  return house.reader(firm, { actor: name, name, assignmentId, manages: false, applications });
}

const ids = async (
  reader: EboxReader<string>,
  o: Partial<Parameters<EboxHouse['eboxes']['list']>[1]> = {},
): Promise<readonly string[]> =>
  (await house.eboxes.list(reader, { max: 50, ...o })).items.map(({ id }) => id);

describe('the list of a box', () => {
  it('is the newest first, page by page, and each document stands on one page', async () => {
    const firm = await house.boxed();
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      made.unshift(await house.deliver(firm.sender));
      // Two of them at the same instant.
      if (count !== 2) house.clock.pass(spans.minute);
    }
    const reader = house.reader(firm);

    const pages: string[][] = [];
    let after: string | undefined;
    do {
      const page = await house.eboxes.list(reader, { max: 2, ...(after && { after }) });
      pages.push(page.items.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);

    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(pages.flat().toSorted()).toEqual(made.toSorted());
    expect([pages[0]?.[0], pages[2]?.[0]]).toEqual([made[0], made[4]]);
  });

  it('is filtered by read state, type, period and words, whatever the case of them', async () => {
    const firm = await house.boxed();
    const reader = house.reader(firm);
    const old = await house.deliver(firm.sender, { kind: 'ACRF', type: 'ZIMA' });
    house.clock.pass(spans.hour);
    const noon = house.clock.now();
    const recent = await house.deliver(firm.sender, { kind: 'NOTI', type: 'WECH' });
    await house.eboxes.mark(reader, { id: old, read: true });

    const found = {
      unread: await ids(reader, { unread: true }),
      read: await ids(reader, { unread: false }),
      receipts: await ids(reader, { type: 'receipt' }),
      since: await ids(reader, { since: noon }),
      until: await ids(reader, { until: noon }),
      words: await ids(reader, { text: 'kennisGEVING OVER' }),
      french: await ids(reader, { text: 'accusé' }),
      nothing: await ids(reader, { text: 'no such thing' }),
    };

    expect(found).toEqual({
      ...{ unread: [recent], read: [old], receipts: [old], since: [recent], until: [old] },
      ...{ words: [recent], french: [old], nothing: [] },
    });
  });

  it('takes the signs of a search for what they are', async () => {
    const firm = await house.boxed();
    const reader = house.reader(firm);
    await house.deliver(firm.sender);

    for (const text of ['%', '_______', '\\', '%%', "' or true --"]) {
      expect([text, await ids(reader, { text })]).toEqual([text, []]);
    }
  });

  it('ends with the last day of a document, whether or not it was swept', async () => {
    const firm = await house.boxed();
    const reader = house.reader(firm);
    const id = await house.deliver(firm.sender, { kind: 'ACRF' });

    house.clock.pass(92 * spans.day);
    const lastDay = await ids(reader);
    house.clock.pass(spans.day);

    expect(lastDay).toEqual([id]);
    expect(await ids(reader)).toEqual([]);
    await expect(house.eboxes.show(reader, id)).rejects.toMatchObject(unknown);
    await expect(house.eboxes.mark(reader, { id, read: true })).rejects.toMatchObject(unknown);
  });

  it('continues after nothing that is in another box', async () => {
    const [one, other] = [await house.boxed(), await house.boxed()];
    const foreign = await house.deliver(other.sender);
    await house.deliver(one.sender);

    expect(await ids(house.reader(one), { after: foreign })).toEqual([]);
    const page = house.eboxes.list(house.reader(one), { max: 1, after: 'x' });
    await expect(page).rejects.toMatchObject(unknown);
  });
});

describe('a document', () => {
  it('is downloaded byte for byte, and then known to be read, by whom and when', async () => {
    const firm = await house.boxed();
    const [first, second] = [await user(firm), await user(firm)];
    const id = await house.deliver(firm.sender, { kind: 'ACRF', files: [text('a.xml', 'déjà')] });
    const at = house.clock.now();

    const { content, bytes, name } = await house.eboxes.download(first, { id, file: 'a.xml' });
    const read = await textOf(content);
    house.clock.pass(spans.minute);
    await house.eboxes.download(second, { id, file: 'a.xml' });
    await house.eboxes.mark(second, { id, read: false });
    await house.eboxes.mark(second, { id, read: true });

    expect({ read, bytes, name }).toEqual({ read: 'déjà', bytes: 6, name: 'a.xml' });
    expect(await house.eboxes.show(second, id)).toMatchObject({
      ...{ read: true, firstReadBy: first.name, firstReadAt: at },
    });
    const downloads = house.told.filter(({ target }) => target === `document ${id}`);
    expect(downloads.map(({ by, act }) => [by, act])).toEqual([
      [first.name, 'document.download'],
      [second.name, 'document.download'],
    ]);
  });

  it('is unread again when it is marked so, and its first reader stays', async () => {
    const firm = await house.boxed();
    const reader = house.reader(firm);
    const id = await house.deliver(firm.sender);
    await house.eboxes.mark(reader, { id, read: true });

    await house.eboxes.mark(reader, { id, read: false });

    expect(await house.eboxes.show(reader, id)).toMatchObject({
      ...{ read: false, firstReadBy: reader.name },
    });
  });

  it('has no file but its own', async () => {
    const firm = await house.boxed();
    const reader = house.reader(firm);
    const id = await house.deliver(firm.sender);

    for (const file of ['', '../FO', 'FO.NOTI', '%']) {
      const download = house.eboxes.download(reader, { id, file });
      await expect(download).rejects.toMatchObject(unknown);
    }
    expect(await house.eboxes.show(reader, id)).toMatchObject({ read: false });
  });

  it('of level 2 is seen by managers, and by users who have its application', async () => {
    const firm = await house.boxed();
    const id = await house.deliver(firm.sender, { kind: 'STAT', files: [text('a.xml', 'x')] });
    const without = await user(firm, ['batches', 'mandates']);
    const having = await user(firm, ['contributions']);

    expect(await ids(house.reader(firm))).toEqual([id]);
    expect(await ids(having)).toEqual([id]);
    expect(await ids(without)).toEqual([]);
    expect((await house.eboxes.partitions(without))[0]).toEqual({ documents: 0, unread: 0 });
    await expect(house.eboxes.show(without, id)).rejects.toMatchObject(unknown);
    const download = house.eboxes.download(without, { id, file: 'a.xml' });
    await expect(download).rejects.toMatchObject(unknown);
    await expect(house.eboxes.mark(without, { id, read: true })).rejects.toMatchObject(unknown);
  });

  it('is nowhere for readers of another quality or enterprise', async () => {
    const [firm, foreign] = [await house.boxed(), await house.boxed()];
    const mandatary = await house.quality(firm.number, 'mandatary');
    const id = await house.deliver(firm.sender);
    const readers = [
      house.reader(foreign),
      house.reader(firm, { qualityId: mandatary.qualityId, name: mandatary.am.name }),
    ];

    for (const reader of readers) {
      expect(await ids(reader)).toEqual([]);
      await expect(house.eboxes.show(reader, id)).rejects.toMatchObject(unknown);
      const move = house.eboxes.move(reader, { id, partitionId: null });
      await expect(move).rejects.toMatchObject(unknown);
    }
  });

  it('is not found by what is no identifier', async () => {
    const firm = await house.boxed();

    for (const id of ['', 'x', "' or 1=1", '00000000-0000-4000-8000-000000000000']) {
      const reader = house.reader(firm);
      await expect(house.eboxes.show(reader, id)).rejects.toMatchObject(unknown);
    }
  });
});

describe('a partition', () => {
  it('holds what was moved into it, and is seen by its managers and members alone', async () => {
    const firm = await house.boxed();
    const manager = house.reader(firm);
    const [member, outsider] = [await user(firm, ['batches']), await user(firm, ['batches'])];
    const id = await house.deliver(firm.sender);
    const { id: partition = '' } = await house.eboxes.createPartition(manager, 'Payroll');
    await house.eboxes.admit(manager, { id: partition, assignmentId: member.assignmentId });

    await house.eboxes.move(manager, { id, partitionId: partition });

    expect(await ids(outsider)).toEqual([]);
    expect(await ids(member)).toEqual([id]);
    expect(await ids(member, { partitionId: partition })).toEqual([id]);
    expect(await ids(manager, { partitionId: null })).toEqual([]);
    expect(await house.eboxes.partitions(outsider)).toEqual([{ documents: 0, unread: 0 }]);
    expect(await house.eboxes.partitions(member)).toEqual([
      { documents: 0, unread: 0 },
      { id: partition, name: 'Payroll', documents: 1, unread: 1 },
    ]);
    await expect(ids(outsider, { partitionId: partition })).rejects.toMatchObject(unknown);
    expect(await house.eboxes.members(manager, partition)).toEqual([
      { assignmentId: member.assignmentId, username: member.name },
    ]);
  });

  it('shuts out whoever is no member any more, at once', async () => {
    const firm = await house.boxed();
    const manager = house.reader(firm);
    const member = await user(firm, ['batches']);
    const id = await house.deliver(firm.sender);
    const { id: partition = '' } = await house.eboxes.createPartition(manager, 'Payroll');
    await house.eboxes.admit(manager, { id: partition, assignmentId: member.assignmentId });
    await house.eboxes.move(manager, { id, partitionId: partition });
    const before = await ids(member);

    await house.eboxes.exclude(manager, { id: partition, assignmentId: member.assignmentId });

    expect(before).toEqual([id]);
    expect(await ids(member)).toEqual([]);
  });

  it('is deleted only while it is empty, what nobody sees in it included', async () => {
    const firm = await house.boxed();
    const manager = house.reader(firm);
    const id = await house.deliver(firm.sender, { kind: 'ACRF' });
    const { id: partition = '' } = await house.eboxes.createPartition(manager, 'Full');
    await house.eboxes.move(manager, { id, partitionId: partition });
    const full = { code: 'access.guard', facts: { rule: 'partition-not-empty' } };

    await expect(house.eboxes.deletePartition(manager, partition)).rejects.toMatchObject(full);
    house.clock.pass(93 * spans.day);
    await expect(house.eboxes.deletePartition(manager, partition)).rejects.toMatchObject(full);
    house.clock.pass(-93 * spans.day);
    await house.eboxes.move(manager, { id, partitionId: null });
    await house.eboxes.deletePartition(manager, partition);

    expect(await house.eboxes.partitions(manager)).toEqual([{ documents: 1, unread: 1 }]);
    const acts = house.told.filter(({ by }) => by === manager.name).map(({ act }) => act);
    expect(acts).toEqual([
      ...['partition.create', 'document.move', 'document.move', 'partition.delete'],
    ]);
  });

  it('has a name of its own, and none that the general one has', async () => {
    const firm = await house.boxed();
    const manager = house.reader(firm);
    await house.eboxes.createPartition(manager, 'Payroll');
    const { id: second = '' } = await house.eboxes.createPartition(manager, 'Taxes');
    const taken = { code: 'registration.exists' };
    const named = { code: 'registration.invalid', facts: { why: 'partition-name' } };

    const { eboxes } = house;
    await expect(eboxes.createPartition(manager, 'PAYROLL')).rejects.toMatchObject(taken);
    const rename = eboxes.renamePartition(manager, { id: second, name: 'payroll' });
    await expect(rename).rejects.toMatchObject(taken);
    await expect(eboxes.createPartition(manager, 'Général')).rejects.toMatchObject(named);
    await eboxes.renamePartition(manager, { id: second, name: 'Levies' });

    const names = (await eboxes.partitions(manager)).map(({ name }) => name);
    expect(names).toEqual([undefined, 'Levies', 'Payroll']);
  });

  it('of another box is neither moved into, renamed, deleted nor joined', async () => {
    const [firm, foreign] = [await house.boxed(), await house.boxed()];
    const { eboxes } = house;
    const manager = house.reader(firm);
    const { id = '' } = await eboxes.createPartition(house.reader(foreign), 'Theirs');
    const document = await house.deliver(firm.sender);
    const { assignmentId } = await user(firm);

    const tries = [
      eboxes.move(manager, { id: document, partitionId: id }),
      eboxes.renamePartition(manager, { id, name: 'Ours' }),
      eboxes.deletePartition(manager, id),
      eboxes.members(manager, id),
      eboxes.admit(manager, { id, assignmentId }),
    ];

    await Promise.all(tries.map((one) => expect(one).rejects.toMatchObject(unknown)));
  });

  it('admits users of the quality and nobody else', async () => {
    const [firm, foreign] = [await house.boxed(), await house.boxed()];
    const manager = house.reader(firm);
    const { id = '' } = await house.eboxes.createPartition(manager, 'Ours');
    const stranger = await user(foreign);
    const ids = [stranger.assignmentId, manager.assignmentId, 'nobody'];

    for (const assignmentId of ids) {
      const admitted = house.eboxes.admit(manager, { id, assignmentId });
      await expect(admitted).rejects.toMatchObject(unknown);
    }
  });

  it('is one of a hundred at most', async () => {
    const firm = await house.boxed();
    const manager = house.reader(firm);
    for (let count = 0; count < 100; count += 1) {
      await house.eboxes.createPartition(manager, `Partition ${String(count)}`);
    }

    const more = house.eboxes.createPartition(manager, 'One more');

    await expect(more).rejects.toMatchObject({ facts: { rule: 'partitions-max' } });
  });
});

describe('the digest of a box', () => {
  it('is off until somebody chooses it, and the choice is written down', async () => {
    const firm = await house.boxed();
    const manager = house.reader(firm);
    const before = await house.eboxes.digest(manager);

    await house.eboxes.chooseDigest(manager, 'weekly');
    await house.eboxes.chooseDigest(manager, 'weekly');

    expect([before, await house.eboxes.digest(manager)]).toEqual(['off', 'weekly']);
    expect(house.told.filter(({ by }) => by === manager.name)).toMatchObject([
      { act: 'digest.choose', before: { digest: 'off' }, after: { digest: 'weekly' } },
    ]);
  });
});

function text(name: string, content: string): ReturnType<typeof aPart> {
  return aPart(name, Buffer.from(content));
}
