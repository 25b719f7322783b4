import type { AddressFacts, Inlet } from '../contract.ts';
import type { ChannelJournal } from '../ports.ts';
import { rest } from './connection.ts';
import type { AmqpInlet } from './inlet.ts';
import type { Management } from './management.ts';
import { inboundQueueOf } from './names.ts';
import type { AmqpSender } from './ports.ts';
import {
  ensureCommon,
  reconcile,
  wantedTopology,
  type TopologyLimits,
  type Unwanted,
} from './topology.ts';

export interface ProvisionedInletOptions {
  readonly inlet: AmqpInlet;
  readonly broker: Management;
  readonly limits: TopologyLimits;
  /** Senders that AMQP is switched on for. */
  readonly senders: () => Promise<readonly AmqpSender[]>;
  readonly journal: ChannelJournal;
  readonly failed: (error: unknown) => void;
  readonly everyMs?: number;
  readonly emptyMs?: number;
}

export interface ProvisionedInlet extends Inlet {
  /** Looks at once whether queues have to be made or removed. */
  wake(): void;
}

const everyMsDefault = 10_000;

/**
 * The inlet with what it takes from: exchanges and queues are made before anything is taken, and
 * brought into line with the register again and again, since brokers lose and regain their data too.
 */
export function provisionedInlet(o: ProvisionedInletOptions): ProvisionedInlet {
  const { inlet, broker, everyMs = everyMsDefault } = o;
  const ending = new AbortController();
  const unwanted: Unwanted = new Map();
  const isEnding = (): boolean => ending.signal.aborted;
  let woken = new AbortController();
  let running: Promise<void> | undefined;

  async function provision(): Promise<void> {
    try {
      const wanted = wantedTopology(await o.senders());
      await ensureCommon(broker, o.limits);
      const emptyMs = o.emptyMs === undefined ? {} : { emptyMs: o.emptyMs };
      await reconcile(broker, wanted, { unwanted, nowMs: performance.now(), ...emptyMs });
      // What is no longer wanted is still taken from until it is empty and goes.
      const there = (await broker.queues()).map(({ name }) => name);
      inlet.consume(there.filter((name) => inboundQueueOf(name) !== undefined));
    } catch (error) {
      if (!ending.signal.aborted) o.failed(error);
    }
  }

  async function goOn(): Promise<void> {
    while (!ending.signal.aborted) {
      await rest(everyMs, AbortSignal.any([woken.signal, ending.signal]));
      woken = new AbortController();
      if (!isEnding()) await provision();
    }
  }

  return {
    wake() {
      woken.abort();
    },
    async start(): Promise<AddressFacts> {
      await provision();
      const facts = await inlet.start();
      running = goOn();
      return facts;
    },
    async stop(drain) {
      ending.abort();
      await running;
      await inlet.stop(drain);
    },
  };
}
