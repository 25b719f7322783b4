import type { ChannelModel, ConsumeMessage } from 'amqplib';
import { Failure, failureOf, parseSenderNumber } from '../../vocabulary/index.ts';
import type { AddressFacts, Inlet } from '../contract.ts';
import type { ChannelJournal } from '../ports.ts';
import { keepConnected, rest, type BrokerConnection } from './connection.ts';
import { openConsumer, type Consumer } from './consumer.ts';
import { takeDeadLetters } from './dead-letters.ts';
import { clipped, fault } from './header.ts';
import { landPieces } from './landing.ts';
import { readMessage, type Arrival, type Reading } from './message.ts';
import * as names from './names.ts';
import type { AmqpAccount, AmqpLogins, AmqpStore, HeaderFault, Identifies } from './ports.ts';

export interface AmqpInletLimits {
  /** Messages of one queue held at one time. */
  readonly prefetch: number;
  readonly bodyBytesMax: number;
  /** Above this many bytes in hand nothing more is taken until half of it has landed. */
  readonly heldBytesMax: number;
  /** How often a store that is not ready is asked again. */
  readonly readyPollMs: number;
  /** Before a message that could not be landed goes back, times its deliveries so far. */
  readonly retryPauseMs: number;
  /** How often consumers are watched. */
  readonly watchMs: number;
  /** How long the start waits for the first connection before it goes on without one. */
  readonly connectMs: number;
}

export const amqpInletLimits: AmqpInletLimits = {
  prefetch: 16,
  bodyBytesMax: 16 * 1024 ** 2,
  heldBytesMax: 256 * 1024 ** 2,
  readyPollMs: 1_000,
  retryPauseMs: 200,
  watchMs: 30_000,
  connectMs: 10_000,
};

export interface AmqpInletOptions {
  readonly url: string;
  readonly ca?: string;
  readonly store: AmqpStore;
  readonly logins: AmqpLogins;
  readonly identifies: Identifies;
  readonly journal: ChannelJournal;
  /** What the broker is reached by, for the ready line; no secrets. */
  readonly facts: AddressFacts;
  readonly limits?: Partial<AmqpInletLimits>;
}

export interface AmqpInlet extends Inlet {
  /** The inbound queues there are; those that are new are taken from, those gone let go. */
  consume(queues: readonly string[]): void;
}

const retryPauseMsMax = 5_000;
/** So often a message is kept in hand because its own landing saw the database go. */
const outagesMax = 3;
const nobody = '00000000-0000-0000-0000-000000000000';

/** Takes messages from every sender's queues and lands them; each is acknowledged once it landed. */
export function openAmqpInlet(o: AmqpInletOptions): AmqpInlet {
  const limits: AmqpInletLimits = { ...amqpInletLimits, ...o.limits };
  const ending = new AbortController();
  const consumers = new Map<string, Consumer>();
  const opening = new Set<string>();
  const held = new Set<Promise<void>>();
  const served = new Map<string, number>();
  let wanted: ReadonlySet<string> = new Set();
  let heldBytes = 0;
  let outage: Promise<void> | undefined;
  let connection: BrokerConnection | undefined;

  const isEnding = (): boolean => ending.signal.aborted;
  const isTaking = (): boolean =>
    outage === undefined && heldBytes <= limits.heldBytesMax && !ending.signal.aborted;

  /** Consumers take or rest as the present state wants it. */
  function settle(): void {
    for (const consumer of consumers.values()) {
      const turn = isTaking() ? consumer.take() : consumer.rest();
      turn.catch((error: unknown) => {
        lost(consumer.queue, error);
      });
    }
  }

  function lost(queue: string, error: unknown): void {
    const consumer = consumers.get(queue);
    consumers.delete(queue);
    void consumer?.close();
    if (ending.signal.aborted || connection?.current() === undefined) return;
    note('warn', 'amqp.consumer-lost', { queue, reason: textOf(error) });
    // Opened anew by the next look, so that a queue that is gone is not asked for in a circle.
  }

  function note(
    level: 'info' | 'warn' | 'error',
    code: string,
    facts: Readonly<Record<string, string | number | boolean>>,
    about: {
      readonly sender?: string;
      readonly username?: string;
      readonly fileName?: string;
    } = {},
  ): void {
    // A line that cannot be stored stops no consumer: the journal has told the log of it.
    o.journal.record({ level, code, facts, ...about }).catch(() => undefined);
  }

  function onMessage(consumer: Consumer, message: ConsumeMessage): void {
    served.set(consumer.queue, (served.get(consumer.queue) ?? 0) + 1);
    heldBytes += message.content.length;
    if (heldBytes > limits.heldBytesMax) settle();
    const task = carry(consumer, message).finally(() => {
      held.delete(task);
      const before = heldBytes;
      heldBytes -= message.content.length;
      const half = limits.heldBytesMax / 2;
      if (before > half && heldBytes <= half) settle();
    });
    held.add(task);
  }

  /** Carries one message to its end, whatever happens; never throws. */
  async function carry(consumer: Consumer, message: ConsumeMessage): Promise<void> {
    for (let outages = 0; consumer.isOpen();) {
      try {
        await settleMessage(consumer, message);
        return;
      } catch (error) {
        if (ending.signal.aborted) return;
        // A database that is back already was away all the same, unless a message sees it go each time.
        const away = isOutage(error) && outages < outagesMax;
        if (!away && (await o.store.isReady())) {
          await giveBack(consumer, message, error);
          return;
        }
        // The message stays in hand: giving it back would count towards its deliveries.
        outages += 1;
        await waitForStore(error);
      }
    }
  }

  async function giveBack(
    consumer: Consumer,
    message: ConsumeMessage,
    error: unknown,
  ): Promise<void> {
    const deliveries = deliveriesOf(message);
    const about = aboutOf(consumer.queue, message);
    const facts = { reason: failureOf(error).code, deliveries };
    note('warn', 'amqp.not-landed', facts, about);
    await rest(Math.min(limits.retryPauseMs * deliveries, retryPauseMsMax), ending.signal);
    consumer.nack(message, { again: true });
  }

  /** One wait for all: consumers rest until files can land again. */
  function waitForStore(error: unknown): Promise<void> {
    outage ??= (async (): Promise<void> => {
      note('error', 'amqp.paused', { reason: failureOf(error).code });
      while (!ending.signal.aborted && !(await o.store.isReady())) {
        await rest(limits.readyPollMs, ending.signal);
      }
      outage = undefined;
      note('info', 'amqp.resumed', {});
      settle();
    })();
    settle();
    return outage;
  }

  async function settleMessage(consumer: Consumer, message: ConsumeMessage): Promise<void> {
    const about = aboutOf(consumer.queue, message);
    const { account, reading, environment } = await read(consumer.queue, message);
    if (reading.kind === 'unusable') {
      note('warn', 'amqp.unusable', { why: reading.why }, about);
      consumer.nack(message, { again: false });
      return;
    }
    const { redelivered } = message.fields;
    const { pieces } = reading;
    const outcome = await landPieces(o.store, { account, environment, pieces, redelivered });
    if (outcome === 'conflict') {
      note('warn', 'amqp.unusable', { why: 'the same header came with other content' }, about);
      consumer.nack(message, { again: false });
      return;
    }
    consumer.ack(message);
    if (outcome === 'repeated') note('info', 'amqp.repeated', { redelivered }, about);
  }

  async function read(
    queue: string,
    message: ConsumeMessage,
  ): Promise<{
    readonly account: AmqpAccount;
    readonly reading: Reading;
    readonly environment: Arrival['environment'];
  }> {
    const place = names.inboundQueueOf(queue);
    const sender = place && parseSenderNumber(place.sender);
    if (place === undefined || sender === undefined) throw new Failure('gateway.defect', { queue });
    const { properties, fields, content } = message;
    const login = names.loginOfExchange(fields.exchange) ?? optionalText(properties.userId);
    const account = login === undefined ? undefined : await o.logins.accountOf(login);
    const originFault = originFaultOf(sender, login, account);
    const reading = readMessage(
      {
        body: content,
        headers: properties.headers,
        messageId: optionalText(properties.messageId),
        contentType: optionalText(properties.contentType),
        contentEncoding: optionalText(properties.contentEncoding),
      },
      {
        ...{ sender, environment: place.environment, originFault },
        ...{ bodyBytesMax: limits.bodyBytesMax, identifies: o.identifies },
      },
    );
    const own = account?.senderNumber === sender ? account : undefined;
    return {
      account: own ?? { id: nobody, username: '', senderNumber: sender },
      reading,
      environment: place.environment,
    };
  }

  async function opened(model: ChannelModel): Promise<void> {
    consumers.clear();
    await takeDeadLetters(model, { journal: o.journal, ending: ending.signal });
    await openMissing(model);
  }

  async function openMissing(model: ChannelModel): Promise<void> {
    for (const queue of wanted) {
      if (consumers.has(queue) || opening.has(queue) || ending.signal.aborted) continue;
      opening.add(queue);
      try {
        const { prefetch } = limits;
        const consumer = await openConsumer(model, { queue, prefetch, onMessage, onLost: lost });
        consumers.set(queue, consumer);
        if (isTaking()) await consumer.take();
      } finally {
        opening.delete(queue);
      }
    }
  }

  /** As openMissing; what could not be opened is told, and tried again by the next look. */
  async function openAll(model: ChannelModel): Promise<void> {
    try {
      await openMissing(model);
    } catch (error) {
      if (!isEnding()) note('warn', 'amqp.not-consuming', { reason: textOf(error) });
    }
  }

  /** Queues that hold messages while nothing comes of it get a new channel; a deaf broker a new line. */
  async function watch(): Promise<void> {
    const model = connection?.current();
    if (model === undefined) return;
    const before = new Map(served);
    try {
      await within(limits.watchMs, openAll(model));
      if (!isTaking() || held.size > 0) return;
      await watchQueues(before);
    } catch (error) {
      note('warn', 'amqp.broker-deaf', { reason: textOf(error) });
      connection?.renew();
    }
  }

  async function watchQueues(before: ReadonlyMap<string, number>): Promise<void> {
    for (const consumer of [...consumers.values()]) {
      const count = await within(limits.watchMs, consumer.waiting());
      const idle = served.get(consumer.queue) === before.get(consumer.queue);
      if (count > 0 && idle && held.size === 0) lost(consumer.queue, new Error('no deliveries'));
    }
  }

  async function watchOn(): Promise<void> {
    while (!ending.signal.aborted) {
      await rest(limits.watchMs, ending.signal);
      if (!isEnding()) await watch();
    }
  }

  let watching: Promise<void> | undefined;
  return {
    consume(queues) {
      wanted = new Set(queues);
      for (const [queue, consumer] of consumers) {
        if (wanted.has(queue)) continue;
        consumers.delete(queue);
        void consumer.close();
      }
      const model = connection?.current();
      if (model !== undefined) void openAll(model);
    },
    async start() {
      let made = (): void => undefined;
      const first = new Promise<void>((resolve) => {
        made = resolve;
      });
      connection = keepConnected({
        ...{ url: o.url, name: 'sluis inlet', ...(o.ca === undefined ? {} : { ca: o.ca }) },
        async opened(model) {
          await opened(model);
          made();
        },
        failed: (error) => {
          if (!ending.signal.aborted) note('warn', 'amqp.disconnected', { reason: textOf(error) });
        },
      });
      // A broker that is away keeps nobody from starting: other channels do not depend on it.
      await Promise.race([first, rest(limits.connectMs, ending.signal)]);
      watching = watchOn();
      return { ...o.facts, connected: connection.current() !== undefined };
    },
    async stop({ drainMs }) {
      ending.abort();
      settle();
      await within(drainMs, Promise.all(held)).catch((error: unknown) => {
        // What is not acknowledged the broker gives to the next that asks.
        note('info', 'amqp.drain-cut', { held: held.size, reason: failureOf(error).code });
      });
      await connection?.stop();
      await watching;
    },
  };
}

function originFaultOf(
  sender: string,
  login: string | undefined,
  account: AmqpAccount | undefined,
): HeaderFault | undefined {
  if (login === undefined) return fault('108', 'the message has no user-id');
  if (account?.senderNumber === sender) return undefined;
  return fault('108', `'${clipped(login)}' is no login of sender ${sender}`);
}

function aboutOf(
  queue: string,
  { properties, fields }: ConsumeMessage,
): { readonly sender?: string; readonly username?: string; readonly fileName?: string } {
  const sender = names.inboundQueueOf(queue)?.sender;
  const username = names.loginOfExchange(fields.exchange) ?? optionalText(properties.userId);
  const fileName = optionalText(properties.headers?.['FileName']);
  return {
    ...(sender === undefined ? {} : { sender }),
    ...(username === undefined ? {} : { username: clipped(username) }),
    ...(fileName === undefined ? {} : { fileName: clipped(fileName) }),
  };
}

/** How often a quorum queue has handed the message out, this time included. */
/** Whether it is the place to land at that failed, and not the message. */
function isOutage(error: unknown): boolean {
  const { code } = failureOf(error);
  return code === 'storage.unavailable' || code === 'storage.disk-full';
}

function deliveriesOf({ properties }: ConsumeMessage): number {
  const before: unknown = properties.headers?.['x-delivery-count'];
  return (typeof before === 'number' ? before : 0) + 1;
}

/** A property as text; the library hands properties out untyped. */
function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const reasonCharactersMax = 200;

/** What an error of the library says: it names queues and reply codes, never contents. */
function textOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { message } = (cause ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? message.slice(0, reasonCharactersMax) : 'unknown';
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_resolve, reject) => {
        late = setTimeout(() => {
          reject(new Failure('channel.timed-out', { ms }));
        }, ms);
      }),
    ]);
  } finally {
    clearTimeout(late);
  }
}
