import type { Activity, Category, Profile } from './input.ts';
import type { EntityTable } from './parameter-sets.ts';
import type { Policy } from './policy.ts';
import type { TraceLine } from './trace.ts';
import { traceLine } from './trace.ts';

export type EntityCount =
  { readonly allowed: true; readonly entities: number } | { readonly allowed: false };

interface Circumstances {
  readonly profile: Profile;
  readonly table: EntityTable;
  readonly policy: Policy;
  /** Written to in the order in which the steps are taken. */
  readonly trace: TraceLine[];
}

/** Steps R02 to R07: the number of entities the activity tax is counted in. */
export function countEntities(o: Circumstances): EntityCount {
  const { profile, policy, trace } = o;
  const byActivity = categoriesByActivity(profile);
  if (!profile.registered || byActivity.size === 0) {
    const most = policy.unregisteredEntities;
    const where = profile.registered ? 'in the year before' : 'on the portal';
    trace.push(traceLine('R02', `no activity registered ${where}: fixed maximum`, most));
    const reduced = policy.unregisteredReductions;
    return { allowed: true, entities: reduced ? reduce(most, byActivity, o) : most };
  }
  const heights = heightsOf(byActivity, o);
  if (heights === undefined) return { allowed: false };
  const onActivity = policy.selfCheckScope === 'distributor-activity';
  if (onActivity) reduceDistribution(heights, o);
  const highest = Math.max(...heights.values());
  trace.push(traceLine('R04a', 'highest activity', highest));
  let entities = highest;
  if (heights.size >= 2) {
    const bonus = o.table.multiActivityBonus;
    trace.push(traceLine('R04b', `${String(heights.size)} activities: one entity once`, bonus));
    entities += bonus;
  }
  return { allowed: true, entities: reduce(entities, byActivity, o) };
}

type Named = ReadonlyMap<Activity, ReadonlySet<Category>>;

/** An activity that stands registered twice is one activity with the categories of both. */
function categoriesByActivity(profile: Profile): Named {
  const named = new Map<Activity, Set<Category>>();
  for (const { activity, categories } of profile.activities) {
    const known = named.get(activity) ?? new Set();
    for (const category of categories) known.add(category);
    named.set(activity, known);
  }
  return named;
}

/** R03: per activity the highest figure of its categories; undefined when a cell is empty. */
function heightsOf(named: Named, o: Circumstances): Map<Activity, number> | undefined {
  const heights = new Map<Activity, number>();
  for (const [activity, categories] of named) {
    let highest: number | undefined;
    for (const category of categories) {
      const figure = o.table.entitiesOf(activity, category);
      if (figure === null) {
        const text = `combination ${activity}/${category} not in the table`;
        const skips = o.policy.emptyCell === 'skip';
        o.trace.push(traceLine('R03', text, skips ? 'SKIPPED' : 'REJECTED'));
        if (!skips) return undefined;
      } else if (highest === undefined || figure > highest) {
        highest = figure;
      }
    }
    if (highest === undefined) continue;
    o.trace.push(traceLine('R03', `highest class for ${activity}`, highest));
    heights.set(activity, highest);
  }
  // Leaving out every combination leaves nothing to count: that is no contributor with zero.
  return heights.size === 0 ? undefined : heights;
}

/** A2, scope `distributor-activity`: the reduction lowers the activity before the highest is taken. */
function reduceDistribution(heights: Map<Activity, number>, o: Circumstances): void {
  const height = heights.get('DISTRIBUTOR');
  if (height === undefined || o.profile.selfCheckGuide !== true) return;
  if (!o.policy.reductionsStack && o.profile.established !== 'BE') return;
  const reduction = o.table.selfCheckReduction;
  heights.set('DISTRIBUTOR', Math.max(0, height - reduction));
  o.trace.push(traceLine('R06', 'self-check guide, on the activity of distributor', -reduction));
}

/** R05 to R07. */
function reduce(entities: number, named: Named, o: Circumstances): number {
  let reduced = entities;
  const foreign = o.profile.established !== 'BE';
  if (foreign) {
    reduced -= o.table.foreignReduction;
    o.trace.push(traceLine('R05', 'not established in Belgium', -o.table.foreignReduction));
  }
  if (reachedBySelfCheck(named, o) && (o.policy.reductionsStack || !foreign)) {
    const reduction = o.table.selfCheckReduction;
    reduced -= reduction;
    o.trace.push(traceLine('R06', 'distributor declared the self-check guide', -reduction));
  }
  const { entityFloor } = o.policy;
  if (reduced >= entityFloor) return reduced;
  o.trace.push(traceLine('R07', 'floor', entityFloor));
  return entityFloor;
}

function reachedBySelfCheck(named: Named, { profile, policy }: Circumstances): boolean {
  if (profile.selfCheckGuide !== true || !named.has('DISTRIBUTOR')) return false;
  switch (policy.selfCheckScope) {
    case 'contributor':
      return true;
    case 'distributor-only':
      return named.size === 1;
    case 'distributor-activity':
      return false;
  }
}
