import { Failure, failures, type Clock } from '../../vocabulary/index.ts';
import type { CircuitStore, Partner, PartnerJournal } from './ports.ts';

export interface CircuitLimits {
  /** Failures in a row that open it. */
  readonly failuresMax: number;
  /** The partner is left alone so long, then one attempt is made. */
  readonly openMs: number;
  /** A process that tries holds the others off so long. */
  readonly probeMs: number;
}

export const circuitLimits: CircuitLimits = {
  failuresMax: 5,
  openMs: 5 * 60_000,
  probeMs: 2 * 60_000,
};

/** Leaves a partner alone that failed again and again. Shared by all processes, in the database. */
export interface CircuitBreaker {
  /**
   * Asked before a partner is called.
   *
   * @throws Failure `channel.circuit-open` while the partner is left alone
   */
  admit(partner: Named): Promise<void>;
  /** The partner did what was asked of it: the circuit closes. */
  worked(partner: Named): Promise<void>;
  /** Only what the partner is to blame for counts. */
  failed(partner: Named, failure: Failure): Promise<void>;
}

type Named = Pick<Partner, 'id' | 'name'>;

export function circuitBreaker(o: {
  readonly store: CircuitStore;
  readonly clock: Clock;
  readonly journal: PartnerJournal;
  readonly limits?: Partial<CircuitLimits>;
}): CircuitBreaker {
  const { store, clock, journal } = o;
  const limits = { ...circuitLimits, ...o.limits };
  /** Partners whose circuit this process knows to be troubled: success is told for those alone. */
  const troubled = new Set<string>();
  const later = (ms: number): Date => new Date(clock.now().getTime() + ms);
  return {
    async admit({ id, name }) {
      const { failures: count, openUntil, reason = '' } = await store.of(id);
      if (count > 0) troubled.add(id);
      if (openUntil === undefined) return;
      const at = clock.now();
      const probe = openUntil <= at && { partner: id, at, until: later(limits.probeMs) };
      if (probe !== false && (await store.probe(probe))) {
        await journal.record({ level: 'info', code: 'partner.probed', facts: { partner: name } });
        return;
      }
      const until = openUntil.toISOString();
      throw new Failure('channel.circuit-open', { partner: name, until, reason });
    },
    async worked({ id, name }) {
      if (!troubled.delete(id)) return;
      if (!(await store.healed(id))) return;
      const facts = { partner: name };
      await journal.record({ level: 'info', code: 'partner.circuit-closed', facts });
    },
    async failed({ id, name }, failure) {
      if (failures[failure.code].blame !== 'partner') return;
      if (failure.code === 'channel.circuit-open') return;
      troubled.add(id);
      const { failuresMax, openMs } = limits;
      const reason = failure.code;
      const openUntil = later(openMs);
      const after = await store.failed({ partner: id, failuresMax, openUntil, reason });
      if (after.openUntil === undefined) return;
      const facts = { partner: name, failures: after.failures, reason };
      const until = after.openUntil.toISOString();
      await journal.record({
        ...{ level: 'warn', code: 'partner.circuit-opened', facts: { ...facts, until } },
      });
    },
  };
}
