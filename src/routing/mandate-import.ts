import { createHash, randomUUID, type Hash } from 'node:crypto';
import { Failure } from '../vocabulary/index.ts';
import type { Clock } from '../vocabulary/index.ts';
import { csvLines, lineCharactersMax } from './csv-lines.ts';
import type { CsvLine } from './csv-lines.ts';
import { addTo } from './mandate-row.ts';
import { mandateIn } from './mandate-wish.ts';
import type {
  MandateImport,
  MandateParties,
  MandateRecord,
  MandateStore,
  MandateWriting,
  RoutingJournal,
} from './ports.ts';

interface Options {
  readonly store: MandateStore;
  readonly clock: Clock;
  readonly journal: RoutingJournal;
  readonly enterprises: MandateParties;
  readonly by: string;
}

interface Row {
  readonly line: number;
  readonly mandate: MandateRecord;
}

const rowsPerTransaction = 1000;
const linesMax = 1_000_000;
const refusedListedMax = 1000;
const columns = ['mandator', 'mandatary', 'object', 'from', 'to'];

/**
 * Reads and adds as it goes: what is held in memory is one transaction's worth. What became of the
 * list is kept, also when it could not be read to its end.
 */
export async function importMandates(
  bytes: AsyncIterable<Uint8Array | string>,
  options: Options,
): Promise<MandateImport> {
  const { store, clock, by } = options;
  const [tally, hash, startedAt] = [openTally(), createHash('sha256'), clock.now()];
  const keep = async (failure?: string): Promise<void> => {
    await store.keepImport({
      ...{ ...tally.result(), id: randomUUID(), startedAt, endedAt: clock.now(), by },
      ...{ sha256: hash.digest('hex'), ...(failure === undefined ? {} : { failure }) },
    });
  };
  try {
    await readList(hashed(bytes, hash), options, tally);
  } catch (thrown) {
    // Whatever else went wrong is no fault of the list, and its repetition is no news to it.
    if (thrown instanceof Failure && thrown.code === 'registration.invalid') {
      await keep(String(thrown.facts['why']));
    }
    throw thrown;
  }
  await keep();
  return tally.result();
}

async function* hashed(
  bytes: AsyncIterable<Uint8Array | string>,
  hash: Hash,
): AsyncGenerator<Uint8Array | string> {
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
}

async function readList(
  bytes: AsyncIterable<Uint8Array | string>,
  options: Options,
  tally: Tally,
): Promise<void> {
  let rows: Row[] = [];
  let headed = false;
  for await (const line of csvLines(bytes)) {
    if (!headed) {
      requireHeader(line);
      headed = true;
      continue;
    }
    if (line.line > linesMax) throw invalidList(`a list has at most ${linesMax} lines`);
    const row = rowIn(line, options.clock);
    if (typeof row === 'string') tally.refuse(line.line, row);
    else rows.push(row);
    if (rows.length === rowsPerTransaction) {
      await addRows(rows, options, tally);
      rows = [];
    }
  }
  if (!headed) throw invalidList('it is empty');
  if (rows.length > 0) await addRows(rows, options, tally);
}

function requireHeader({ fields }: CsvLine): void {
  const [first = '', ...others] = fields ?? [];
  // Spreadsheets put a byte order mark before the first character.
  const names = [first.replace(/^\uFEFF/, ''), ...others].map((name) => name.toLowerCase());
  if (names.join() !== columns.join()) throw invalidList(`its first line is ${columns.join(',')}`);
}

/** The mandate of a line, or why there is none. */
function rowIn({ line, fields }: CsvLine, clock: Clock): Row | string {
  if (fields === undefined) {
    return `the line is longer than ${lineCharactersMax} characters or its quotation marks do not match`;
  }
  const [mandator = '', mandatary = '', object = '', from = '', to = ''] = fields;
  if (fields.length > columns.length) return 'the line has more than five fields';
  try {
    const last = to === '' ? {} : { to };
    const mandate = mandateIn({ mandator, mandatary, object, from, ...last });
    return { line, mandate: { ...mandate, addedAt: clock.now() } };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return `${String(thrown.facts['what'])}: ${String(thrown.facts['why'])}`;
  }
}

async function addRows(rows: readonly Row[], options: Options, tally: Tally): Promise<void> {
  const { store, journal, enterprises, by } = options;
  const mandataries = new Set(rows.map(({ mandate }) => mandate.mandatary));
  const known = await enterprises.known([...mandataries]);
  const able = rows.filter(({ line, mandate }) => {
    if (known.has(mandate.mandatary)) return true;
    tally.refuse(line, `mandatary: ${mandate.mandatary} is not registered`);
    return false;
  });
  if (able.length === 0) return;
  const numbers = [...new Set(able.map(({ mandate }) => mandate.mandator))];
  await enterprises.registerNumbers({ numbers, by });
  const outcome = await store.write((writing) => addAll(able, writing));
  tally.count(outcome);
  if (outcome.added > 0) {
    const facts = { operator: by, count: outcome.added };
    await journal.record({ level: 'info', code: 'routing.mandates-imported', facts });
  }
}

interface Outcome {
  readonly added: number;
  readonly already: number;
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
}

/** Each line is judged beside what is stored and beside the lines before it. */
async function addAll(rows: readonly Row[], writing: MandateWriting): Promise<Outcome> {
  const byKey = new Map<string, MandateRecord[]>();
  const remember = (one: MandateRecord): void => {
    const key = `${one.mandator}/${one.object}`;
    const present = byKey.get(key);
    if (present === undefined) byKey.set(key, [one]);
    else present.push(one);
  };
  for (const one of await writing.of(rows.map(({ mandate }) => mandate))) remember(one);
  const added: MandateRecord[] = [];
  const refused: { line: number; reason: string }[] = [];
  for (const { line, mandate } of rows) {
    const judged = addTo(byKey.get(`${mandate.mandator}/${mandate.object}`) ?? [], mandate);
    if (judged.outcome === 'refused') refused.push({ line, reason: judged.reason });
    if (judged.outcome !== 'added') continue;
    added.push(mandate);
    remember(mandate);
  }
  await writing.insert(added);
  const already = rows.length - added.length - refused.length;
  return { added: added.length, already, refused };
}

interface Tally {
  refuse(line: number, reason: string): void;
  count(outcome: Outcome): void;
  result(): MandateImport;
}

function openTally(): Tally {
  let added = 0;
  let already = 0;
  let refusedTotal = 0;
  const refused: { line: number; reason: string }[] = [];
  const refuse = (line: number, reason: string): void => {
    refusedTotal += 1;
    if (refused.length < refusedListedMax) refused.push({ line, reason });
  };
  return {
    refuse,
    count: (outcome) => {
      added += outcome.added;
      already += outcome.already;
      for (const { line, reason } of outcome.refused) refuse(line, reason);
    },
    result: () => ({
      added,
      already,
      refused: [...refused].sort((one, other) => one.line - other.line),
      refusedTotal,
    }),
  };
}

function invalidList(why: string): Failure {
  return new Failure('registration.invalid', { what: 'list of mandates', why });
}
