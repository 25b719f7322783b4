import type { Lease, Ledger, PostponedSet, SetRef, WaitingFile, WorkItem } from './ledger.ts';
import type { Pipeline } from './pipeline.ts';
import type { Received } from './reception.ts';
import { startPulse, type Pulse } from './pulse.ts';
import { Failure, failureOf, failures, type Clock } from './vocabulary/index.ts';

export interface WorkerLimits {
  /** Work items carried at once. */
  readonly itemsMax: number;
  readonly leaseMs: number;
  /** Tries before a batch is quarantined. */
  readonly attemptsMax: number;
  readonly pollIntervalMs: number;
  readonly retryPauseMs: number;
}

export interface WorkerEvents {
  /** An item was not carried to its end; what happens to it is decided by the failure. */
  readonly failed: (item: WorkItem, failure: Failure) => void;
  /** A round met something that is no item's fault, such as a database that is away. */
  readonly stumbled: (failure: Failure) => void;
  readonly carried: (item: WorkItem, ms: number) => void;
}

const setsMax = 200;
const doublingsMax = 6;

/**
 * Claims work, carries it, lets go: the only loop of the gateway. `wake` looks at once, `stop` lets
 * the items in hand end and takes no new ones.
 */
export function startWorker(o: {
  readonly ledger: Ledger;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly limits: WorkerLimits;
  readonly events: WorkerEvents;
}): Pulse {
  const { ledger, pipeline, clock, limits, events } = o;
  const inHand = new Map<Lease, Promise<void>>();

  async function receiveDue(): Promise<void> {
    const sets = await ledger.dueSets(clock.now(), setsMax);
    const files = await ledger.waitingFiles(sets);
    const postponed: PostponedSet[] = [];
    for (const [at, set] of sets.entries()) {
      const seen = files[at] ?? [];
      const { taken, until } = await received(set, seen);
      if (taken) pulse.wake();
      if (until !== undefined) postponed.push({ set, until, seen });
    }
    await ledger.postpone(postponed);
    if (sets.length === setsMax) pulse.wake();
  }

  async function received(set: SetRef, files: readonly WaitingFile[]): Promise<Received> {
    try {
      return await pipeline.receive(set, files);
    } catch (error) {
      events.stumbled(failureOf(error));
      return { taken: false, until: new Date(clock.now().getTime() + limits.retryPauseMs) };
    }
  }

  async function claimFree(): Promise<void> {
    const free = limits.itemsMax - inHand.size;
    if (free <= 0) return;
    for (const item of await ledger.claimWork({ max: free, leaseMs: limits.leaseMs })) {
      const work = carry(item).finally(() => {
        inHand.delete(item.lease);
        pulse.wake();
      });
      inHand.set(item.lease, work);
    }
  }

  async function carry(item: WorkItem): Promise<void> {
    const started = performance.now();
    try {
      // Claimed this often and never let go: something ends the process each time.
      if (item.attempts > limits.attemptsMax * 2) throw new Failure('work.too-many-tries');
      await pipeline.carry(item);
      events.carried(item, performance.now() - started);
    } catch (error) {
      await letGo(item, failureOf(error)).catch((second: unknown) => {
        // The lease runs out by itself, and another round takes the item up.
        events.stumbled(failureOf(second));
      });
    }
  }

  async function letGo(item: WorkItem, failure: Failure): Promise<void> {
    events.failed(item, failure);
    if (failure.code === 'work.lease-lost') return;
    const tired = item.attempts >= limits.attemptsMax && !failure.code.startsWith('storage.');
    if (tired || !failures[failure.code].retry) {
      await ledger.quarantine(item, { code: failure.code, detail: failure.message }, clock.now());
      return;
    }
    const afterMs = limits.retryPauseMs * 2 ** Math.min(item.attempts - 1, doublingsMax);
    await ledger.retryWork(item.lease, { afterMs, error: failure.code });
  }

  const renewal = setInterval(() => {
    if (inHand.size === 0) return;
    ledger.renewLeases([...inHand.keys()], limits.leaseMs).catch((error: unknown) => {
      events.stumbled(failureOf(error));
    });
  }, limits.leaseMs / 3);

  const pulse = startPulse({
    everyMs: limits.pollIntervalMs,
    async run() {
      await receiveDue();
      await claimFree();
    },
    failed: (error) => {
      events.stumbled(failureOf(error));
    },
  });

  return {
    wake: () => {
      pulse.wake();
    },
    async stop() {
      await pulse.stop();
      await Promise.all(inHand.values());
      clearInterval(renewal);
    },
  };
}
