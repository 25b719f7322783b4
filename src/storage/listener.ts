import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { storageFailure } from './storage-failure.ts';

/** Gets the payload of a NOTIFY; an empty text after notices may have been missed. */
export type OnNotice = (payload: string) => void;

export interface Listening {
  stop(): Promise<void>;
}

/** One connection that listens on any number of channels and comes back when it is lost. */
export interface Listener {
  listen(channel: string, onNotice: OnNotice): Promise<Listening>;
  close(): Promise<void>;
}

const pausesMs = [50, 200, 1000, 5000] as const;

export function openListener(connect: () => Promise<pg.ClientConfig>): Listener {
  const wanted = new Map<string, Set<OnNotice>>();
  const closing = new AbortController();
  let current: Promise<pg.Client> | undefined;

  const open = async (): Promise<pg.Client> => {
    const client = new pg.Client(await connect());
    client.on('notification', ({ channel, payload }) => {
      for (const onNotice of wanted.get(channel) ?? []) onNotice(payload ?? '');
    });
    // A connection that breaks reports an error and then its end; the end is what we act on.
    client.on('error', () => undefined);
    await client.connect();
    client.once('end', () => {
      if (!closing.signal.aborted) current = reopen();
    });
    for (const channel of wanted.keys()) await client.query(listenTo(client, channel));
    return client;
  };

  const reopen = async (): Promise<pg.Client> => {
    for (let attempt = 0; ; attempt += 1) {
      await pause(pausesMs[Math.min(attempt, pausesMs.length - 1)], undefined, {
        signal: closing.signal,
        ref: false,
      });
      try {
        const client = await open();
        for (const callbacks of wanted.values()) for (const onNotice of callbacks) onNotice('');
        return client;
      } catch (error) {
        // As long as nobody closes us the database may come back.
        if (closing.signal.aborted) throw error;
      }
    }
  };

  const connected = (): Promise<pg.Client> => {
    current ??= open();
    // A rejected attempt is seen by whoever awaits it here; the promise itself must not go unheard.
    current.catch(() => undefined);
    return current;
  };

  return {
    listen: async (channel, onNotice) => {
      try {
        const client = await connected();
        const callbacks = wanted.get(channel) ?? new Set();
        wanted.set(channel, callbacks.add(onNotice));
        await client.query(listenTo(client, channel));
        return {
          stop: async () => {
            callbacks.delete(onNotice);
            if (callbacks.size > 0) return;
            wanted.delete(channel);
            const now = await current?.catch(() => undefined);
            await now?.query(`unlisten ${now.escapeIdentifier(channel)}`).catch(() => undefined);
          },
        };
      } catch (thrown) {
        throw storageFailure(thrown);
      }
    },
    close: async () => {
      closing.abort();
      const client = await current?.catch(() => undefined);
      await client?.end();
    },
  };
}

function listenTo(client: pg.Client, channel: string): string {
  return `listen ${client.escapeIdentifier(channel)}`;
}
