import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { failureOf } from '../../vocabulary/index.ts';
import type { ChannelJournal } from '../ports.ts';
import { rest } from './connection.ts';
import { clipped } from './header.ts';
import { deadName, inboundQueueOf, quarantineName } from './names.ts';

const againMs = 5_000;

/**
 * Moves dead letters into the quarantine, each with a line in the journal that says why. Confirmed
 * there before it is acknowledged here: a crash between the two repeats the line, and loses nothing.
 */
export async function takeDeadLetters(
  model: ChannelModel,
  o: { readonly journal: ChannelJournal; readonly ending: AbortSignal },
): Promise<void> {
  const channel = await model.createConfirmChannel();
  channel.on('error', () => undefined);
  await channel.prefetch(1);
  await channel.consume(deadName, (message) => {
    if (message !== null) void setAside(channel, message, o);
  });
}

async function setAside(
  channel: ConfirmChannel,
  message: ConsumeMessage,
  o: { readonly journal: ChannelJournal; readonly ending: AbortSignal },
): Promise<void> {
  try {
    await keep(channel, message);
    await o.journal.record(quarantined(message));
    channel.ack(message);
  } catch (error) {
    // No limit of deliveries here: it comes back until the quarantine and the journal take it.
    await rest(againMs, o.ending);
    try {
      channel.nack(message, false, true);
    } catch {
      // The channel went, and with it the message back to its queue.
      failureOf(error);
    }
  }
}

function keep(channel: ConfirmChannel, { content, properties }: ConsumeMessage): Promise<void> {
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' ? value : undefined;
  const headers: object | undefined = properties.headers;
  const [messageId, contentType] = [text(properties.messageId), text(properties.contentType)];
  // Not the user-id: it was the first publisher's, and the broker would refuse it from us.
  const options = {
    persistent: true,
    ...(headers === undefined ? {} : { headers }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(contentType === undefined ? {} : { contentType }),
  };
  return new Promise((resolve, reject) => {
    channel.sendToQueue(quarantineName, content, options, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(error as Error);
    });
  });
}

function quarantined({
  content,
  properties,
}: ConsumeMessage): Parameters<ChannelJournal['record']>[0] {
  const death = properties.headers?.['x-death']?.[0];
  const queue = death?.queue ?? '';
  const sender = inboundQueueOf(queue)?.sender;
  const fileName: unknown = properties.headers?.['FileName'];
  return {
    level: 'error',
    code: 'amqp.quarantined',
    ...(sender === undefined ? {} : { sender }),
    ...(typeof fileName === 'string' ? { fileName: clipped(fileName) } : {}),
    facts: {
      queue,
      reason: reasons[death?.reason ?? ''] ?? death?.reason ?? 'unknown',
      bytes: content.length,
      ...(typeof properties.messageId === 'string'
        ? { messageId: clipped(properties.messageId) }
        : {}),
    },
  };
}

const reasons: Readonly<Record<string, string>> = {
  delivery_limit: 'every attempt to land it failed',
  rejected: 'it could not be used or answered',
  expired: 'it was too old',
};
