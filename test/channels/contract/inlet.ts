import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { findBatch, showBatch, type ShownBatch } from '../../../src/storage/index.ts';
import { aSet, eventually, type Exchange } from '../../make/exchange.ts';
import { medcEmployer, medcFile } from '../../make/medc-file.ts';

type Files = Readonly<Record<string, Buffer | string>>;

/** The wire of one channel, as a sender has it in hand. */
export interface InletHarness {
  /** A gateway that plays the channel's role and the worker's. */
  readonly exchange: Exchange;
  /** The date of its clock, as names of sets carry it: YYYYMMDD. */
  readonly date: string;
  /** As parcels and batches name the channel. */
  readonly channel: string;
  /** Sends files in their order; resolves once the gateway has confirmed every one of them. */
  send(files: Files): Promise<void>;
  /** Sends files and loses the line before the confirmation of the last one is heard. */
  sendUnheard(files: Files): Promise<void>;
  /** Sends as a login that is blocked; resolves only if the gateway took the files. */
  sendBlocked(files: Files): Promise<void>;
  /** A file under way: `finish` sends the rest and resolves once it is confirmed. */
  begin(name: string, content: Buffer): Promise<{ finish(): Promise<void> }>;
  /** Tells the inlet to stop; resolves when it has. The harness is closed after this. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** A machine that runs every test at once is slow, and slow is not wrong. */
const patienceMs = 180_000;

/** What every way in promises, on a real gateway and a real PostgreSQL. One call a channel. */
export function inletContract(name: string, open: () => Promise<InletHarness>): void {
  describe(`the inlet ${name}`, () => {
    jest.setTimeout(3 * patienceMs);
    let harness: InletHarness;
    beforeAll(async () => {
      harness = await open();
    }, 300_000);
    afterAll(async () => {
      await harness.close();
    }, 300_000);

    let employers = 0;
    /** Of employers that no set before was for: an original is declared once. */
    const newSet = (): ReturnType<typeof aSet> => {
      const forms = [1, 2].map(() => ({ employer: medcEmployer((employers += 1)) }));
      return aSet(harness.exchange.secretariat, medcFile(forms), { date: harness.date });
    };

    async function answered(go: string): Promise<ShownBatch> {
      const { knex } = harness.exchange.office.database;
      return eventually(
        async () => {
          const batch = await showBatch(knex, await findBatch(knex, go), 10);
          return batch.state === 'NOTIFIED' || batch.state === 'REFUSED' ? batch : undefined;
        },
        `the verdict on ${go}`,
        patienceMs,
      );
    }

    it('confirms a file when it is durable and known, with the bytes that were sent', async () => {
      const { files } = newSet();
      const [file = '', content = ''] = Object.entries(files)[0] ?? [];

      await harness.send({ [file]: content });

      const { database, blobs } = harness.exchange.office;
      const row: { blob: string; sha256: Buffer; channel: string } | undefined = await database
        .knex('landed_file')
        .where({ name: file })
        .first('blob', 'sha256', 'channel');
      const hash = createHash('sha256');
      for await (const piece of blobs.stream(row?.blob ?? '')) hash.update(piece);
      expect(row?.channel).toBe(harness.channel);
      expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
    });

    it('brings a set to its verdict', async () => {
      const { go, files } = newSet();

      await harness.send(files);
      const batch = await answered(go);

      expect([batch.receipt.result, batch.declarations.accepted]).toEqual(['accepted', 2]);
    });

    it('takes the same set again without work, and gives the stored answer (C8)', async () => {
      const { go, files } = newSet();
      await harness.send(files);
      const first = await answered(go);

      await harness.send(files);
      const repeated = await eventually(
        async () => {
          const batch = await answered(go);
          return batch.timeline.some(({ code }) => code === 'batch.repeated') ? batch : undefined;
        },
        'the repetition',
        patienceMs,
      );

      expect(repeated.ticket).toBe(first.ticket);
      expect(repeated.parcels.map(({ files: names }) => names)).toEqual(
        first.parcels.map(({ files: names }) => names),
      );
      expect(await batchesOf(go)).toBe(1);
    });

    it('makes one batch of a set whose confirmation was lost and that was sent again (C8)', async () => {
      const { go, files } = newSet();

      await harness.sendUnheard(files);
      await harness.send(files);
      const batch = await answered(go);

      expect(batch.receipt.result).toBe('accepted');
      expect(await batchesOf(go)).toBe(1);
    });

    it('never confirms what it could not keep, and takes it when it can again (C9, C16)', async () => {
      const { go, files } = newSet();

      await failLandings();
      const refused = await harness.send(files).then(
        () => 'confirmed',
        () => 'refused',
      );
      await mendLandings();
      await harness.send(files);

      expect(refused).toBe('refused');
      expect((await answered(go)).receipt.result).toBe('accepted');
    });

    it('takes nothing from a sender that is blocked', async () => {
      const { go, files } = newSet();

      await expect(harness.sendBlocked(files)).rejects.toThrow();

      expect(await batchesOf(go)).toBe(0);
    });

    it('lets a transfer under way end when it stops', async () => {
      const { files } = newSet();
      const [file = '', content = ''] = Object.entries(files)[0] ?? [];
      const underWay = await harness.begin(file, Buffer.from(content));

      const stopped = harness.stop();
      await underWay.finish();
      await stopped;

      const { knex } = harness.exchange.office.database;
      const row: { state: string } | undefined = await knex('landed_file')
        .where({ name: file })
        .first('state');
      expect(row?.state).toBe('LANDED');
    });

    async function batchesOf(go: string): Promise<number> {
      const { knex } = harness.exchange.office.database;
      return (await knex('batch').where({ file_name: go }).select('id')).length;
    }

    /** From now on the database refuses the row that would make a file known. */
    async function failLandings(): Promise<void> {
      const { knex } = harness.exchange.office.database;
      await knex.raw(`
        create or replace function no_landing() returns trigger language plpgsql as
        $$ begin raise exception 'no landing today'; end $$`);
      await knex.raw(`create trigger no_landing before insert or update on landed_file
        for each row when (new.state = 'LANDED') execute function no_landing()`);
    }

    async function mendLandings(): Promise<void> {
      await harness.exchange.office.database.knex.raw('drop trigger no_landing on landed_file');
    }
  });
}
