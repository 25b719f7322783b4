import type { Provenance, SourceStatus } from './parameter-sets.ts';

/** What is wrong, by place: all of it is collected before anything is refused. */
export type Problems = Map<string, string>;

const statuses: readonly SourceStatus[] = ['verified', 'secondary', 'inferred'];

export function recordIn(
  value: unknown,
  path: string,
  problems: Problems,
): Readonly<Record<string, unknown>> | undefined {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  problems.set(path, 'a mapping of keys to values');
  return undefined;
}

export function textIn(value: unknown, path: string, problems: Problems): string | undefined {
  if (typeof value === 'string' && value.trim() !== '') return value;
  problems.set(path, 'a text');
  return undefined;
}

/** A figure without its source is no parameter: all three fields are obligatory. */
export function provenanceIn(
  record: Readonly<Record<string, unknown>>,
  path: string,
  problems: Problems,
): Provenance {
  const status = statuses.find((known) => known === record['status']);
  if (status === undefined) problems.set(`${path}.status`, `one of ${statuses.join(', ')}`);
  return {
    source: textIn(record['source'], `${path}.source`, problems) ?? '',
    says: textIn(record['says'], `${path}.says`, problems) ?? '',
    status: status ?? 'inferred',
  };
}

export function countIn(value: unknown, path: string, problems: Problems): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 99) {
    return value;
  }
  problems.set(path, 'a whole number from 0 to 99');
  return 0;
}
