import type { DeliveryReceipt, Outlet, Parcel } from '../../src/channels/index.ts';
import { Failure, type FailureCode } from '../../src/vocabulary/index.ts';

export interface FakeOutlet extends Outlet {
  /** What was handed over, each attempt, with the bytes of its files. */
  readonly taken: { readonly parcel: Parcel; readonly texts: readonly string[] }[];
  /** From now on: takes parcels, refuses them with this failure, or never answers. */
  behave(how: 'take' | 'hang' | FailureCode): void;
  /** Parcels that hang at this moment. */
  hanging(): number;
}

/** The other side of an outlet, in memory. */
export function fakeOutlet(): FakeOutlet {
  const taken: { parcel: Parcel; texts: string[] }[] = [];
  let how: 'take' | 'hang' | FailureCode = 'take';
  let hanging = 0;
  return {
    taken,
    behave: (next) => {
      how = next;
    },
    hanging: () => hanging,
    async deliver(parcel, signal): Promise<DeliveryReceipt> {
      const texts: string[] = [];
      for (const file of parcel.files) {
        const pieces: Buffer[] = [];
        for await (const piece of file.open()) pieces.push(piece);
        texts.push(Buffer.concat(pieces).toString('utf8'));
      }
      taken.push({ parcel, texts });
      if (how === 'hang') {
        hanging += 1;
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve, { once: true });
        });
        hanging -= 1;
        throw new Failure('channel.timed-out');
      }
      if (how !== 'take') throw new Failure(how);
      return { reference: `taken-${String(taken.length)}` };
    },
    close: () => Promise.resolve(),
  };
}
