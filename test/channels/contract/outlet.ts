import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Outlet, Parcel, ParcelPart } from '../../../src/channels/index.ts';

/** What the other side has, once it has it whole. */
export interface Received {
  /** How the other side names the delivery; the same for a repetition it can tell. */
  readonly id: string;
  /** SHA-256 in hex, by file name. */
  readonly files: Readonly<Record<string, string>>;
}

/** The other side of one channel, in the hand of a test. */
export interface OutletHarness {
  readonly outlet: Outlet;
  /** The deliveries that are there, repetitions told apart as the other side tells them. */
  received(): Promise<readonly Received[]>;
  /** The next delivery is taken over, and its confirmation is lost on the way. */
  loseNextConfirmation(): Promise<void>;
  /** The other side is gone until `comeBack`. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

let parcels = 0;

/** A parcel of one answer: FO, FS and GO. */
export function aParcel(over: Partial<Parcel> = {}, bytes = 2_000): Parcel {
  parcels += 1;
  const sequence = String(parcels).padStart(5, '0');
  const name = (prefix: string): string => `${prefix}.NOTI.999999.20260115.${sequence}.R`;
  const ticket = `S${String(parcels).padStart(12, '0')}`;
  return {
    ...{ id: `${ticket}-NOTI`, kind: 'NOTI', ticket, environment: 'R', sender: '123456' },
    ...{ recipient: undefined, type: 'MEDC', attempt: 1 },
    createdAt: new Date('2026-01-15T08:00:00Z'),
    files: [
      aPart(name('FO'), Buffer.alloc(bytes, `${ticket} `)),
      aPart(name('FS'), Buffer.from('a signature')),
      aPart(name('GO'), Buffer.alloc(0)),
    ],
    ...over,
  };
}

export function aPart(name: string, content: Buffer): ParcelPart {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {
    ...{ name, sha256, bytes: content.length },
    // eslint-disable-next-line @typescript-eslint/require-await -- the shape of a stream, over one piece
    async *open() {
      if (content.length > 0) yield content;
    },
  };
}

/** What every way out promises. One call a channel, against a real other side. */
export function outletContract(name: string, open: () => Promise<OutletHarness>): void {
  describe(`the outlet ${name}`, () => {
    let harness: OutletHarness;
    const unhurried = new AbortController().signal;
    beforeAll(async () => {
      harness = await open();
    }, 300_000);
    afterAll(async () => {
      await harness.close();
    }, 300_000);

    async function ofParcel(parcel: Parcel): Promise<readonly Received[]> {
      const names = new Set(parcel.files.map((file) => file.name));
      return (await harness.received()).filter(({ files }) =>
        Object.keys(files).some((one) => names.has(one)),
      );
    }

    function filesOf(parcel: Parcel): Readonly<Record<string, string>> {
      return Object.fromEntries(parcel.files.map((file) => [file.name, file.sha256]));
    }

    it('resolves when the other side has every file, byte for byte', async () => {
      const parcel = aParcel();

      const { reference } = await harness.outlet.deliver(parcel, unhurried);

      expect(reference).not.toBe('');
      expect((await ofParcel(parcel)).map(({ files }) => files)).toEqual([filesOf(parcel)]);
    });

    it('delivers again under the same id after its confirmation was lost (C13)', async () => {
      const parcel = aParcel();
      await harness.loseNextConfirmation();

      const lost = await harness.outlet.deliver(parcel, unhurried).then(
        () => 'confirmed',
        (error: unknown) => (error as { readonly code?: unknown }).code,
      );
      await harness.outlet.deliver({ ...parcel, attempt: 2 }, unhurried);

      const there = await ofParcel(parcel);
      expect(lost).toMatch(/^channel\./);
      expect(new Set(there.map(({ id }) => id)).size).toBe(1);
      expect(there.at(-1)?.files).toEqual(filesOf(parcel));
    });

    it('fails with a code of channels while the other side is away, and works after', async () => {
      const parcel = aParcel();
      await harness.goAway();

      const away = harness.outlet.deliver(parcel, AbortSignal.timeout(10_000));
      await expect(away).rejects.toMatchObject({ code: expect.stringMatching(/^channel\./) });
      await harness.comeBack();
      await harness.outlet.deliver({ ...parcel, attempt: 2 }, unhurried);

      expect((await ofParcel(parcel)).at(-1)?.files).toEqual(filesOf(parcel));
    });

    it('gives up when it is told to', async () => {
      const cut = AbortSignal.abort();

      await expect(harness.outlet.deliver(aParcel(), cut)).rejects.toMatchObject({
        code: expect.stringMatching(/^channel\./),
      });
    });

    it('brings several parcels at once without mixing them', async () => {
      const several = Array.from({ length: 8 }, () => aParcel());

      await Promise.all(several.map((parcel) => harness.outlet.deliver(parcel, unhurried)));

      for (const parcel of several) {
        expect((await ofParcel(parcel)).map(({ files }) => files)).toEqual([filesOf(parcel)]);
      }
    });
  });
}
