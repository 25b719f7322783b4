import type { Extract, Finding } from '../../vocabulary/index.ts';
import { isRealDate, quarterOfDate } from '../../vocabulary/index.ts';
import { find, textAt, textOf } from '../../validation/index.ts';
import type { FormView } from '../../validation/index.ts';
import {
  employerFindings,
  employerIn,
  employerKey,
  personFindings,
  personsAt,
} from '../employer.ts';
import type { MessageType } from '../message-type.ts';
import { ownReference } from '../reference.ts';

/** DIMN: immediate declaration of employment. */
export const dimn: MessageType = {
  code: 'DIMN',
  roots: ['Dimona'],
  identifications: ['DIMONA'],
  mandateObject: 'DMFA',
  socialRisk: false,
  assessed: false,
  declaredOnce: false,
  read: readDimona,
  check: checkDimona,
};

const actions = [
  'DimonaIn',
  'DimonaOut',
  'DimonaUpdate',
  'DimonaCancel',
  'DailyRegistrationDeclaration',
] as const;

interface Action {
  readonly name: string;
  readonly node: number;
}

function actionOf({ tree, node }: FormView): Action | undefined {
  for (const name of actions) {
    const found = find(tree, node, name);
    if (found >= 0) return { name, node: found };
  }
  return undefined;
}

/**
 * Reads one declaration. The employer stands in the action and may be absent there, when an earlier
 * declaration is referred to by its period: then there is no employer.
 */
function readDimona(form: FormView): Extract | undefined {
  const { tree } = form;
  const action = actionOf(form);
  if (action === undefined) return { ...none, ...ownReference(form), data: {} };
  const employer = employerIn(form, find(tree, action.node, 'EmployerId'));
  const date = textAt(tree, action.node, 'StartingDate') || textAt(tree, action.node, 'EndingDate');
  return {
    employers: employer === undefined ? [] : [employer],
    ...(isRealDate(date) ? { quarter: quarterOfDate(date) } : {}),
    persons: personsAt(form, personNodes(form, action)),
    ...ownReference(form),
    keys: keysOf(form, action),
    data: {
      action: action.name,
      startingDate: textAt(tree, action.node, 'StartingDate'),
      period: textAt(tree, action.node, 'DimonaPeriodId'),
    },
  };
}

const none = { employers: [], persons: [], keys: [] } as const;

function personNodes({ tree }: FormView, { node }: Action): number[] {
  const paths = [['NaturalPerson', 'INSS'], ['INSS']];
  return paths.map((path) => find(tree, node, ...path)).filter((found) => found >= 0);
}

/**
 * Two entries into service are one when employer, person, kind of worker and begin are the same;
 * another action is one with another of its kind on the same period. Without these, never.
 */
function keysOf(form: FormView, { name, node }: Action): string[] {
  const { tree } = form;
  const status = form.header.attestationStatus;
  const period = textAt(tree, node, 'DimonaPeriodId');
  if (period !== '') {
    const begin = textAt(tree, node, 'StartingDate') + textAt(tree, node, 'StartingHour');
    return [`DIMN/${name}/${period}/${begin}/${status}`];
  }
  const employer = employerIn(form, find(tree, node, 'EmployerId'));
  const insz = textAt(tree, node, 'NaturalPerson', 'INSS');
  if (name !== 'DimonaIn' || employer === undefined || insz === '') return [];
  const begin = `${textAt(tree, node, 'StartingDate')}T${textAt(tree, node, 'StartingHour')}`;
  const kind = textAt(tree, node, 'DimonaFeatures', 'WorkerType');
  return [`DIMN/${name}/${employerKey(employer)}/${insz}/${begin}/${kind}/${status}`];
}

/** Check digits, and an end that is not before its begin (code 014). */
function checkDimona(form: FormView): readonly Finding[] {
  const { tree } = form;
  const action = actionOf(form);
  if (action === undefined) return [];
  const { node } = action;
  const findings = [...employerFindings(form, find(tree, node, 'EmployerId'))];
  for (const person of personNodes(form, action)) findings.push(...personFindings(form, person));
  const ending = find(tree, node, 'EndingDate');
  if (ending >= 0 && textOf(tree, ending) < textAt(tree, node, 'StartingDate')) {
    const detail = 'the employment ends before it begins';
    findings.push(form.report(ending, { code: '014', zone: '00911', anomalyClass: 'B', detail }));
  }
  return findings;
}
