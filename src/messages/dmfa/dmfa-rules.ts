import type { Finding } from '../../vocabulary/index.ts';
import { formatEuro } from '../../vocabulary/index.ts';
import { find, textOf } from '../../validation/index.ts';
import type { FormView } from '../../validation/index.ts';
import { employerFindings, personFindings } from '../employer.ts';
import { inszNodes } from './dmfa-extract.ts';
import { amountsOf } from './net-owed.ts';

/** Check digits, persons declared twice, and the net amount owed. */
export function checkDmfa(form: FormView): readonly Finding[] {
  const block = find(form.tree, form.node, 'EmployerDeclaration');
  return [
    ...employerFindings(form, block),
    ...personsFindings(form, block),
    ...amountFindings(form, block),
  ];
}

/** A person stands once in the declaration of an employer for a quarter (zone 00024, code 006). */
function personsFindings(form: FormView, block: number): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const node of inszNodes(form, block)) {
    findings.push(...personFindings(form, node));
    const insz = textOf(form.tree, node);
    if (/[1-9]/.test(insz) && seen.has(insz)) {
      const detail = 'this person is declared more than once for the employer and the quarter';
      findings.push(form.report(node, { code: '006', zone: '00024', anomalyClass: 'B', detail }));
    }
    seen.add(insz);
  }
  return findings;
}

/** A wrong total refuses the declaration (zone 00015, code 007: class B in the glossary). */
function amountFindings(form: FormView, block: number): Finding[] {
  const { declared, calculated } = amountsOf(form, block);
  if (declared === calculated) return [];
  const node = find(form.tree, block, 'NetOwedAmount');
  const detail = `declared ${formatEuro(declared)} euro, calculated ${formatEuro(calculated)} euro`;
  return [form.report(node, { code: '007', zone: '00015', anomalyClass: 'B', detail })];
}
