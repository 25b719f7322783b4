import { Failure, formatQuarter } from '../vocabulary/index.ts';
import type { Clock, EnterpriseNumber } from '../vocabulary/index.ts';
import { importMandates } from './mandate-import.ts';
import { addTo, afterKey } from './mandate-row.ts';
import { enterpriseIn, mandateIn, objectIn, quarterIn } from './mandate-wish.ts';
import type { MandateWish } from './mandate-wish.ts';
import type {
  MandateImport,
  MandateImportRecord,
  MandateLookUp,
  MandateParties,
  MandateQuestion,
  MandateRecord,
  MandateStore,
  RoutingJournal,
} from './ports.ts';

/** Who may declare for whom. One mandatary at a time per mandator and object; never deleted. */
export interface MandateBook extends MandateLookUp {
  /**
   * The same mandate again is `already`. A mandator nobody knows is registered by its number.
   *
   * @throws Failure `registration.invalid`, `registration.unknown` for the mandatary,
   *   `registration.exists` when it overlaps another mandate for the object
   */
  add(
    wish: MandateWish & { readonly by: string },
  ): Promise<{ readonly outcome: 'added' | 'already'; readonly mandate: MandateRecord }>;
  /**
   * Adds every line of a CSV text with the header `mandator,mandatary,object,from,to` (`;` does as
   * well), a thousand in a transaction. A line that cannot be added is told with its reason and
   * keeps none of the others back; the whole list may be given again.
   *
   * @throws Failure `registration.invalid` for a wrong header or more than a million lines
   */
  importCsv(
    bytes: AsyncIterable<Uint8Array | string>,
    o: { readonly by: string },
  ): Promise<MandateImport>;
  /** What became of the lists given, newest first; continues behind the one named. */
  imports(o: {
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly MandateImportRecord[]>;
  /** @throws Failure `registration.unknown` */
  importNamed(id: string): Promise<MandateImportRecord>;
  /** In the order of mandator, object and first quarter; `after` is the `key` of a line. */
  list(o: {
    readonly mandator?: string;
    readonly mandatary?: string;
    readonly object?: string;
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly (MandateRecord & { readonly key: string })[]>;
  /**
   * Makes `to` the last quarter of the mandate that covers it.
   *
   * @throws Failure `registration.unknown` when none covers it, `registration.invalid`
   */
  end(wish: Omit<MandateWish, 'from' | 'to'> & { to: string; by: string }): Promise<MandateRecord>;
  /** The pairs with a mandate in force, as `${mandator}/${quarter}`; at most 10,000 pairs. */
  covering(question: MandateQuestion): Promise<ReadonlySet<string>>;
}

export interface MandatesOptions {
  readonly store: MandateStore;
  readonly clock: Clock;
  readonly journal: RoutingJournal;
  readonly enterprises: MandateParties;
}

export const pairsMax = 10_000;

export function openMandates(options: MandatesOptions): MandateBook {
  const { store } = options;
  return {
    add: (wish) => add(wish, options),
    importCsv: (bytes, { by }) => importMandates(bytes, { ...options, by }),
    imports: (page) => store.imports(page),
    async importNamed(id) {
      const found = await store.import(id);
      if (found === undefined) throw new Failure('registration.unknown', { what: 'import' });
      return found;
    },
    async list({ mandator, mandatary, object, after, max }) {
      const records = await store.list({
        ...(mandator === undefined ? {} : { mandator: enterpriseIn(mandator, 'mandator') }),
        ...(mandatary === undefined ? {} : { mandatary: enterpriseIn(mandatary, 'mandatary') }),
        ...(object === undefined ? {} : { object: objectIn(object) }),
        ...(after === undefined ? {} : { after: afterKey(after) }),
        max,
      });
      return records.map((one) => ({ ...one, key: `${one.mandator}/${one.object}/${one.from}` }));
    },
    end: (wish) => end(wish, options),
    standing: (question) => store.standing(bounded(question)),
    async covering(question) {
      const standing = await store.standing(bounded(question));
      return new Set([...standing].flatMap(([key, one]) => (one === 'active' ? [key] : [])));
    },
  };
}

async function add(
  wish: MandateWish & { readonly by: string },
  { store, clock, journal, enterprises }: MandatesOptions,
): ReturnType<MandateBook['add']> {
  const mandate: MandateRecord = { ...mandateIn(wish), addedAt: clock.now() };
  await requireKnown(mandate.mandatary, enterprises);
  await enterprises.registerNumbers({ numbers: [mandate.mandator], by: wish.by });
  const verdict = await store.write(async (writing) => {
    const present = await writing.of([mandate]);
    const judged = addTo(present, mandate);
    if (judged.outcome === 'added') await writing.insert([mandate]);
    return judged;
  });
  if (verdict.outcome === 'refused') {
    throw new Failure('registration.exists', { what: 'mandate', why: verdict.reason });
  }
  if (verdict.outcome === 'added') {
    const facts = { operator: wish.by, ...factsOf(mandate) };
    await journal.record({ level: 'info', code: 'routing.mandate-added', facts });
  }
  return { outcome: verdict.outcome, mandate: verdict.mandate };
}

async function requireKnown(number: EnterpriseNumber, enterprises: MandateParties): Promise<void> {
  if ((await enterprises.known([number])).has(number)) return;
  throw new Failure('registration.unknown', { what: 'mandatary', enterprise: number });
}

async function end(
  wish: Parameters<MandateBook['end']>[0],
  { store, journal }: MandatesOptions,
): Promise<MandateRecord> {
  const mandator = enterpriseIn(wish.mandator, 'mandator');
  const mandatary = enterpriseIn(wish.mandatary, 'mandatary');
  const object = objectIn(wish.object);
  const to = quarterIn(wish.to, 'to');
  const ended = await store.write(async (writing) => {
    const mandates = await writing.of([{ mandator, object }]);
    const covering = mandates.find(
      (one) =>
        one.mandatary === mandatary && one.from <= to && (one.to === undefined || one.to >= to),
    );
    if (covering !== undefined && covering.to !== to) await writing.end(covering, to);
    return covering;
  });
  if (ended === undefined) {
    const facts = { mandator, mandatary, object, quarter: formatQuarter(to) };
    throw new Failure('registration.unknown', { what: 'mandate', ...facts });
  }
  const mandate = { ...ended, to };
  if (ended.to !== to) {
    const facts = { operator: wish.by, ...factsOf(mandate) };
    await journal.record({ level: 'info', code: 'routing.mandate-ended', facts });
  }
  return mandate;
}

function factsOf({ mandator, mandatary, object, from, to }: MandateRecord): Record<string, string> {
  const last = to === undefined ? {} : { to: formatQuarter(to) };
  return { mandator, mandatary, object, from: formatQuarter(from), ...last };
}

function bounded(question: MandateQuestion): MandateQuestion {
  if (question.pairs.length > pairsMax) throw new RangeError('too many pairs for one look-up');
  return question;
}
