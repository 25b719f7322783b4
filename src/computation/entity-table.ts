import type { Activity } from './input.ts';
import { activities, categories } from './input.ts';
import type { EntityTable } from './parameter-sets.ts';
import type { Problems } from './reading.ts';
import { countIn, provenanceIn, recordIn, textIn } from './reading.ts';

/**
 * Reads the table of entities per category and activity. Every cell must be written, an empty one as
 * null: a forgotten cell may not pass for a combination that does not exist.
 */
export function readEntityTable(
  record: Readonly<Record<string, unknown>>,
  file: string,
  problems: Problems,
): EntityTable[] {
  const rows = recordIn(record['entities'], `${file}: entities`, problems) ?? {};
  const cells = new Map<string, number | null>();
  for (const category of categories) {
    const path = `${file}: entities.${category}`;
    const row = recordIn(rows[category], path, problems) ?? {};
    for (const activity of activities) {
      const figure = row[activity];
      const cell = figure === null ? null : countIn(figure, `${path}.${activity}`, problems);
      cells.set(`${activity}/${category}`, cell);
    }
    refuseStrangers(row, activities, { path, problems });
  }
  refuseStrangers(rows, categories, { path: `${file}: entities`, problems });
  return [
    {
      ...provenanceIn(record, file, problems),
      legalBasis: textIn(record['legalBasis'], `${file}: legalBasis`, problems) ?? '',
      multiActivityBonus: count(record, 'multiActivityBonus', file, problems),
      foreignReduction: count(record, 'foreignReduction', file, problems),
      selfCheckReduction: count(record, 'selfCheckReduction', file, problems),
      entitiesOf: lookUp(cells),
    },
  ];
}

function lookUp(cells: ReadonlyMap<string, number | null>): EntityTable['entitiesOf'] {
  const byActivity = new Map<Activity, Map<string, number | null>>();
  for (const activity of activities) {
    const column = categories.map(
      (category) => [category, cells.get(`${activity}/${category}`) ?? null] as const,
    );
    byActivity.set(activity, new Map(column));
  }
  return (activity, category) => byActivity.get(activity)?.get(category) ?? null;
}

function count(
  record: Readonly<Record<string, unknown>>,
  key: string,
  file: string,
  problems: Problems,
): number {
  return countIn(record[key], `${file}: ${key}`, problems);
}

function refuseStrangers(
  record: Readonly<Record<string, unknown>>,
  known: readonly string[],
  o: { readonly path: string; readonly problems: Problems },
): void {
  for (const key of Object.keys(record)) {
    if (!known.includes(key)) o.problems.set(`${o.path}.${key}`, 'there is no such key');
  }
}
