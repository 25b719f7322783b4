import { nodesAt, readForms, textAt, type Node } from './answer-forms.ts';

/** One anomaly of one declaration, as the notification (NOTI) tells it. */
export interface NotifiedFinding {
  /** Place of the verdict in the notifications of the set, from 1. */
  readonly declaration: number;
  /** Ticket of the form. */
  readonly ticket: string;
  /** Date and hour in the header of our form, by which it is found again. */
  readonly created: string;
  readonly employer?: string;
  /** Our own reference, when the form had one. */
  readonly reference?: string;
  /** Zone and code, `00014-004`. */
  readonly errorId: string;
  readonly anomalyClass?: string;
  readonly tag?: string;
  readonly value?: string;
  readonly text?: string;
  readonly line?: number;
  readonly column?: number;
  readonly location?: string;
}

/** Counts over all declarations of a set, and what was found in them. */
export interface Tally {
  accepted: number;
  refused: number;
  readonly findings: NotifiedFinding[];
  /** True when there were more findings than are kept here; the files hold all of them. */
  findingsCut: boolean;
}

const findingsMax = 100_000;

/**
 * Adds the verdicts of a NOTI file on the file with that ticket to the tally, form after form, and
 * answers how many there were. A file about another set changes nothing and is left at its first
 * form. Throws Failure `sender.bad-answer`.
 */
export async function tallyNotification(
  path: string,
  o: { readonly ticket: string; readonly tally: Tally },
): Promise<number> {
  let forms = 0;
  for await (const form of readForms({ path, root: 'NOTIFICATION' })) {
    if (!isAbout(form, o.ticket)) {
      if (forms === 0) return 0;
      continue;
    }
    forms += 1;
    addForm(form, o.tally);
  }
  return forms;
}

/** The ticket of the file stands in the file reference, or in a reference of type 0, origin 2. */
function isAbout(form: Node, ticket: string): boolean {
  if (textAt(form, 'FileReference', 'ReferenceNbr') === ticket) return true;
  return nodesAt(form, 'Reference').some(
    (node) =>
      textAt(node, 'ReferenceType') === '0' &&
      textAt(node, 'ReferenceOrigin') === '2' &&
      textAt(node, 'ReferenceNbr') === ticket,
  );
}

const refusedCode = '0';

function addForm(form: Node, tally: Tally): void {
  const [result] = nodesAt(form, 'HandlingResult');
  if (textAt(result, 'ResultCode') === refusedCode) tally.refused += 1;
  else tally.accepted += 1;
  const subject = subjectOf(form, tally.accepted + tally.refused);
  for (const report of nodesAt(result, 'AnomalyReport')) {
    if (tally.findings.length >= findingsMax) {
      tally.findingsCut = true;
      return;
    }
    tally.findings.push({ ...subject, ...findingOf(report) });
  }
}

type Subject = Pick<
  NotifiedFinding,
  'declaration' | 'ticket' | 'created' | 'employer' | 'reference'
>;

function subjectOf(form: Node, declaration: number): Subject {
  const [original] = nodesAt(form, 'HandledOriginalForm');
  const date = textAt(original, 'FormCreationDate') ?? '';
  const hour = textAt(original, 'FormCreationHour') ?? '';
  const own = nodesAt(form, 'Reference').find((node) => textAt(node, 'ReferenceOrigin') === '1');
  const [employerId] = nodesAt(form, 'EmployerId');
  const employer = textAt(employerId, 'CompanyID') ?? textAt(employerId, 'NOSSRegistrationNbr');
  const reference = textAt(own, 'ReferenceNbr');
  return {
    declaration,
    ticket: textAt(form, 'HandledReference', 'ReferenceNbr') ?? '',
    created: `${date} ${hour}`.trim(),
    ...(employer === undefined ? {} : { employer }),
    ...(reference === undefined ? {} : { reference }),
  };
}

type Told = Omit<NotifiedFinding, keyof Subject>;

function findingOf(report: Node): Told {
  const texts = {
    anomalyClass: textAt(report, 'AnomalyClass'),
    tag: textAt(report, 'TagName'),
    value: textAt(report, 'Value'),
    text: textAt(report, 'AnomalyLabel'),
    location: textAt(report, 'AnomalyLocation', 'Location'),
  };
  const numbers = {
    line: numberAt(report, 'LineNbr'),
    column: numberAt(report, 'ColumnNbr'),
  };
  const known = Object.entries({ ...texts, ...numbers }).filter(([, value]) => value !== undefined);
  return {
    errorId: textAt(report, 'ErrorID') ?? '',
    ...(Object.fromEntries(known) as Omit<Told, 'errorId'>),
  };
}

function numberAt(report: Node, name: string): number | undefined {
  const text = textAt(report, 'AnomalyLocation', name);
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
