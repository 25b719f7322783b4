import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import amqp, { type ChannelModel } from 'amqplib';

/** A connection to the broker that comes back by itself. */
export interface BrokerConnection {
  /** The connection of this moment; undefined while there is none. */
  current(): ChannelModel | undefined;
  /** Breaks the present connection, so that everything is set up anew. */
  renew(): void;
  stop(): Promise<void>;
}

export interface BrokerConnectionOptions {
  readonly url: string;
  /** As the broker's list of connections shows it. */
  readonly name: string;
  /** Certificates to trust, PEM; the system's otherwise. */
  readonly ca?: string;
  /** Called with every new connection; when it throws, the connection is given up. */
  readonly opened: (model: ChannelModel) => Promise<void>;
  /** Told once for every connection that was lost or could not be made. */
  readonly failed: (error: unknown) => void;
  /** From 0 up to, not including, 1. */
  readonly random?: () => number;
}

const connectMs = 10_000;
const closeMs = 5_000;
const heartbeatSeconds = 15;
const pauseMsMin = 200;
const pauseMsMax = 10_000;

/** Twice as long after every failure, with a random half: many gateways do not come back at once. */
export function reconnectPause(failures: number, random: () => number): number {
  const full = Math.min(pauseMsMin * 2 ** Math.max(failures - 1, 0), pauseMsMax);
  return Math.round(full * (0.5 + random() / 2));
}

/** Connects, and connects again whenever the connection is lost, until it is stopped. */
export function keepConnected(o: BrokerConnectionOptions): BrokerConnection {
  const { random = Math.random } = o;
  const ending = new AbortController();
  const isEnding = (): boolean => ending.signal.aborted;
  let model: ChannelModel | undefined;

  async function holdOne(connected: () => void): Promise<void> {
    const opened = await connect(o);
    let reason: unknown;
    const closed = new Promise<void>((resolve) => {
      opened.once('close', () => {
        resolve();
      });
    });
    // Without a listener the library would end the process.
    opened.on('error', (error) => {
      reason = error;
    });
    opened.on('handler-error', (error) => {
      reason = error;
    });
    try {
      await o.opened(opened);
    } catch (error) {
      await closeQuietly(opened);
      throw error;
    }
    if (ending.signal.aborted) return closeQuietly(opened);
    model = opened;
    connected();
    await closed;
    model = undefined;
    if (!isEnding()) throw new Error('the connection was lost', { cause: reason });
  }

  async function hold(): Promise<void> {
    let failures = 0;
    while (!ending.signal.aborted) {
      try {
        await holdOne(() => {
          failures = 0;
        });
      } catch (error) {
        failures += 1;
        o.failed(error);
        await rest(reconnectPause(failures, random), ending.signal);
      }
    }
  }

  const ended = hold();
  return {
    current: () => model,
    renew() {
      if (model !== undefined) void closeQuietly(model);
    },
    async stop() {
      ending.abort();
      if (model !== undefined) await closeQuietly(model);
      await ended;
    },
  };
}

async function connect({ url, name, ca }: BrokerConnectionOptions): Promise<ChannelModel> {
  const address = new URL(url);
  address.searchParams.set('heartbeat', String(heartbeatSeconds));
  return amqp.connect(address.href, {
    timeout: connectMs,
    noDelay: true,
    clientProperties: { connection_name: name },
    // Needed for SNI, without which TLS proxies do not know whom to show.
    servername: address.hostname,
    ...(ca === undefined ? {} : { ca }),
  });
}

/** Says goodbye; a broker that does not answer is left without. */
async function closeQuietly(model: ChannelModel): Promise<void> {
  const late = setTimeout(() => {
    socketOf(model)?.destroy(new Error('the broker did not answer the goodbye'));
  }, closeMs);
  const gone = new Promise<void>((resolve) => {
    model.once('close', () => {
      resolve();
    });
  });
  try {
    await Promise.race([model.close(), gone]);
  } catch {
    // It was closed already, which is what was wanted.
  } finally {
    clearTimeout(late);
  }
}

/** The library waits for the broker's answer alone, and tells of its socket in no type. */
function socketOf({ connection }: ChannelModel): Socket | undefined {
  return (connection as { readonly stream?: Socket }).stream;
}

/** A pause that ends early, without an error, when the signal says so. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal });
  } catch {
    // Only the signal ends it early, and whoever rests asks the signal next.
  }
}
