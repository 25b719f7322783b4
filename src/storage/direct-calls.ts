/**
 * Makes short file calls at once instead of by a thread of the pool. Waking that thread and being
 * woken by it costs more than most of these calls do on a local disk: 20 microseconds to create a
 * file, 100 for a quarter of a megabyte into the page cache. But a call made at once holds up
 * everybody, so that a disk that is not quick (a network's, or one that is being filled) gets its
 * calls from the pool.
 */
export interface DirectCalls {
  /** Resolves and rejects as either of the two does. */
  make<T>(direct: () => T, pooled: () => Promise<T>): Promise<T>;
}

/** What calls that took longer than `slowMs` may cost all in all within `windowMs`. */
const slowMs = 2;
const lostMsMax = 25;
const windowMs = 1_000;
const pooledForMs = 10_000;

export function directCalls(nowMs: () => number = () => performance.now()): DirectCalls {
  let pooledUntilMs = -Infinity;
  let windowEndsMs = -Infinity;
  let lostMs = 0;

  function weigh(beganMs: number): void {
    const endedMs = nowMs();
    const tookMs = endedMs - beganMs;
    if (tookMs < slowMs) return;
    if (endedMs > windowEndsMs) {
      windowEndsMs = endedMs + windowMs;
      lostMs = 0;
    }
    lostMs += tookMs;
    if (lostMs > lostMsMax) pooledUntilMs = endedMs + pooledForMs;
  }

  return {
    async make(direct, pooled) {
      const beganMs = nowMs();
      if (beganMs < pooledUntilMs) return pooled();
      try {
        return direct();
      } finally {
        weigh(beganMs);
      }
    },
  };
}
