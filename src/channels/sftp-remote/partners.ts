import { randomUUID } from 'node:crypto';
import { Failure, type Clock } from '../../vocabulary/index.ts';
import { partnerValues, type PartnerWish } from './partner-values.ts';
import type {
  Partner,
  PartnerAddress,
  PartnerJournal,
  PartnerRow,
  PartnerSecrets,
  PartnerState,
  PartnerStore,
  Run,
  Schedules,
  SecretBox,
} from './ports.ts';

/** Who acts, for the journal. */
export interface PartnerAct {
  readonly name: string;
  readonly by: string;
}

export interface PartnerView {
  readonly partner: Partner;
  /** Newest first. */
  readonly runs: readonly Run[];
  /** Of the schedule, from now on; absent for a partner that is not active or not fetched from. */
  readonly nextRun?: Date;
  /** Slots up to now that no process has run: caught up by the next that starts. */
  readonly missed: number;
}

/** The register of partners. */
export interface Partners {
  /**
   * @throws Failure `registration.invalid`, `registration.exists` when the name, or one of the
   * numbers it is brought files for, is another partner's
   */
  add(wish: PartnerWish & { readonly by: string }): Promise<Partner>;
  list(o?: { readonly removedToo?: boolean }): Promise<readonly Partner[]>;
  /** @throws Failure `registration.unknown` */
  show(name: string): Promise<PartnerView>;
  /** Nothing is fetched or brought until it is resumed. */
  suspend(o: PartnerAct): Promise<void>;
  resume(o: PartnerAct): Promise<void>;
  /** For good: its secrets are forgotten, its numbers are free for another partner. */
  remove(o: PartnerAct): Promise<void>;
  /** What a connection is made with. @throws Failure `registration.unknown` */
  addressOf(name: string): Promise<PartnerAddress & { readonly partner: Partner }>;
}

export interface PartnerTools {
  readonly store: PartnerStore;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly journal: PartnerJournal;
  readonly schedules: Pick<Schedules, 'isSchedule' | 'latestSlot' | 'nextSlot'>;
}

const partnersMax = 10_000;
const runsShown = 20;
/** Slots further back than a day are not counted and not caught up. */
export const slotMinutesMax = 24 * 60;
const nextMinutesMax = 8 * 24 * 60;

export function openPartners(tools: PartnerTools): Partners {
  const { store } = tools;
  return {
    add: (wish) => add(tools, wish),
    async list({ removedToo = false } = {}) {
      return (await store.list({ removedToo, max: partnersMax })).map(withoutSecrets);
    },
    show: (name) => show(tools, name),
    suspend: (o) => changeState(tools, o, ['active'], 'suspended'),
    resume: (o) => changeState(tools, o, ['suspended'], 'active'),
    remove: (o) => changeState(tools, o, ['active', 'suspended'], 'removed'),
    async addressOf(name) {
      const row = await find(tools, name);
      return { ...addressOf(tools.box, row), partner: withoutSecrets(row) };
    },
  };
}

async function add(
  { store, box, clock, journal, schedules }: PartnerTools,
  { by, ...wish }: PartnerWish & { readonly by: string },
): Promise<Partner> {
  const values = partnerValues(wish, (text) => schedules.isSchedule(text));
  const { password, privateKey } = wish;
  const now = clock.now();
  const row = {
    ...values,
    id: randomUUID(),
    state: 'active' as const,
    ...{ createdAt: now, activeSince: now },
    hasPassword: password !== undefined,
    hasKey: privateKey !== undefined,
    secretsSealed: box.seal(Buffer.from(JSON.stringify({ password, privateKey }))),
  };
  if (!(await store.insert(row))) {
    throw new Failure('registration.exists', {
      what: 'partner, or one of its numbers',
      value: row.name,
    });
  }
  const facts = { partner: row.name, by, host: row.host, port: row.port };
  await journal.record({ level: 'info', code: 'partner.added', facts });
  return withoutSecrets({ ...row, circuit: { failures: 0 } });
}

async function find({ store }: PartnerTools, name: string): Promise<PartnerRow> {
  const row = await store.find(name);
  if (row !== undefined) return row;
  throw new Failure('registration.unknown', { what: 'partner', value: name.slice(0, 40) });
}

async function show(tools: PartnerTools, name: string): Promise<PartnerView> {
  const { store, clock, schedules } = tools;
  const partner = withoutSecrets(await find(tools, name));
  const runs = await store.runs.of(partner.id, runsShown);
  if (partner.state !== 'active' || !pullsFrom(partner)) return { partner, runs, missed: 0 };
  const now = clock.now();
  const last = (await store.runs.lastSlot(partner.id)) ?? partner.activeSince;
  const after = last > partner.activeSince ? last : partner.activeSince;
  const due = schedules.latestSlot(partner.schedule, {
    ...{ after, until: now, minutesMax: slotMinutesMax },
  });
  const next = schedules.nextSlot(partner.schedule, { after: now, minutesMax: nextMinutesMax });
  const missed = due === undefined ? 0 : due.missed + 1;
  return { partner, runs, missed, ...(next === undefined ? {} : { nextRun: next }) };
}

/** Whether it is looked for files there at all. */
export function pullsFrom({ pull }: Pick<Partner, 'pull'>): boolean {
  return Object.keys(pull).length > 0;
}

const acts = {
  active: 'partner.resumed',
  suspended: 'partner.suspended',
  removed: 'partner.removed',
} as const satisfies Record<PartnerState, string>;

async function changeState(
  tools: PartnerTools,
  { name, by }: PartnerAct,
  from: readonly PartnerState[],
  to: PartnerState,
): Promise<void> {
  const { id, state } = await find(tools, name);
  const changed = await tools.store.changeState({ id, from, to, at: tools.clock.now() });
  if (!changed) {
    throw new Failure('registration.step-refused', { what: 'partner', value: name, state });
  }
  await tools.journal.record({ level: 'info', code: acts[to], facts: { partner: name, by } });
}

/** The address with its secrets opened. */
export function addressOf(box: SecretBox, row: PartnerRow): PartnerAddress {
  const { host, port, username, hostKeys } = row;
  const secrets = JSON.parse(box.open(row.secretsSealed).toString('utf8')) as PartnerSecrets;
  return { host, port, username, hostKeys, ...secrets };
}

export function withoutSecrets(row: PartnerRow): Partner {
  return Object.fromEntries(
    Object.entries(row).filter(([field]) => field !== 'secretsSealed'),
  ) as unknown as Partner;
}
