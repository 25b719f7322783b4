import { childrenOf, integerOf, localNameOf } from '../../validation/index.ts';
import type { FormView } from '../../validation/index.ts';

/** Amounts in euro cents. */
export interface Amounts {
  /** NetOwedAmount as it stands. */
  readonly declared: bigint;
  readonly calculated: bigint;
  readonly persons: number;
}

/**
 * What is owed for a worker or on a complementary indemnity, for a student, at the end of a career,
 * and without a person.
 */
const owed = new Set([
  'ContributionAmount',
  'StudentContributionAmount',
  'EarlyRetirementContributionAmount',
  'GrossRefRemunContributionAmount',
  'UnrelatedAmount',
]);
const deducted = 'DeductionAmount';

/** The blocks such amounts stand in, directly or below: nothing else is walked through. */
const blocks = new Set(
  ['NaturalPerson', 'WorkerRecord', 'Occupation', 'WorkerContribution', 'WorkerDeduction']
    .concat(['OccupationDeduction', 'StudentContribution', 'EarlyRetirementContribution'])
    .concat(['DismissedStatutoryWorkerContribution', 'ComplementaryIndemnity', 'IndemnityWAPM'])
    .concat(['ComplIndemnityContribution', 'ContributionUnrelatedToNP']),
);

const depthMax = 8;

/**
 * The net amount owed as declared and as it follows from the declaration: all contributions less
 * all deductions. Source: step four of the official off-line validation.
 */
export function amountsOf(form: FormView, block: number): Amounts {
  const known = remembered.get(form);
  if (known !== undefined) return known;
  const amounts = addUp(form, block);
  remembered.set(form, amounts);
  return amounts;
}

/** Asked for by the rules and by the extract of the same form. */
const remembered = new WeakMap<FormView, Amounts>();

function addUp({ tree }: FormView, block: number): Amounts {
  let declared = 0n;
  let calculated = 0n;
  let persons = 0;
  const walk = (node: number, depth: number): void => {
    for (const child of childrenOf(tree, node)) {
      const name = localNameOf(tree, child);
      if (name === 'NaturalPerson') persons += 1;
      if (name === 'NetOwedAmount') declared = centsOf(integerOf(tree, child));
      else if (owed.has(name)) calculated += centsOf(integerOf(tree, child));
      else if (name === deducted) calculated -= centsOf(integerOf(tree, child));
      else if (depth < depthMax && blocks.has(name)) walk(child, depth + 1);
    }
  };
  walk(block, 0);
  return { declared, calculated, persons };
}

/** Whole cents, in canonical form; what is no amount counts for nothing and is a finding elsewhere. */
function centsOf(text: string): bigint {
  return /^-?\d{1,15}$/.test(text) ? BigInt(text) : 0n;
}
