import { Failure, failureOf, type Clock } from '../../vocabulary/index.ts';
import type { Inlet } from '../contract.ts';
import type { CircuitBreaker } from './circuit.ts';
import { openPartnerLink, type LinkDeadlines, type PartnerLink } from './partner-link.ts';
import {
  addressOf,
  pullsFrom,
  slotMinutesMax,
  withoutSecrets,
  type PartnerTools,
} from './partners.ts';
import { pullLimits, pullRound, type PullLimits, type RoundCount } from './pull-round.ts';
import type {
  Landing,
  PartnerJournal,
  PartnerRow,
  PartnerStore,
  Run,
  Schedules,
  SecretBox,
} from './ports.ts';

export interface RemoteInletOptions {
  readonly store: PartnerStore;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly journal: PartnerJournal;
  readonly schedules: Schedules;
  readonly landing: Landing;
  readonly circuit: CircuitBreaker;
  readonly deadlines?: Partial<LinkDeadlines>;
  readonly limits?: Partial<PullLimits>;
  /** Partners looked at by this process at one time. */
  readonly roundsMax?: number;
}

/** How a round ended that was asked for by hand. */
export interface RoundReport extends RoundCount {
  /** False when another round of the partner was under way, or its slot was run already. */
  readonly begun: boolean;
  readonly failure?: Failure;
}

export interface RemoteInlet extends Inlet {
  /** Looks which slots are due and runs them; the schedule calls it every minute. */
  tick(): Promise<void>;
  /** One round now. */
  runNow(partner: PartnerRow): Promise<RoundReport>;
}

/**
 * One round at a partner, asked for by hand.
 *
 * @throws Failure `registration.unknown`; `registration.step-refused` when it is suspended, or
 * nothing is fetched from it
 */
export async function pullFromPartner(
  { store }: Pick<PartnerTools, 'store'>,
  inlet: RemoteInlet,
  o: { readonly name: string; readonly signal: AbortSignal },
): Promise<RoundReport> {
  const partner = await store.find(o.name);
  if (partner === undefined) {
    throw new Failure('registration.unknown', { what: 'partner', value: o.name.slice(0, 40) });
  }
  if (!pullsFrom(partner) || partner.state !== 'active') {
    const suspended = partner.state !== 'active';
    const why = suspended ? 'it is suspended' : 'no directory to fetch from is registered';
    throw new Failure('registration.step-refused', { what: 'partner', value: o.name, why });
  }
  const stop = (): void => {
    void inlet.stop({ drainMs: 0 });
  };
  o.signal.addEventListener('abort', stop, { once: true });
  try {
    return await inlet.runNow(partner);
  } finally {
    o.signal.removeEventListener('abort', stop);
  }
}

const roundsMaxUsual = 8;
const partnersMax = 10_000;
const leaseMs = 60_000;

/**
 * Fetches from partners by their schedules. A slot is a row that can be written once: two processes
 * never run one twice, and what nobody ran is made up for by one round as soon as somebody can.
 */
export function sftpRemoteInlet(o: RemoteInletOptions): RemoteInlet {
  const { store, clock, schedules, journal } = o;
  const cut = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  let schedule: { stop(): Promise<void> } | undefined;
  let ticking = false;

  async function tick(): Promise<void> {
    if (ticking || cut.signal.aborted) return;
    ticking = true;
    try {
      const partners = await store.list({ removedToo: false, max: partnersMax });
      const due = partners.filter((one) => one.state === 'active' && pullsFrom(one));
      const waiting = [...due];
      const line = async (): Promise<void> => {
        for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await runDue(one);
      };
      const lines = Array.from({ length: o.roundsMax ?? roundsMaxUsual }, line);
      await Promise.all(lines);
    } finally {
      ticking = false;
    }
  }

  async function runDue(partner: PartnerRow): Promise<void> {
    if (cut.signal.aborted) return;
    const last = await store.runs.lastSlot(partner.id);
    const { activeSince, schedule: expression } = partner;
    const after = last !== undefined && last > activeSince ? last : activeSince;
    const until = clock.now();
    const due = schedules.latestSlot(expression, { after, until, minutesMax: slotMinutesMax });
    if (due === undefined) return;
    const { slot: dueAt, missed } = due;
    await round(partner, { dueAt, missed, trigger: 'schedule' });
  }

  async function round(
    partner: PartnerRow,
    slot: Pick<Run, 'dueAt' | 'missed' | 'trigger'>,
  ): Promise<RoundReport> {
    const count: RoundCount = { files: 0, bytes: 0 };
    const at = clock.now();
    const run = await store.runs.begin({ partner: partner.id, ...slot, at, leaseMs });
    if (run === undefined) return { begun: false, ...count };
    const working = carryOut(partner, run, count);
    underWay.add(working);
    const failure = await working.finally(() => underWay.delete(working));
    const end = { run, at: clock.now(), ...count };
    await store.runs.end(failure === undefined ? end : { ...end, error: failure.code });
    await tell(partner, slot, count, failure);
    return { begun: true, ...count, ...(failure === undefined ? {} : { failure }) };
  }

  async function carryOut(
    partner: PartnerRow,
    run: string,
    count: RoundCount,
  ): Promise<Failure | undefined> {
    const given = new AbortController();
    const stop = (): void => {
      given.abort();
    };
    cut.signal.addEventListener('abort', stop, { once: true });
    const renewal = setInterval(() => {
      // A lease that cannot be renewed is lost: another process may be at it by then.
      store.runs.renew(run, leaseMs).then((held) => {
        if (!held) stop();
      }, stop);
    }, leaseMs / 3);
    let link: PartnerLink | undefined;
    given.signal.addEventListener('abort', () => void link?.close(), { once: true });
    try {
      await o.circuit.admit(partner);
      const { deadlines = {} } = o;
      link = await openPartnerLink(addressOf(o.box, partner), { deadlines, signal: given.signal });
      const tools = { files: store.files, landing: o.landing, clock, journal };
      const limits = { ...pullLimits, ...o.limits };
      await pullRound(
        link,
        { ...tools, limits },
        { partner: withoutSecrets(partner), count, signal: given.signal },
      );
      await o.circuit.worked(partner);
      return undefined;
    } catch (error) {
      const failure = failureOf(error);
      if (!given.signal.aborted) await o.circuit.failed(partner, failure);
      return failure;
    } finally {
      clearInterval(renewal);
      cut.signal.removeEventListener('abort', stop);
      await link?.close();
    }
  }

  async function tell(
    { name }: PartnerRow,
    { missed, trigger }: Pick<Run, 'missed' | 'trigger'>,
    { files, bytes }: RoundCount,
    failure: Failure | undefined,
  ): Promise<void> {
    const facts = { partner: name, trigger, missed, files, bytes };
    if (failure !== undefined) {
      const reason = failure.code;
      const event = { level: 'warn', code: 'partner.round-failed' } as const;
      await journal.record({
        ...event,
        facts: { ...facts, ...failure.facts, partner: name, reason },
      });
    } else if (files > 0 || missed > 0) {
      await journal.record({ level: 'info', code: 'partner.round-done', facts });
    }
  }

  const safely = (): void => {
    const ticked = tick().catch(async (error: unknown) => {
      const facts = { partner: '*', reason: failureOf(error).code };
      // A database that is gone takes no line either, as the log has been told: the next minute tries again.
      await journal
        .record({ level: 'error', code: 'partner.schedule-stumbled', facts })
        .catch(() => undefined);
    });
    underWay.add(ticked);
    void ticked.finally(() => underWay.delete(ticked));
  };

  return {
    tick,
    runNow: (partner) => round(partner, { dueAt: clock.now(), missed: 0, trigger: 'hand' }),
    async start() {
      const partners = await store.list({ removedToo: false, max: partnersMax });
      schedule = schedules.everyMinute(safely);
      safely();
      return { partners: partners.map(({ name }) => name) };
    },
    async stop({ drainMs }) {
      await schedule?.stop();
      const ended = Promise.all(underWay);
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        ended,
        new Promise((resolve) => {
          timer = setTimeout(resolve, drainMs);
        }),
      ]);
      clearTimeout(timer);
      cut.abort();
      await ended;
    },
  };
}
