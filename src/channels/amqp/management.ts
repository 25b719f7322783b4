import { Failure } from '../../vocabulary/index.ts';

/** A queue as the management API shows it. */
export interface QueueFacts {
  readonly name: string;
  /** Ready and handed out together; some seconds old. */
  readonly messages: number;
}

/** The broker's management API, as far as sluis uses it. Every call throws `channel.*`. */
export interface Management {
  ensureVhost(): Promise<void>;
  exchanges(): Promise<readonly string[]>;
  queues(): Promise<readonly QueueFacts[]>;
  ensureExchange(name: string, type: 'direct' | 'topic' | 'fanout'): Promise<void>;
  /** A quorum queue; what limits it is a policy, so that limits can change. */
  ensureQueue(name: string): Promise<void>;
  bind(exchange: string, queue: string, routingKey: string): Promise<void>;
  removeExchange(name: string): Promise<void>;
  removeQueue(name: string): Promise<void>;
  ensurePolicy(name: string, policy: Policy): Promise<void>;
  /** Cuts every connection of a login, in any virtual host; none is no error. */
  closeConnections(username: string): Promise<void>;
  /** Names of the users that hold connections, some seconds old. */
  connectedUsers(): Promise<readonly string[]>;
  /** Version of the broker. */
  version(): Promise<string>;
  /** The plugins that run; empty in the first seconds of a broker. */
  plugins(): Promise<readonly string[]>;
}

export interface Policy {
  readonly pattern: string;
  readonly definition: Readonly<Record<string, string | number>>;
}

export interface ManagementOptions {
  /** `http://USER:PASSWORD@HOST:15672` */
  readonly url: string;
  readonly vhost: string;
}

const askMs = 10_000;
const answerCharactersMax = 300;

export function openManagement(o: ManagementOptions): Management {
  const address = new URL(o.url);
  const { username, password } = address;
  const key = [username, password].map(decodeURIComponent).join(':');
  const authorization = `Basic ${Buffer.from(key).toString('base64')}`;
  const root = `${address.protocol}//${address.host}${address.pathname.replace(/\/$/, '')}/api`;
  const v = encodeURIComponent(o.vhost);

  async function ask(
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<unknown> {
    const answer = await reach(`${root}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(askMs),
    });
    const text = await answer.text();
    if (answer.ok) return text === '' ? undefined : (JSON.parse(text) as unknown);
    if (method === 'DELETE' && answer.status === 404) return undefined;
    throw new Failure('channel.refused', {
      what: `${method} ${path}`,
      status: answer.status,
      said: text.slice(0, answerCharactersMax),
    });
  }

  const named = (kind: string, name: string): string => `/${kind}/${v}/${encodeURIComponent(name)}`;
  return {
    async ensureVhost() {
      await ask('PUT', `/vhosts/${v}`, {});
      const all = { configure: '.*', write: '.*', read: '.*' };
      await ask('PUT', `/permissions/${v}/${username}`, all);
    },
    async exchanges() {
      const list = await ask('GET', `/exchanges/${v}?disable_stats=true`);
      return (list as { readonly name: string }[]).map(({ name }) => name);
    },
    async queues() {
      const query = 'disable_stats=true&enable_queue_totals=true';
      const list = await ask('GET', `/queues/${v}?${query}`);
      return (list as { readonly name: string; readonly messages?: number }[]).map(
        ({ name, messages = 0 }) => ({ name, messages }),
      );
    },
    async ensureExchange(name, type) {
      await ask('PUT', named('exchanges', name), { type, durable: true });
    },
    async ensureQueue(name) {
      const options = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
      await ask('PUT', named('queues', name), options);
    },
    async bind(exchange, queue, routingKey) {
      const path = `/bindings/${v}/e/${encodeURIComponent(exchange)}/q/${encodeURIComponent(queue)}`;
      await ask('POST', path, { routing_key: routingKey });
    },
    async removeExchange(name) {
      await ask('DELETE', named('exchanges', name));
    },
    async removeQueue(name) {
      await ask('DELETE', named('queues', name));
    },
    async ensurePolicy(name, { pattern, definition }) {
      await ask('PUT', named('policies', name), { pattern, definition, 'apply-to': 'queues' });
    },
    async closeConnections(login) {
      await ask('DELETE', `/connections/username/${encodeURIComponent(login)}`);
    },
    async connectedUsers() {
      const list = await ask('GET', `/vhosts/${v}/connections?columns=user`);
      const users = (list as { readonly user?: string }[]).flatMap(({ user }) => user ?? []);
      return [...new Set(users)];
    },
    async version() {
      const { rabbitmq_version: version } = (await ask('GET', '/overview')) as {
        readonly rabbitmq_version: string;
      };
      return version;
    },
    async plugins() {
      const nodes = (await ask('GET', '/nodes')) as {
        readonly applications?: readonly { readonly name: string }[];
      }[];
      return nodes.flatMap(({ applications = [] }) => applications.map(({ name }) => name));
    },
  };
}

async function reach(url: string, o: RequestInit): Promise<Response> {
  try {
    return await fetch(url, o);
  } catch (error) {
    const { host } = new URL(url);
    throw new Failure('channel.unreachable', { host, what: 'management API' }, error);
  }
}
