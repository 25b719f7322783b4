import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';

/** One queue that is consumed, on a channel of its own: what breaks it breaks no other. */
export interface Consumer {
  readonly queue: string;
  /** Whether its channel is still there: only then can a message be settled. */
  isOpen(): boolean;
  /** Takes messages again after `rest`; nothing when it takes them already. */
  take(): Promise<void>;
  /** Takes no more, and keeps what it holds. */
  rest(): Promise<void>;
  ack(message: ConsumeMessage): void;
  /** Back to the queue, one delivery the more; or, without `again`, to the dead letters. */
  nack(message: ConsumeMessage, o: { readonly again: boolean }): void;
  /** Messages that wait in the queue, not counting those held. */
  waiting(): Promise<number>;
  close(): Promise<void>;
}

export interface ConsumerOptions {
  readonly queue: string;
  /** Messages held at one time. */
  readonly prefetch: number;
  /** Never throws: an error of a callback would be the connection's. */
  readonly onMessage: (consumer: Consumer, message: ConsumeMessage) => void;
  /** The channel went: the broker closed it, or the queue was removed. */
  readonly onLost: (queue: string, error: unknown) => void;
}

/** Opens the channel; nothing is taken before `take`. */
export async function openConsumer(model: ChannelModel, o: ConsumerOptions): Promise<Consumer> {
  const channel = await model.createChannel();
  let open = true;
  let closing = false;
  let reason: unknown;
  let tag: string | undefined;
  channel.on('error', (error) => {
    reason = error;
  });
  channel.once('close', () => {
    open = false;
    if (!closing) o.onLost(o.queue, reason);
  });
  await channel.prefetch(o.prefetch);
  const consumer: Consumer = {
    queue: o.queue,
    isOpen: () => open,
    async take() {
      if (!open || tag !== undefined) return;
      // Chosen by us, so that a second call while the first is under way does nothing.
      tag = `sluis-${String(tagNumber())}`;
      await channel.consume(
        o.queue,
        (message) => {
          if (message !== null) o.onMessage(consumer, message);
          // The broker cancelled: the queue is gone, or moved. The channel is opened anew.
          else void closeQuietly(channel);
        },
        { consumerTag: tag },
      );
    },
    async rest() {
      const taking = tag;
      tag = undefined;
      if (open && taking !== undefined) await channel.cancel(taking);
    },
    ack: (message) => {
      if (open) channel.ack(message);
    },
    nack: (message, { again }) => {
      if (open) channel.nack(message, false, again);
    },
    waiting: async () => (await channel.checkQueue(o.queue)).messageCount,
    async close() {
      closing = true;
      await closeQuietly(channel);
    },
  };
  return consumer;
}

let lastTag = 0;

function tagNumber(): number {
  lastTag += 1;
  return lastTag;
}

export async function closeQuietly(channel: Channel): Promise<void> {
  try {
    await channel.close();
  } catch {
    // It was closed already, which is what was wanted.
  }
}
