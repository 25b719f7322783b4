import type { EmployerRef, Extract, Finding } from '../vocabulary/index.ts';
import { isRealDate, parseQuarter, quarterOfDate } from '../vocabulary/index.ts';
import { childrenOf, find, textAt } from '../validation/index.ts';
import type { FormView } from '../validation/index.ts';
import {
  employerFindings,
  employerIn,
  employerKey,
  personFindings,
  personsAt,
} from './employer.ts';
import type { MessageType } from './message-type.ts';
import { ownReference } from './reference.ts';

/**
 * A declaration of social risk: its root is the code of its scenario, which is its Identification
 * too. All of them name their employers and persons in the same blocks.
 */
export function socialRiskType(o: {
  readonly code: string;
  readonly scenarios: readonly string[];
}): MessageType {
  const roots = o.scenarios.map((scenario) => `${o.code}${scenario}`);
  return {
    code: o.code,
    roots,
    identifications: roots,
    mandateObject: o.code,
    socialRisk: true,
    assessed: false,
    declaredOnce: false,
    read: readSocialRisk,
    check: checkSocialRisk,
  };
}

/** One employer block per employer and quarter that the risk concerns. */
function* employerBlocks({ tree, node }: FormView): Generator<number> {
  yield* childrenOf(tree, node, 'EmployerDeclaration');
  yield* childrenOf(tree, node, 'NOSSLPAEmployerDeclaration');
}

function* personNodes(form: FormView): Generator<number> {
  for (const block of employerBlocks(form)) {
    for (const person of childrenOf(form.tree, block, 'NaturalPerson')) {
      const node = find(form.tree, person, 'INSS');
      if (node >= 0) yield node;
    }
  }
}

function readSocialRisk(form: FormView): Extract | undefined {
  const { tree, node } = form;
  const employers = new Map<string, EmployerRef>();
  for (const block of employerBlocks(form)) {
    const employer = employerIn(form, block);
    if (employer !== undefined) employers.set(employerKey(employer), employer);
  }
  const persons = [...new Set(personsAt(form, personNodes(form)))];
  const riskDate = textAt(tree, node, 'RiskDetail', 'RiskStartingDate');
  const quarter = quarterOf(form, riskDate);
  const scenario = form.header.identification;
  return {
    employers: [...employers.values()],
    ...(quarter === undefined ? {} : { quarter }),
    persons,
    ...ownReference(form),
    keys: keysOf(form, { employers: [...employers.keys()], persons, riskDate }),
    data: { scenario, ...(riskDate === '' ? {} : { riskDate }) },
  };
}

/** The quarter of the risk; where no date is given, that of the first employer block. */
function quarterOf(form: FormView, riskDate: string): number | undefined {
  if (isRealDate(riskDate)) return quarterOfDate(riskDate);
  for (const block of employerBlocks(form)) {
    const quarter = parseQuarter(textAt(form.tree, block, 'Quarter'));
    if (quarter !== undefined) return quarter;
  }
  return undefined;
}

/** Without the date of the risk two declarations cannot be told to be about the same one. */
function keysOf(
  form: FormView,
  o: {
    readonly employers: readonly string[];
    readonly persons: readonly string[];
    readonly riskDate: string;
  },
): string[] {
  const [person] = o.persons;
  if (person === undefined || o.riskDate === '' || o.employers.length === 0) return [];
  const { identification, attestationStatus } = form.header;
  const who = [...o.employers].sort().join('+');
  return [`${identification}/${who}/${person}/${o.riskDate}/${attestationStatus}`];
}

function checkSocialRisk(form: FormView): readonly Finding[] {
  const findings: Finding[] = [];
  for (const block of employerBlocks(form)) findings.push(...employerFindings(form, block));
  for (const node of personNodes(form)) findings.push(...personFindings(form, node));
  return findings;
}
