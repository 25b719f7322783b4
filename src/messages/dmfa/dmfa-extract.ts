import type { Extract } from '../../vocabulary/index.ts';
import { parseQuarter } from '../../vocabulary/index.ts';
import { childrenOf, find, textAt } from '../../validation/index.ts';
import type { FormView } from '../../validation/index.ts';
import { employerIn, employerKey, personsAt } from '../employer.ts';
import { ownReference } from '../reference.ts';
import { amountsOf } from './net-owed.ts';

/** Reads one declaration; `data` has the amounts in euro cents and the number of persons. */
export function readDmfa(form: FormView): Extract | undefined {
  const { tree } = form;
  const block = find(tree, form.node, 'EmployerDeclaration');
  const employer = employerIn(form, block);
  const quarter = parseQuarter(textAt(tree, block, 'Quarter'));
  if (employer === undefined || quarter === undefined) return undefined;
  const { declared, calculated, persons } = amountsOf(form, block);
  return {
    employers: [employer],
    quarter,
    persons: personsAt(form, inszNodes(form, block)),
    ...ownReference(form),
    keys: [`DMFA/${employerKey(employer)}/${quarter}`],
    data: { declaredCents: String(declared), calculatedCents: String(calculated), persons },
  };
}

/** The INSZ element of every person, or -1 where it is missing. */
export function* inszNodes({ tree }: FormView, block: number): Generator<number> {
  for (const person of childrenOf(tree, block, 'NaturalPerson')) yield find(tree, person, 'INSS');
}
