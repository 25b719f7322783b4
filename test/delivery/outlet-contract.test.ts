import { Failure } from '../../src/vocabulary/index.ts';
import type { Parcel } from '../../src/channels/index.ts';
import { outletContract, type Received } from '../channels/contract/outlet.ts';

/** The contract on a model of an outlet, so that the contract itself is seen to hold together. */
outletContract('in memory', () => {
  const there: Received[] = [];
  let away = false;
  let losing = false;
  const take = (parcel: Parcel): void => {
    if (there.some(({ id }) => id === parcel.id)) return;
    const files = Object.fromEntries(parcel.files.map(({ name, sha256 }) => [name, sha256]));
    there.push({ id: parcel.id, files });
  };
  return Promise.resolve({
    outlet: {
      async deliver(parcel, signal) {
        await Promise.resolve();
        if (away || signal.aborted) throw new Failure('channel.unreachable');
        take(parcel);
        if (losing) {
          losing = false;
          throw new Failure('channel.timed-out');
        }
        return { reference: parcel.id };
      },
      close: () => Promise.resolve(),
    },
    received: () => Promise.resolve(there),
    loseNextConfirmation() {
      losing = true;
      return Promise.resolve();
    },
    goAway() {
      away = true;
      return Promise.resolve();
    },
    comeBack() {
      away = false;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
});
