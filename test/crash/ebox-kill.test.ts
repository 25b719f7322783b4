import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sweepOrphans } from '../../src/storage/index.ts';
import { spans } from '../make/clock.ts';
import { crashPoint, type CrashPoint } from '../make/crash-point.ts';
import { aMortalGateway, wholeOf, type MortalGateway } from '../make/mortal-gateway.ts';

const startMs = 400_000;
const testMs = 400_000;
const declarations = 3;
const long = process.env['SLUIS_TEST_LONG'] === '1';

interface Moment {
  readonly says: string;
  /** The statement the gateway hangs in. */
  readonly point: Parameters<typeof crashPoint>[1];
  /** Documents that show when it is over. */
  readonly shown: number;
  /** The database drops the line and the gateway lives on; otherwise it is killed. */
  readonly line?: true;
  readonly short: boolean;
}

const marked = {
  table: 'parcel',
  when: `written.channel = 'ebox' and written.state = 'DELIVERED'`,
};

const moments: readonly Moment[] = [
  {
    says: 'C9: the bytes of a document are kept and no row names them',
    point: { table: 'ebox_document', when: 'true' },
    shown: 0,
    short: true,
  },
  {
    says: 'C9: one file of a document is written and the next is not',
    point: { table: 'ebox_file', when: 'written.ordinal = 1' },
    shown: 0,
    short: false,
  },
  {
    says: 'C8, C13: a document shows and that is not recorded',
    point: marked,
    shown: 1,
    short: true,
  },
  {
    says: 'C16: the database drops the line in the middle of a document',
    point: { table: 'ebox_file', when: 'written.ordinal = 1' },
    shown: 0,
    line: true,
    short: false,
  },
  {
    says: 'C13, C16: the database drops the line before a delivery is recorded',
    point: marked,
    shown: 1,
    line: true,
    short: false,
  },
];

describe('a gateway that dies while it puts answers into an e-Box', () => {
  let house: MortalGateway;
  let point: CrashPoint | undefined;

  beforeAll(async () => {
    house = await aMortalGateway();
    const { sender, enterprise } = house.secretariat;
    await house.database
      .knex('enterprise')
      .where({ number: enterprise })
      .update({ ebox_activated_at: new Date() });
    const { channels } = house.office.identity;
    await channels.setAnswers({ sender, channel: 'ebox', actor: { by: 'test' } });
  }, startMs);
  afterEach(async () => {
    await house.kill();
    await point?.lift();
    point = undefined;
  }, testMs);
  afterAll(async () => {
    await house.close();
  });

  interface Shown {
    readonly delivery: string;
    readonly name: string;
    readonly sha256: string;
    readonly blob: string | null;
  }

  /** Every file of every document that came of one set. */
  async function shown(go: string): Promise<readonly Shown[]> {
    const { rows } = await house.database.knex.raw<{ rows: Shown[] }>(
      `select d.delivery, f.name, encode(f.sha256, 'hex') as sha256, f.blob
       from ebox_document d join ebox_file f on f.document_id = d.id
         join batch b on b.ticket = d.ticket
       where b.file_name = ? order by f.name collate "C"`,
      [go],
    );
    return rows;
  }

  const documentsOf = (files: readonly Shown[]): number =>
    new Set(files.map(({ delivery }) => delivery)).size;

  /** The files of the answers as the outbox has them. */
  async function answered(go: string): Promise<readonly Omit<Shown, 'blob' | 'delivery'>[]> {
    const { rows } = await house.database.knex.raw<{ rows: Shown[] }>(
      `select f.name, encode(f.sha256, 'hex') as sha256 from parcel_file f
       join parcel p on p.id = f.parcel_id join batch b on b.id = p.batch_id
       where b.file_name = ? order by f.name collate "C"`,
      [go],
    );
    return rows;
  }

  async function hashOf(blob: string | null): Promise<string> {
    const hash = createHash('sha256');
    if (blob !== null)
      for await (const piece of house.office.blobs.stream(blob)) hash.update(piece);
    return hash.digest('hex');
  }

  /** How many bytes that no row names were taken away, as if months had passed. */
  async function swept(): Promise<number> {
    const { database, office } = house;
    const now = new Date(Date.now() + 60 * spans.day);
    return (await sweepOrphans({ knex: database.knex, blobs: office.blobs, now })).orphans;
  }

  it.each(moments.filter(({ short }) => short || long))(
    '$says: each answer is one document, whole',
    async (moment) => {
      const { go, files } = house.newSet(declarations);
      point = await crashPoint(house.database.knex, moment.point);
      await house.start();
      await house.hand(files);
      await point.reached();
      const before = await shown(go);

      if (moment.line === undefined) await house.kill();
      await point.lift();
      point = undefined;
      await house.outlastLeases();
      if (moment.line === undefined) await house.start();

      expect(await house.settled(go)).toEqual(wholeOf(declarations));
      const after = await shown(go);
      expect([documentsOf(before), documentsOf(after)]).toEqual([moment.shown, 3]);
      expect(after.map(({ name, sha256 }) => ({ name, sha256 }))).toEqual(await answered(go));
      // FO and FS of the document that nobody saw: litter, and no more than that.
      expect((await swept()) >= 2).toBe(moment.shown === 0);
      for (const { blob, sha256 } of after) expect(await hashOf(blob)).toBe(sha256);
      expect(after).toEqual(expect.arrayContaining([...before]));
    },
    testMs,
  );
});
