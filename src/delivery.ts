import { setMaxListeners } from 'node:events';
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
    /** Parcels being sent from here, by destination. */
    readonly inHand: ReadonlyMap<string, number>;
    readonly leaseMs: number;
  }): Promise<readonly ClaimedParcel[]>;
  renew(leases: readonly ParcelLease[], leaseMs: number): Promise<void>;
  /** Marks parcels the other side confirmed, with what it confirmed with. */
  delivered(
    done: readonly { readonly lease: ParcelLease; readonly reference: string }[],
    at: Date,
  ): Promise<void>;
  /** To be tried again, each after its pause, a whole number of milliseconds. */
  retry(
    failed: readonly {
      readonly lease: ParcelLease;
      readonly afterMs: number;
      readonly error: string;
    }[],
  ): Promise<void>;
  /** Given up, until somebody revives it. */
  bury(lease: ParcelLease, o: { readonly at: Date; readonly error: string }): Promise<void>;
  /** Put back as if it had never been taken: this process stops. */
  giveBack(lease: ParcelLease): Promise<void>;
}

export interface DeliveryLimits {
  /** Parcels under way at once, those included that were sent and wait for their mark. */
  readonly inHandMax: number;
  /** Of them, being sent to one destination: a partner that hangs leaves room for the others. */
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
  /** What is held, each with the end of it; `sending` counts those the outlet has. */
  const inHand = new Map<ParcelLease, Promise<void>>();
  const sending = countByDestination();
  const cut = new AbortController();
  setMaxListeners(limits.inHandMax, cut.signal);
  const mark = together<Done>((done) => outbox.delivered(done, clock.now()));
  const postpone = together<Postponed>((failed) => outbox.retry(failed));

  async function claimFree(): Promise<void> {
    const free = limits.inHandMax - inHand.size;
    if (free <= 0 || cut.signal.aborted || outlet.isAway?.() === true) return;
    const { perDestinationMax, leaseMs } = limits;
    const counts = sending.counts();
    const claimed = await outbox.claim({ max: free, perDestinationMax, inHand: counts, leaseMs });
    for (const one of claimed) {
      const ended = carry(one).finally(() => {
        inHand.delete(one.lease);
        wakeForMore(one.destination);
      });
      inHand.set(one.lease, ended);
    }
  }

  /**
   * Claims again when it is worth it: a claim costs nearly the same for one parcel as for many, so
   * that under load places are filled by the half, while the other half is being sent. What is not
   * claimed now the next look finds.
   */
  function wakeForMore(destination: string): void {
    const { inHandMax, perDestinationMax } = limits;
    if (sending.all() > inHandMax / 2 || sending.to(destination) > perDestinationMax / 2) return;
    pulse.wake();
  }

  async function carry({ lease, parcel, destination }: ClaimedParcel): Promise<void> {
    try {
      // Claimed this often and never let go: something ends the process each time.
      if (parcel.attempt > limits.attemptsMax * 2) throw new Failure('work.too-many-tries');
      const { reference } = await send(parcel, destination);
      await mark({ lease, reference });
    } catch (error) {
      await letGo(lease, parcel, failureOf(error)).catch((second: unknown) => {
        // The lease runs out by itself, and another round takes the parcel up.
        events.stumbled(failureOf(second));
      });
    }
  }

  /** Its place is free for another once it was sent: the link does not wait for the database. */
  async function send(
    parcel: Parcel,
    destination: string,
  ): Promise<{ readonly reference: string }> {
    sending.add(destination, 1);
    try {
      return await deliverWithin(outlet, parcel, limits.deliverMs, cut.signal);
    } finally {
      sending.add(destination, -1);
      wakeForMore(destination);
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
    await postpone({ lease, afterMs, error: failure.code });
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
      await Promise.all(inHand.values());
      clearTimeout(timer);
      cut.abort();
      clearInterval(renewal);
    },
  };
}

interface DestinationCounts {
  add(destination: string, parcels: number): void;
  to(destination: string): number;
  all(): number;
  counts(): ReadonlyMap<string, number>;
}

function countByDestination(): DestinationCounts {
  const counts = new Map<string, number>();
  let all = 0;
  const to = (destination: string): number => counts.get(destination) ?? 0;
  return {
    add(destination, parcels) {
      const there = to(destination) + parcels;
      all += parcels;
      if (there > 0) counts.set(destination, there);
      else counts.delete(destination);
    },
    to,
    all: () => all,
    counts: () => new Map(counts),
  };
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
type Postponed = Parameters<Outbox['retry']>[0][number];

/** One statement tells the outbox all that came to pass while the statement before it ran. */
function together<T>(tell: (all: readonly T[]) => Promise<void>): (one: T) => Promise<void> {
  let waiting: { one: T; settle: (error?: unknown) => void }[] = [];
  let busy = false;
  async function flush(): Promise<void> {
    busy = true;
    while (waiting.length > 0) {
      const round = waiting;
      waiting = [];
      try {
        await tell(round.map(({ one }) => one));
        for (const { settle } of round) settle();
      } catch (error) {
        for (const { settle } of round) settle(error);
      }
    }
    busy = false;
  }
  return (one) =>
    new Promise((resolve, reject) => {
      waiting.push({
        one,
        settle: (error) => {
          if (error === undefined) resolve();
          else reject(failureOf(error));
        },
      });
      if (!busy) void flush();
    });
}
