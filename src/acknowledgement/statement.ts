import type { Ticket } from '../vocabulary/index.ts';
import { openAnswer } from './answer-schemas.ts';
import { formHeader, handledOriginalForm } from './form-header.ts';
import { chunkCharacters, cutText, escapeText } from './markup.ts';
import type { StatedAssessment, StatedForm, StatedStep } from './stated-form.ts';
import { addAmounts, noTotals, renderTotals, type StatementTotals } from './statement-totals.ts';

/** What all forms of one statement have in common. */
export interface StatementStory {
  /** Of the file, as its receipt gave it. */
  readonly ticket: Ticket;
  /** The name in the receipt. */
  readonly fileName: string;
  readonly at: Date;
}

const referenceUnitsMax = 64;
const ruleUnitsMax = 20;
const basisUnitsMax = 250;
const textUnitsMax = 500;
const valueUnitsMax = 100;

/**
 * The statement of contributions computed from one file: a form for every assessed declaration, in
 * the order given, and a closing block with counts and exact sums; in pieces of about 64 KiB. Throws
 * `gateway.defect` for an amount that is none.
 */
export async function* statementChunks(
  story: StatementStory,
  forms: AsyncIterable<StatedForm>,
): AsyncGenerator<string, void, undefined> {
  const provisional = formOpening(story, true);
  const final = formOpening(story, false);
  const totals = noTotals();
  let text = openAnswer('ContributionStatement');
  for await (const form of forms) {
    text += (form.provisional ? provisional : final) + formSubject(form);
    text += renderAssessment(form.assessment, totals) + ' </Form>\n';
    if (text.length >= chunkCharacters) {
      yield text;
      text = '';
    }
  }
  yield `${text}${renderTotals(totals)}</ContributionStatement>\n`;
}

function formOpening(story: StatementStory, provisional: boolean): string {
  const typeForm = provisional ? 'PA' : 'FA';
  return (
    ' <Form>\n' +
    formHeader({ identification: 'STAT001', at: story.at, typeForm }) +
    '  <FileReference>\n' +
    `   <FileName>${escapeText(story.fileName)}</FileName>\n` +
    '   <ReferenceOrigin>2</ReferenceOrigin>\n' +
    `   <ReferenceNbr>${story.ticket}</ReferenceNbr>\n` +
    '  </FileReference>\n'
  );
}

function formSubject(form: StatedForm): string {
  const own = cutText(form.reference ?? '', referenceUnitsMax);
  return (
    handledOriginalForm(form.header) +
    (own === ''
      ? ''
      : '  <Reference>\n' +
        '   <ReferenceType>1</ReferenceType>\n' +
        '   <ReferenceOrigin>1</ReferenceOrigin>\n' +
        `   <ReferenceNbr>${escapeText(own)}</ReferenceNbr>\n` +
        '  </Reference>\n') +
    '  <HandledReference>\n' +
    '   <ReferenceType>1</ReferenceType>\n' +
    '   <ReferenceOrigin>2</ReferenceOrigin>\n' +
    `   <ReferenceNbr>${form.ticket}</ReferenceNbr>\n` +
    '  </HandledReference>\n' +
    `  <CompanyID>${escapeText(form.company)}</CompanyID>\n` +
    `  <ContributionYear>${String(form.year)}</ContributionYear>\n` +
    `  <Provisional>${form.provisional ? '1' : '0'}</Provisional>\n`
  );
}

function renderAssessment(assessment: StatedAssessment, totals: StatementTotals): string {
  const { status, reason, entities, trace } = assessment;
  return (
    '  <Assessment>\n' +
    `   <Status>${status}</Status>\n` +
    (reason === undefined ? '' : `   <Reason>${fitted(reason, valueUnitsMax)}</Reason>\n`) +
    (entities === null ? '' : `   <Entities>${String(entities)}</Entities>\n`) +
    addAmounts(totals, assessment) +
    trace.map(renderStep).join('') +
    '  </Assessment>\n'
  );
}

function renderStep({ rule, basis, text, value }: StatedStep): string {
  return (
    '   <TraceLine>\n' +
    `    <Rule>${fitted(rule, ruleUnitsMax)}</Rule>\n` +
    (basis === undefined ? '' : `    <Basis>${fitted(basis, basisUnitsMax)}</Basis>\n`) +
    `    <Text>${fitted(text, textUnitsMax)}</Text>\n` +
    `    <Value>${fitted(String(value), valueUnitsMax)}</Value>\n` +
    '   </TraceLine>\n'
  );
}

function fitted(text: string, unitsMax: number): string {
  return escapeText(cutText(text, unitsMax));
}
