/** Runs a task again and again: when woken, and at the latest after an interval. Never twice at once. */
export interface Pulse {
  wake(): void;
  /** Resolves when the run under way has ended. */
  stop(): Promise<void>;
}

export function startPulse(o: {
  readonly everyMs: number;
  readonly run: () => Promise<void>;
  /** A run that failed is told and followed by the next: what it did not do is still due. */
  readonly failed: (error: unknown) => void;
}): Pulse {
  let stopping = false;
  let woken = true;
  let rouse: () => void = () => undefined;

  async function pause(): Promise<void> {
    if (woken || stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, o.everyMs);
      rouse = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function beat(): Promise<void> {
    while (!stopping) {
      woken = false;
      try {
        await o.run();
      } catch (error) {
        o.failed(error);
        woken = false;
      }
      await pause();
    }
  }

  const ended = beat();
  return {
    wake() {
      woken = true;
      rouse();
    },
    async stop() {
      stopping = true;
      rouse();
      await ended;
    },
  };
}
