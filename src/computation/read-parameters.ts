import type { Decimal } from '../vocabulary/index.ts';
import { Failure, isRealDate, parseDecimal, parseEuro } from '../vocabulary/index.ts';
import { readEntityTable } from './entity-table.ts';
import { implausible, readIndex } from './index-formula.ts';
import type {
  DocumentedValue,
  EntityTable,
  IncompleteYear,
  ParameterName,
  ParameterSet,
  ParameterSets,
  Scheme,
} from './parameter-sets.ts';
import { parameterSetsOf, requiredBy } from './parameter-sets.ts';
import type { Problems } from './reading.ts';
import { provenanceIn, recordIn, textIn } from './reading.ts';

/** One file of `config/parameters`, already parsed by whoever knows its notation. */
export interface ParameterFile {
  /** `2024.yaml`; named in problems. */
  readonly name: string;
  readonly content: unknown;
}

const names = ['levyRateMaxPct', 'costPerEntity', 'threshold', 'minimumLevy'] as const;
const schemes = ['entities', 'turnover-only'] as const;

/**
 * Reads and validates all dated parameters at once: the years, the entity table and the price index.
 *
 * @throws Failure `computation.invalid-parameters`; each fact is a problem, keyed by file and path.
 */
export function readParameterSets(files: readonly ParameterFile[]): ParameterSets {
  const problems: Problems = new Map();
  const complete: ParameterSet[] = [];
  const incomplete: IncompleteYear[] = [];
  const tables: EntityTable[] = [];
  let index: ReadonlyMap<number, Decimal> = new Map();
  for (const { name, content } of files) {
    const record = recordIn(content, name, problems);
    if (record === undefined) continue;
    switch (record['kind']) {
      case 'contribution-year':
        sortIn(yearIn(record, name, problems), { complete, incomplete, name, problems });
        break;
      case 'entity-table':
        tables.push(...readEntityTable(record, name, problems));
        break;
      case 'price-index':
        index = readIndex(record, name, problems);
        break;
      default:
        problems.set(`${name}: kind`, 'one of contribution-year, entity-table, price-index');
    }
  }
  const [table] = tables;
  if (tables.length > 1) problems.set('entity-table', 'there are two of them');
  if (table === undefined && problems.size === 0) problems.set('entity-table', 'there is none');
  if (problems.size > 0 || table === undefined) {
    throw new Failure('computation.invalid-parameters', Object.fromEntries(problems));
  }
  const warnings = complete.flatMap((set) => implausible(set, index));
  return parameterSetsOf({ complete, incomplete, table, warnings, files });
}

function sortIn(
  year: ParameterSet | IncompleteYear | undefined,
  into: {
    readonly complete: ParameterSet[];
    readonly incomplete: IncompleteYear[];
    readonly name: string;
    readonly problems: Problems;
  },
): void {
  if (year === undefined) return;
  const twice = [...into.complete, ...into.incomplete].some((known) => known.year === year.year);
  if (twice) into.problems.set(`${into.name}: year`, 'another file holds this year');
  else if ('missing' in year) into.incomplete.push(year);
  else into.complete.push(year);
}

function yearIn(
  record: Readonly<Record<string, unknown>>,
  name: string,
  problems: Problems,
): ParameterSet | IncompleteYear | undefined {
  const year = record['year'];
  const scheme = schemes.find((known) => known === record['scheme']);
  const reviewedOn = textIn(record['reviewedOn'], `${name}: reviewedOn`, problems);
  if (reviewedOn !== undefined && !isRealDate(reviewedOn)) {
    problems.set(`${name}: reviewedOn`, 'a date YYYY-MM-DD');
  }
  if (typeof year !== 'number' || !Number.isInteger(year) || !name.startsWith(`${String(year)}.`)) {
    problems.set(`${name}: year`, 'a whole number, the same as in the name of the file');
    return undefined;
  }
  if (scheme === undefined) {
    problems.set(`${name}: scheme`, `one of ${schemes.join(', ')}`);
    return undefined;
  }
  const documented = valuesIn(record['values'], name, problems);
  return compose({ year, scheme, reviewedOn: reviewedOn ?? '', documented, name, problems });
}

function compose(o: {
  readonly year: number;
  readonly scheme: Scheme;
  readonly reviewedOn: string;
  readonly documented: Readonly<Partial<Record<ParameterName, DocumentedValue>>>;
  readonly name: string;
  readonly problems: Problems;
}): ParameterSet | IncompleteYear | undefined {
  const { year, scheme, reviewedOn, documented } = o;
  const superfluous = Object.keys(documented).find(
    (name) => !requiredBy[scheme].some((required) => required === name),
  );
  if (superfluous !== undefined) {
    o.problems.set(`${o.name}: values.${superfluous}`, `the scheme ${scheme} has no such value`);
  }
  const missing = requiredBy[scheme].filter((name) => documented[name] === undefined);
  const rate = parseDecimal(documented.levyRateMaxPct?.value ?? '');
  if (missing.length > 0 || rate === undefined) return { year, scheme, missing };
  const cents = (name: ParameterName): bigint | null =>
    parseEuro(documented[name]?.value ?? '') ?? null;
  return {
    year,
    scheme,
    levyRateMax: rate,
    costPerEntity: cents('costPerEntity'),
    threshold: cents('threshold'),
    minimumLevy: cents('minimumLevy'),
    reviewedOn,
    documented,
  };
}

function valuesIn(
  value: unknown,
  file: string,
  problems: Problems,
): Readonly<Partial<Record<ParameterName, DocumentedValue>>> {
  const record = recordIn(value, `${file}: values`, problems) ?? {};
  const read: Partial<Record<ParameterName, DocumentedValue>> = {};
  for (const key of Object.keys(record)) {
    const name = names.find((known) => known === key);
    const path = `${file}: values.${key}`;
    if (name === undefined) {
      problems.set(path, `there is no such value; there are ${names.join(', ')}`);
      continue;
    }
    // A figure nobody has published yet is written as null: its year is known but not computable.
    if (record[key] === null) continue;
    const documented = valueIn(record[key], { path, name, problems });
    if (documented !== undefined) read[name] = documented;
  }
  return read;
}

function valueIn(
  value: unknown,
  o: { readonly path: string; readonly name: ParameterName; readonly problems: Problems },
): DocumentedValue | undefined {
  const record = recordIn(value, o.path, o.problems);
  if (record === undefined) return undefined;
  const figure = record['value'];
  // A figure without quotation marks would be read as a binary fraction before we ever see it.
  if (typeof figure !== 'string') {
    o.problems.set(`${o.path}.value`, 'a text in quotation marks');
    return undefined;
  }
  if (!isPositive(figure, o.name)) {
    o.problems.set(
      `${o.path}.value`,
      o.name === 'levyRateMaxPct'
        ? 'a percentage above 0 and at most 100, point as decimal sign'
        : 'an amount above 0 with at most two decimals',
    );
    return undefined;
  }
  return { value: figure, ...provenanceIn(record, o.path, o.problems) };
}

function isPositive(figure: string, name: ParameterName): boolean {
  if (name !== 'levyRateMaxPct') return (parseEuro(figure) ?? 0n) > 0n;
  const rate = parseDecimal(figure);
  return rate !== undefined && rate.digits > 0n && rate.digits <= 100n * 10n ** BigInt(rate.scale);
}
