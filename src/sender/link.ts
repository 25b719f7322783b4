import { setTimeout as pause } from 'node:timers/promises';
import { Failure, failures } from '../vocabulary/index.ts';
import { openRemote, type Destination, type Remote } from './remote.ts';

export interface LinkOptions {
  readonly destination: Destination;
  /** Attempts for one piece of work, the first included. */
  readonly triesMax: number;
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal | undefined;
}

const pauseMsMin = 250;
const pauseMsMax = 5000;

/** A connection that is made again when it was lost. Opened by `openLink`, ends with `close`. */
export class Link {
  private readonly o: LinkOptions;
  private remote: Remote | undefined;

  constructor(o: LinkOptions) {
    this.o = o;
  }

  /**
   * Does the work over a live connection; when that is lost, again over a new one. `attempt`
   * counts from 1, so that the work can look how far the one before it came.
   *
   * @throws Failure that no new connection can heal, or the last one after `triesMax` attempts.
   */
  async use<T>(work: (remote: Remote, attempt: number) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      this.o.signal?.throwIfAborted();
      try {
        return await work(await this.live(), attempt);
      } catch (error) {
        if (!heals(error) || attempt >= this.o.triesMax) throw error;
        const waitMs = Math.min(pauseMsMax, pauseMsMin * 2 ** (attempt - 1));
        // A file of the attempt that failed may still be open there: the next begins without it.
        await this.close();
        this.o.onProgress(`${error.message}; trying again in ${String(waitMs)} ms`);
        await pause(
          waitMs,
          undefined,
          this.o.signal === undefined ? {} : { signal: this.o.signal },
        );
      }
    }
  }

  /** Opens the first connection, without a second try: a wrong address should be told at once. */
  async open(): Promise<void> {
    await this.live();
  }

  async close(): Promise<void> {
    const { remote } = this;
    this.remote = undefined;
    await remote?.close();
  }

  private async live(): Promise<Remote> {
    if (this.remote?.lost === true) await this.close();
    this.remote ??= await openRemote(this.o.destination);
    return this.remote;
  }
}

function heals(error: unknown): error is Failure {
  return error instanceof Failure && failures[error.code].retry;
}
