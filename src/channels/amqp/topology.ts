import type { Management, Policy } from './management.ts';
import * as names from './names.ts';
import type { AmqpSender } from './ports.ts';

export interface TopologyLimits {
  /** Bytes one queue of a sender may hold; publishers are told beyond it. */
  readonly queueBytesMax: number;
  /** Attempts to land one message. */
  readonly deliveriesMax: number;
  /** Events nobody fetches are forgotten after this. */
  readonly eventsKeptMs: number;
  readonly eventBytesMax: number;
}

export const topologyLimits: TopologyLimits = {
  queueBytesMax: 1024 ** 3,
  deliveriesMax: 20,
  eventsKeptMs: 7 * 86_400_000,
  eventBytesMax: 16 * 1024 ** 2,
};

/** What there should be for the senders that AMQP is switched on for. */
export interface WantedTopology {
  /** Direct exchanges, with their queues by routing key. */
  readonly exchanges: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly queues: readonly string[];
}

export function wantedTopology(senders: readonly AmqpSender[]): WantedTopology {
  const exchanges = new Map<string, ReadonlyMap<string, string>>();
  const queues: string[] = [];
  for (const { sender, environments, logins } of senders) {
    const inbound = new Map(
      environments.map((environment) => [
        names.environmentWords[environment],
        names.inboundQueue(sender, environment),
      ]),
    );
    exchanges.set(names.inboundExchange(sender), inbound);
    for (const login of logins) exchanges.set(names.loginExchange(login), inbound);
    const outbound = environments.map((one) => names.outboundQueue(sender, one));
    queues.push(...inbound.values(), ...outbound, names.eventsQueue(sender));
  }
  return { exchanges, queues };
}

/** The virtual host, what all senders share, and the limits. Repeating it changes nothing. */
export async function ensureCommon(broker: Management, limits: TopologyLimits): Promise<void> {
  await broker.ensureVhost();
  await broker.ensureExchange(names.deadName, 'fanout');
  await broker.ensureExchange(names.eventsExchange, 'topic');
  for (const [name, policy] of policiesOf(limits)) await broker.ensurePolicy(name, policy);
  for (const name of [names.deadName, names.quarantineName]) await broker.ensureQueue(name);
  await broker.bind(names.deadName, names.deadName, '');
}

function policiesOf(limits: TopologyLimits): readonly (readonly [string, Policy])[] {
  const { queueBytesMax, deliveriesMax, eventsKeptMs, eventBytesMax } = limits;
  // A full queue tells its publisher; it never drops what it confirmed.
  const bounded = { 'max-length-bytes': queueBytesMax, overflow: 'reject-publish' };
  const dying = {
    'dead-letter-exchange': names.deadName,
    'dead-letter-strategy': 'at-least-once',
    'delivery-limit': deliveriesMax,
  };
  const forgetting = {
    'max-length-bytes': eventBytesMax,
    overflow: 'drop-head',
    'message-ttl': eventsKeptMs,
  };
  return [
    ['sluis-in', { pattern: '^in\\.', definition: { ...bounded, ...dying } }],
    ['sluis-out', { pattern: '^out\\.', definition: { ...bounded, ...dying } }],
    ['sluis-events', { pattern: '^events\\.', definition: forgetting }],
    ['sluis-quarantine', { pattern: '^sluis\\.quarantine$', definition: bounded }],
  ];
}

/** What reconciling remembers from one run to the next: since when a queue is of no use. */
export type Unwanted = Map<string, number>;

/** A queue stays for so long after its exchange went: its totals are some seconds old. */
const emptyMsMin = 15_000;

/**
 * Makes what is missing and removes what is no longer wanted. An exchange goes at once, so that
 * nobody sends any more; a queue goes when it has been seen empty, so that answers are not lost.
 */
export async function reconcile(
  broker: Management,
  wanted: WantedTopology,
  o: { readonly unwanted: Unwanted; readonly nowMs: number; readonly emptyMs?: number },
): Promise<void> {
  const { unwanted, nowMs, emptyMs = emptyMsMin } = o;
  const [exchanges, queues] = [await broker.exchanges(), await broker.queues()];
  const there = new Set([...exchanges, ...queues.map(({ name }) => name)]);
  const ownExchanges = exchanges.filter((name) => names.ownNames.test(name));
  for (const name of ownExchanges) {
    if (!wanted.exchanges.has(name)) await broker.removeExchange(name);
  }
  const wantedQueues = new Set(wanted.queues);
  for (const name of wantedQueues) {
    unwanted.delete(name);
    if (there.has(name)) continue;
    await broker.ensureQueue(name);
    const sender = /^events\.(\d{6})$/.exec(name)?.[1];
    if (sender !== undefined) await broker.bind(names.eventsExchange, name, `${sender}.#`);
  }
  for (const [name, bindings] of wanted.exchanges) await ensureBound(broker, name, bindings, there);
  for (const { name, messages } of queues) {
    if (wantedQueues.has(name) || !names.ownNames.test(name)) continue;
    const since = unwanted.get(name) ?? nowMs;
    unwanted.set(name, since);
    if (messages > 0 || nowMs - since < emptyMs) continue;
    await broker.removeQueue(name);
    unwanted.delete(name);
  }
}

/** An exchange that is there is bound as wanted, unless one of its queues was only now made. */
async function ensureBound(
  broker: Management,
  name: string,
  bindings: ReadonlyMap<string, string>,
  there: ReadonlySet<string>,
): Promise<void> {
  const isNew = !there.has(name);
  if (isNew) await broker.ensureExchange(name, 'direct');
  for (const [routingKey, queue] of bindings) {
    if (isNew || !there.has(queue)) await broker.bind(name, queue, routingKey);
  }
}
