import { Failure, type Facts } from '../vocabulary/index.ts';

/** How long the other side may take, in milliseconds. */
export interface Deadlines {
  /** The TCP connection. */
  readonly connectMs: number;
  /** From the connection to the end of the login. */
  readonly loginMs: number;
  /** Each request, and each block of a transfer: not the transfer as a whole. */
  readonly requestMs: number;
}

export const usualDeadlines: Deadlines = {
  connectMs: 10_000,
  loginMs: 20_000,
  requestMs: 60_000,
};

/**
 * Waits for the work, but not for ever: SSH libraries leave promises hanging when a connection
 * dies at the wrong moment.
 *
 * @throws Failure `channel.timed-out` after `ms`, with what was being done.
 */
export async function within<T>(
  o: { readonly ms: number; readonly facts: Facts },
  work: Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Failure('channel.timed-out', { ...o.facts, waitedMs: o.ms }));
    }, o.ms);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}
