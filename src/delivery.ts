import type { Outlet, Parcel } from './channels/index.ts';
import { startPulse, type Pulse } from './pulse.ts';
import { Failure, failureOf, failures, type Clock } from './vocabulary/index.ts';

/** A claim on a parcel. The token fences: after the lease is lost, no mark of its holder counts. */
export interface ParcelLease {
  readonly parcelId: number;
  readonly token: string;
}

export interface ClaimedParcel {
  readonly lease: ParcelLease;
  readonly parcel: Parcel;
  /** Who it goes to: a sender number, or an enterprise that has none. */
  readonly destination: string;
}

/** The parcels of one channel that have to be brought to the other side. */
export interface Outbox {
  /**
   * Takes parcels that are due, oldest first: those never tried, those whose pause is over, and
   * those whose process died with them in hand. An answer waits for the earlier ones of its batch.
   */
  claim(o: {
    readonly max: number;
    readonly perDestinationMax: number;
    /** Parcels in hand here, by destination. */
    readonly inHand: ReadonlyMap<string, number>;
    readonly leaseMs: number;
  }): Promise<readonly ClaimedParcel[]>;
  renew(leases: readonly ParcelLease[], leaseMs: number): Promise<void>;
  /** Marks parcels the other side confirmed, with what it confirmed with. */
  delivered(
    done: readonly { readonly lease: ParcelLease; readonly reference: string }[],
    at: Date,
  ): Promise<void>;
  /** To be tried again after the pause. */
  retry(lease: ParcelLease, o: { readonly afterMs: number; readonly error: string }): Promise<void>;
  /** Given up, until somebody revives it. */
  bury(lease: ParcelLease, o: { readonly at: Date; readonly error: string }): Promise<void>;
  /** Put back as if it had never been taken: this process stops. */
  giveBack(lease: ParcelLease): Promise<void>;
}

export interface DeliveryLimits {
  /** Parcels under way at once. */
  readonly inHandMax: number;
  /** Of them, to one destination: a partner that hangs leaves room for the others. */
  readonly perDestinationMax: number;
  readonly leaseMs: number;
  /** One attempt takes no longer. */
  readonly deliverMs: number;
  /** After so many attempts a parcel is DEAD. */
  readonly attemptsMax: number;
  readonly pauseMs: number;
  readonly pauseMsMax: number;
  readonly pollIntervalMs: number;
}

/** Sixty attempts with pauses of up to an hour are more than two days: a weekend is survived. */
export const deliveryLimits: DeliveryLimits = {
  inHandMax: 512,
  perDestinationMax: 192,
  leaseMs: 60_000,
  deliverMs: 10 * 60_000,
  attemptsMax: 60,
  pauseMs: 2_000,
  pauseMsMax: 60 * 60_000,
  pollIntervalMs: 2_000,
};

export interface DeliveryEvents {
  readonly failed: (parcel: Parcel, failure: Failure) => void;
  readonly stumbled: (failure: Failure) => void;
}

export interface Delivery extends Pulse {
  /** Takes nothing new, lets deliveries under way end for `drainMs`, and gives the others back. */
  stop(drain?: { readonly drainMs: number }): Promise<void>;
}

/**
 * The pause after a failed attempt, `attempt` from 1: doubling, with a random half, so that parcels
 * that failed together do not come back together. What only a person can mend is tried rarely.
 */
export function pauseAfter(
  attempt: number,
  failure: Failure,
  o: Pick<DeliveryLimits, 'pauseMs' | 'pauseMsMax'> & { readonly random: () => number },
): number {
  const full = failures[failure.code].retry
    ? Math.min(o.pauseMs * 2 ** (attempt - 1), o.pauseMsMax)
    : o.pauseMsMax;
  return Math.round(full * (0.5 + o.random() / 2));
}

/** Brings the parcels of one channel out: claims, delivers, marks. `wake` looks at once. */
export function startDelivery(o: {
  readonly outbox: Outbox;
  readonly outlet: Outlet;
  readonly clock: Clock;
  readonly events: DeliveryEvents;
  readonly limits?: Partial<DeliveryLimits>;
  /** From 0 up to, not including, 1. */
  readonly random?: () => number;
}): Delivery {
  const { outbox, outlet, clock, events, random = Math.random } = o;
  const limits: DeliveryLimits = { ...deliveryLimits, ...o.limits };
  const inHand = new Map<ParcelLease, Carried>();
  const cut = new AbortController();
  const mark = markTogether(outbox, clock);

  async function claimFree(): Promise<void> {
    const free = limits.inHandMax - inHand.size;
    if (free <= 0 || cut.signal.aborted) return;
    const { perDestinationMax, leaseMs } = limits;
    const counts = countByDestination(inHand.values());
    const claimed = await outbox.claim({ max: free, perDestinationMax, inHand: counts, leaseMs });
    for (const one of claimed) {
      const ended = carry(one).finally(() => {
        inHand.delete(one.lease);
        if (hasRoom(one.destination)) pulse.wake();
      });
      inHand.set(one.lease, { destination: one.destination, ended });
    }
  }

  /**
   * Whether it is worth claiming again: a claim costs nearly the same for one parcel as for many, so
   * that under load places are filled by the half. What is not claimed now the next look finds.
   */
  function hasRoom(destination: string): boolean {
    const there = countByDestination(inHand.values()).get(destination) ?? 0;
    return inHand.size <= limits.inHandMax / 2 && there <= limits.perDestinationMax / 2;
  }

  async function carry({ lease, parcel }: ClaimedParcel): Promise<void> {
    try {
      // Claimed this often and never let go: something ends the process each time.
      if (parcel.attempt > limits.attemptsMax * 2) throw new Failure('work.too-many-tries');
      const { reference } = await deliverWithin(outlet, parcel, limits.deliverMs, cut.signal);
      await mark({ lease, reference });
    } catch (error) {
      await letGo(lease, parcel, failureOf(error)).catch((second: unknown) => {
        // The lease runs out by itself, and another round takes the parcel up.
        events.stumbled(failureOf(second));
      });
    }
  }

  async function letGo(lease: ParcelLease, parcel: Parcel, failure: Failure): Promise<void> {
    if (cut.signal.aborted) return outbox.giveBack(lease);
    events.failed(parcel, failure);
    if (parcel.attempt >= limits.attemptsMax) {
      await outbox.bury(lease, { at: clock.now(), error: failure.code });
      return;
    }
    const afterMs = pauseAfter(parcel.attempt, failure, { ...limits, random });
    await outbox.retry(lease, { afterMs, error: failure.code });
  }

  const renewal = setInterval(() => {
    if (inHand.size === 0) return;
    outbox.renew([...inHand.keys()], limits.leaseMs).catch((error: unknown) => {
      events.stumbled(failureOf(error));
    });
  }, limits.leaseMs / 3);

  const pulse = startPulse({
    everyMs: limits.pollIntervalMs,
    run: claimFree,
    failed: (error) => {
      events.stumbled(failureOf(error));
    },
  });

  return {
    wake: () => {
      pulse.wake();
    },
    async stop({ drainMs } = { drainMs: 0 }) {
      await pulse.stop();
      const timer = setTimeout(() => {
        cut.abort();
      }, drainMs);
      await Promise.all([...inHand.values()].map(({ ended }) => ended));
      clearTimeout(timer);
      cut.abort();
      clearInterval(renewal);
    },
  };
}

interface Carried {
  readonly destination: string;
  readonly ended: Promise<void>;
}

function countByDestination(carried: Iterable<Carried>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { destination } of carried) {
    counts.set(destination, (counts.get(destination) ?? 0) + 1);
  }
  return counts;
}

/** An outlet that does not heed its signal is left to itself: the parcel is tried again. */
async function deliverWithin(
  outlet: Outlet,
  parcel: Parcel,
  deliverMs: number,
  cut: AbortSignal,
): Promise<{ readonly reference: string }> {
  const attempt = new AbortController();
  let end: (failure: Failure) => void = () => undefined;
  const ended = new Promise<never>((_, reject) => {
    end = reject;
  });
  const abort = (): void => {
    attempt.abort();
    end(new Failure('channel.timed-out', { parcel: parcel.id }));
  };
  const timer = setTimeout(abort, deliverMs);
  cut.addEventListener('abort', abort, { once: true });
  if (cut.aborted) abort();
  try {
    return await Promise.race([outlet.deliver(parcel, attempt.signal), ended]);
  } finally {
    clearTimeout(timer);
    cut.removeEventListener('abort', abort);
  }
}

type Done = Parameters<Outbox['delivered']>[0][number];

/** One statement marks all parcels that were confirmed while the statement before it ran. */
function markTogether(outbox: Outbox, clock: Clock): (done: Done) => Promise<void> {
  let waiting: { done: Done; settle: (error?: unknown) => void }[] = [];
  let busy = false;
  async function flush(): Promise<void> {
    busy = true;
    while (waiting.length > 0) {
      const round = waiting;
      waiting = [];
      try {
        await outbox.delivered(
          round.map(({ done }) => done),
          clock.now(),
        );
        for (const { settle } of round) settle();
      } catch (error) {
        for (const { settle } of round) settle(error);
      }
    }
    busy = false;
  }
  return (done) =>
    new Promise((resolve, reject) => {
      waiting.push({
        done,
        settle: (error) => {
          if (error === undefined) resolve();
          else reject(failureOf(error));
        },
      });
      if (!busy) void flush();
    });
}
