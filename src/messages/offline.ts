import { stat } from 'node:fs/promises';
import { errorIdOf } from '../vocabulary/index.ts';
import type { AnomalyClass, JudgedForm } from '../vocabulary/index.ts';
import { ValidationPool, formsIn, judgeFile } from '../validation/index.ts';
import type { FileVerdict, JudgeLimits, JudgedChunk, SchemaPacks } from '../validation/index.ts';
import { employerKey } from './employer.ts';
import { messageTypes } from './registry.ts';

export interface OfflineOptions {
  readonly path: string;
  readonly packs: SchemaPacks;
  /** Legal date the file is judged as of, YYYY-MM-DD. */
  readonly receivedOn: string;
  /** Threads to use; without, some are started by `entry` and ended again. */
  readonly pool?: ValidationPool;
  /** The compiled `thread.js`; needed without a pool. */
  readonly entry?: URL;
  readonly threads?: number;
  readonly fromAuthority?: boolean;
  readonly limits?: Partial<JudgeLimits>;
}

export interface OfflineFinding {
  readonly kind: 'finding';
  /** Of the form, from 1; absent when the whole file is meant. */
  readonly form?: number;
  /** `102` for a file, `00014-004` for a form. */
  readonly code: string;
  readonly anomalyClass: AnomalyClass;
  readonly line?: number;
  readonly column?: number;
  readonly location?: string;
  readonly tag?: string;
  readonly text: string;
}

export interface OfflineSummary {
  readonly kind: 'summary';
  /** No problem of the file and no form with a blocking finding. */
  readonly ok: boolean;
  readonly root?: string;
  readonly version?: string;
  readonly forms: number;
  /** Forms with a blocking finding. */
  readonly refused: number;
  readonly employers: number;
  /** Forms that declare again what an earlier form of the file declares. */
  readonly duplicates: readonly { readonly form: number; readonly first: number }[];
  /** Sums over all forms, in euro cents; for declarations with a net amount owed. */
  readonly declaredCents?: string;
  readonly calculatedCents?: string;
}

export type OfflineReport = OfflineFinding | OfflineSummary;

/**
 * Judges a file on this machine, without a gateway: findings in file order, problems of the file
 * last, then one summary. Reads on as fast as the reports are taken.
 */
export async function* validateOffline(o: OfflineOptions): AsyncGenerator<OfflineReport> {
  const pool = o.pool ?? ownPool(o);
  try {
    yield* reportsOf(o, pool);
  } finally {
    if (o.pool === undefined) await pool.close();
  }
}

const threadsDefault = 2;

function ownPool({ entry, threads = threadsDefault }: OfflineOptions): ValidationPool {
  if (entry === undefined) throw new TypeError('validateOffline needs a pool or an entry');
  return new ValidationPool({ threads, entry });
}

async function* reportsOf(o: OfflineOptions, pool: ValidationPool): AsyncGenerator<OfflineReport> {
  const tally = newTally();
  const hatch = new Hatch();
  const { size } = await stat(o.path);
  const types = [...messageTypes.values()];
  const judged = judgeFile({
    ...o,
    pool,
    parts: [{ path: o.path, bytes: size }],
    expected: {
      type: 'any known',
      roots: types.flatMap(({ roots }) => roots),
      identifications: types.flatMap(({ identifications }) => identifications),
    },
    onChunk: (chunk) => hatch.pass(chunk),
  }).finally(() => {
    hatch.close();
  });
  // Waited for below; a consumer that stops early must not leave an unhandled rejection.
  judged.catch(() => undefined);
  try {
    for (let chunk = await hatch.next(); chunk !== undefined; chunk = await hatch.next()) {
      for (const form of formsIn(chunk.judged)) yield* count(tally, form);
    }
    const verdict = await judged;
    yield* problemsOf(verdict);
    yield summaryOf(tally, verdict);
  } finally {
    hatch.close();
    await judged.catch(() => undefined);
  }
}

/** Hands chunks from the side that pushes to the side that pulls, one at a time. */
class Hatch {
  private chunk: JudgedChunk | undefined;
  private taken: (() => void) | undefined;
  private wake: (() => void) | undefined;
  private closed = false;

  async pass(chunk: JudgedChunk): Promise<void> {
    if (this.closed) return;
    this.chunk = chunk;
    this.wake?.();
    await new Promise<void>((resolve) => {
      this.taken = resolve;
    });
  }

  async next(): Promise<JudgedChunk | undefined> {
    this.taken?.();
    this.taken = undefined;
    if (this.chunk === undefined && !this.closed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const { chunk } = this;
    this.chunk = undefined;
    return chunk;
  }

  close(): void {
    this.closed = true;
    this.wake?.();
    this.taken?.();
  }
}

interface Tally {
  refused: number;
  declared: bigint | undefined;
  calculated: bigint;
  readonly employers: Set<string>;
  readonly keys: Map<string, number>;
  readonly duplicates: { form: number; first: number }[];
}

function newTally(): Tally {
  return {
    refused: 0,
    declared: undefined,
    calculated: 0n,
    employers: new Set(),
    keys: new Map(),
    duplicates: [],
  };
}

function* count(tally: Tally, form: JudgedForm): Generator<OfflineFinding> {
  for (const finding of form.findings) {
    const { anomalyClass, line, column, location, tag, detail = '' } = finding;
    yield {
      kind: 'finding',
      form: form.number,
      code: errorIdOf(finding),
      anomalyClass,
      ...(line === undefined || column === undefined ? {} : { line, column }),
      ...(location === undefined ? {} : { location }),
      ...(tag === undefined ? {} : { tag }),
      text: detail,
    };
  }
  if (form.findings.some(({ anomalyClass }) => anomalyClass === 'B')) tally.refused += 1;
  const { extract } = form;
  if (extract === undefined) return;
  for (const employer of extract.employers) tally.employers.add(employerKey(employer));
  for (const key of extract.keys) {
    const first = tally.keys.get(key);
    if (first === undefined) tally.keys.set(key, form.number);
    else tally.duplicates.push({ form: form.number, first });
  }
  const { declaredCents, calculatedCents } = extract.data;
  if (typeof declaredCents !== 'string' || typeof calculatedCents !== 'string') return;
  tally.declared = (tally.declared ?? 0n) + BigInt(declaredCents);
  tally.calculated += BigInt(calculatedCents);
}

function* problemsOf({ problems }: FileVerdict): Generator<OfflineFinding> {
  for (const { code, detail, line, column } of problems) {
    const place = line === undefined || column === undefined ? {} : { line, column };
    yield { kind: 'finding', code, anomalyClass: 'B', ...place, text: detail };
  }
}

function summaryOf(tally: Tally, verdict: FileVerdict): OfflineSummary {
  const { problems, forms, root, version } = verdict;
  return {
    kind: 'summary',
    ok: problems.length === 0 && tally.refused === 0,
    ...(root === undefined ? {} : { root }),
    ...(version === undefined ? {} : { version }),
    forms,
    refused: tally.refused,
    employers: tally.employers.size,
    duplicates: tally.duplicates,
    ...(tally.declared === undefined
      ? {}
      : { declaredCents: String(tally.declared), calculatedCents: String(tally.calculated) }),
  };
}
