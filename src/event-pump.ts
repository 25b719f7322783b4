import type { EventMessage, EventSink } from './channels/index.ts';
import { startPulse, type Pulse } from './pulse.ts';
import { failureOf, type Failure } from './vocabulary/index.ts';

/** Publishes the oldest events nobody was told, and marks them; how many, 0 also when others do. */
export type Publishing = (
  publish: (messages: readonly EventMessage[]) => Promise<void>,
  max: number,
) => Promise<number>;

const eventsMax = 200;
const everyMs = 5_000;
const publishMs = 30_000;

/** Tells integrators of the life of batches, over one channel, in the order it happened. */
export function startEventPump(o: {
  readonly publishing: Publishing;
  readonly sink: EventSink;
  readonly stumbled: (failure: Failure) => void;
}): Pulse {
  const cut = new AbortController();
  const publish = (messages: readonly EventMessage[]): Promise<void> =>
    o.sink.publish(messages, AbortSignal.any([cut.signal, AbortSignal.timeout(publishMs)]));
  const pulse = startPulse({
    everyMs,
    async run() {
      while (!cut.signal.aborted && (await o.publishing(publish, eventsMax)) === eventsMax);
    },
    failed: (error) => {
      if (!cut.signal.aborted) o.stumbled(failureOf(error));
    },
  });
  return {
    wake: () => {
      pulse.wake();
    },
    async stop() {
      cut.abort();
      await pulse.stop();
    },
  };
}
