import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eboxOutlet, type EboxStore, type Parcel } from '../../../src/channels/index.ts';
import { Failure } from '../../../src/vocabulary/index.ts';
import { spans } from '../../make/clock.ts';
import { sweepOrphans } from '../../../src/storage/index.ts';
import { eboxHouse, textOf, type EboxHouse } from '../../make/ebox.ts';
import { aParcel, aPart, outletContract, type Received } from '../contract/outlet.ts';

const unhurried = new AbortController().signal;

interface FileRow {
  readonly delivery: string;
  readonly name: string;
  readonly sha256: Buffer;
}

async function received({ database: { knex } }: EboxHouse): Promise<readonly Received[]> {
  const rows: FileRow[] = await knex('ebox_document')
    .join('ebox_file', 'ebox_file.document_id', 'ebox_document.id')
    .orderBy(['ebox_document.published_at', 'ebox_document.id', 'ebox_file.ordinal'])
    .select('ebox_document.delivery', 'ebox_file.name', 'ebox_file.sha256');
  const found = new Map<string, Record<string, string>>();
  for (const { delivery, name, sha256 } of rows) {
    found.set(delivery, { ...found.get(delivery), [name]: sha256.toString('hex') });
  }
  return [...found].map(([id, files]) => ({ id, files }));
}

outletContract('of e-Boxes', async () => {
  const house = await eboxHouse();
  const firm = await house.boxed('employer', '123456');
  const { knex } = house.database;
  let losing = false;
  const store: EboxStore = {
    ...house.store,
    async insert(id, document) {
      const done = await house.store.insert(id, document);
      if (!losing) return done;
      losing = false;
      throw new Failure('channel.timed-out');
    },
  };
  const { blobs, types, clock } = house;
  const activate = async (at: Date | null): Promise<void> => {
    await knex('enterprise').where({ number: firm.number }).update({ ebox_activated_at: at });
  };
  return {
    outlet: eboxOutlet({ store, blobs, types, clock }),
    received: () => received(house),
    loseNextConfirmation() {
      losing = true;
      return Promise.resolve();
    },
    goAway: () => activate(null),
    comeBack: () => activate(clock.now()),
    close: () => house.close(),
  };
});

describe('a parcel for an e-Box', () => {
  let house: EboxHouse;
  beforeAll(async () => {
    house = await eboxHouse();
  }, 300_000);
  afterAll(() => house.close());

  const refusal = async (parcel: Parcel): Promise<unknown> =>
    house.outlet.deliver(parcel, unhurried).then(
      () => 'delivered',
      (error: unknown) => {
        const { code, facts } = error as Failure;
        return { code, why: facts['why'] };
      },
    );

  it('becomes a document with its dates, its protection and a title in four languages', async () => {
    const firm = await house.boxed();

    const id = await house.deliver(firm.sender, { kind: 'STAT', type: 'MEDC' });
    const document = await house.eboxes.show(house.reader(firm), id);

    expect(document).toMatchObject({
      ...{ type: 'statement', publisher: { name: 'sluis' }, read: false, environment: 'R' },
      protection: { level: 2, application: 'contributions' },
      // Brussels, 2 March 2026; a year and a day.
      expiresOn: '2027-03-03',
      titles: {
        nl: expect.stringMatching(/^Bijdragestaat MEDC \(S\w{12}\)$/),
        fr: expect.stringMatching(/^Relevé de cotisation MEDC/),
        de: expect.stringMatching(/^Beitragsaufstellung MEDC/),
        en: expect.stringMatching(/^Statement of contributions MEDC/),
      },
    });
    expect(document.files.map(({ bytes }) => bytes > 0)).toEqual([true, true, false]);
  });

  it('stays with its sender while the recipient has no e-Box, and the reason is plain', async () => {
    const firm = await house.enterprise();
    const bare = await house.identity.senders.register({
      ...{ number: '388001', enterprise: firm.number, quality: 'employer', by: 'test' },
    });
    const noQuality = await house.boxed();
    const { knex } = house.database;
    const other = { quality: 'mandatary' };
    await knex('sender').where({ number: noQuality.sender }).update(other);

    const unknown = aParcel({ kind: 'ROUT', sender: undefined, recipient: '0999999922' });
    const answers = [
      await refusal(unknown),
      await refusal(aParcel({ sender: '999111' })),
      await refusal(aParcel({ sender: bare.number })),
      await refusal(aParcel({ sender: noQuality.sender })),
    ];

    const code = 'channel.no-ebox';
    expect(answers).toEqual([
      { code, why: 'enterprise-unknown' },
      { code, why: 'enterprise-unknown' },
      { code, why: 'not-activated' },
      { code, why: 'no-quality' },
    ]);
  });

  it('is not put into the box of an enterprise that was closed', async () => {
    const firm = await house.boxed();
    await house.identity.enterpriseAccess.close(firm.lr);

    const answer = await refusal(aParcel({ sender: firm.sender }));

    expect(answer).toEqual({ code: 'channel.no-ebox', why: 'enterprise-closed' });
  });

  it('is refused whole when it is larger than a box takes, and leaves no bytes behind', async () => {
    const firm = await house.boxed();
    const { store, blobs, clock, types } = house;
    const outlet = eboxOutlet({ store, blobs, clock, types: { ...types, documentBytesMax: 100 } });
    const before = await blobCount(house);

    const large = outlet.deliver(aParcel({ sender: firm.sender }, 101), unhurried);

    await expect(large).rejects.toMatchObject({ code: 'channel.too-large' });
    expect(await blobCount(house)).toBe(before);
  });

  it('is refused when its bytes are not what the outbox says, and leaves none behind', async () => {
    const firm = await house.boxed();
    const before = await blobCount(house);
    const parcel = aParcel({ sender: firm.sender });
    const [first, second, third] = parcel.files;
    const altered = { ...aPart('FO.X', Buffer.from('other')), sha256: second?.sha256 ?? '' };
    const files = [first, altered, third].filter((file) => file !== undefined);

    const answer = await refusal({ ...parcel, files });

    expect(answer).toMatchObject({ code: 'channel.differs' });
    expect(await blobCount(house)).toBe(before);
    expect(await house.store.documentOf(parcel.id)).toBeUndefined();
  });

  it('delivered by two processes at once becomes one document, with its bytes once', async () => {
    const firm = await house.boxed();
    const parcel = aParcel({ sender: firm.sender });
    const before = await blobCount(house);

    const both = await Promise.all([
      house.outlet.deliver(parcel, unhurried),
      house.outlet.deliver({ ...parcel, attempt: 2 }, unhurried),
    ]);

    expect(both[0]).toEqual(both[1]);
    expect(await blobCount(house)).toBe(before + 2);
    const { items } = await house.eboxes.list(house.reader(firm), { max: 10 });
    expect(items).toHaveLength(1);
  });

  it('keeps its bytes through the sweep of what no row names, however old they are', async () => {
    const firm = await house.boxed();
    const reader = house.reader(firm);
    const id = await house.deliver(firm.sender, { files: [aPart('a.xml', Buffer.from('kept'))] });
    const { database, blobs } = house;
    const monthsLater = new Date(Date.now() + 60 * spans.day);

    await sweepOrphans({ knex: database.knex, blobs, now: monthsLater });

    const { content } = await house.eboxes.download(reader, { id, file: 'a.xml' });
    expect(await textOf(content)).toBe('kept');
  });

  it('keeps hostile file names apart and plain', async () => {
    const firm = await house.boxed();
    const files = ['../../a b', '..\\a\u202E b', 'a b"\r\nX: y'].map((name) =>
      aPart(name, Buffer.from(name)),
    );

    const id = await house.deliver(firm.sender, { files });
    const document = await house.eboxes.show(house.reader(firm), id);

    expect(document.files.map(({ name }) => name)).toEqual(['a_b', '2-a_b', 'a_b_X_y']);
  });

  it('shows nothing of itself when the row is not written', async () => {
    const firm = await house.boxed();
    const { knex } = house.database;
    await knex.raw(`create or replace function no_file() returns trigger language plpgsql as
      $$ begin raise exception 'no file today'; end $$`);
    await knex.raw(`create trigger no_file before insert on ebox_file
      for each row execute function no_file()`);

    const lost = house.outlet.deliver(aParcel({ sender: firm.sender }), unhurried);
    await expect(lost).rejects.toThrow('no file today');
    await knex.raw('drop trigger no_file on ebox_file');

    const { items } = await house.eboxes.list(house.reader(firm), { max: 10 });
    expect(items).toEqual([]);
  });
});

async function blobCount({ blobs }: EboxHouse): Promise<number> {
  let count = 0;
  for await (const { bytes } of blobs.list()) count += bytes > 0 ? 1 : 0;
  return count;
}
