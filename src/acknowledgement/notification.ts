import {
  blocks,
  brusselsDate,
  brusselsHour,
  Failure,
  type EmployerRef,
  type Finding,
  type FormHeader,
  type Language,
  type SenderNumber,
  type Ticket,
} from '../vocabulary/index.ts';
import { anomalyReport } from './anomaly-report.ts';
import { openAnswer } from './answer-schemas.ts';
import { employerId } from './employer-id.ts';
import { formHeader, handledOriginalForm } from './form-header.ts';
import { chunkCharacters, cutText, escapeText } from './markup.ts';

/** How a set reached the gateway. Source: glossary zone 00737. */
export const channelCodes = {
  ftp: 0,
  web: 3,
  amqp: 6,
  'web-service': 13,
  sftp: 14,
} as const;

export type ReceptionChannel = keyof typeof channelCodes;

/** What all forms of one notification have in common. */
export interface NotificationStory {
  /** Of the file, as its receipt gave it. */
  readonly ticket: Ticket;
  /** The name in the receipt. */
  readonly fileName: string;
  readonly receivedAt: Date;
  readonly channel: ReceptionChannel;
  readonly sender: SenderNumber;
  readonly at: Date;
  /** Of the labels; English when it is not given. */
  readonly language?: Language;
}

/** The verdict on one declaration. */
export interface NotifiedForm {
  /** Of the form. */
  readonly ticket: Ticket;
  readonly header: FormHeader;
  /** The declarant's own reference. */
  readonly reference?: string;
  readonly employers: readonly EmployerRef[];
  /** YYYYQ, when the declaration is about a quarter. */
  readonly quarter?: number;
  readonly verdict: 'accepted' | 'refused';
  /** Zone 00232; derived from the findings when it is not given. */
  readonly diagnosis?: 0 | 1 | 2 | 3 | 4;
  readonly findings: readonly Finding[];
  /** Of a set in parts: the name of the file it stands in, which its lines are counted in. */
  readonly file?: string;
}

/**
 * The notification (NOTI) of one set: a form for every declaration, in the order given, in pieces
 * of about 64 KiB. The same rows give the same characters. Throws `gateway.defect` when there is no
 * declaration at all: such a file is refused in its receipt.
 *
 * Source: glossary block 90180 and the order of its children in NOTIFICATION_20223.xsd.
 */
export async function* notificationChunks(
  story: NotificationStory,
  forms: AsyncIterable<NotifiedForm>,
): AsyncGenerator<string, void, undefined> {
  const { language = 'en' } = story;
  const opening = formOpening(story);
  const fileTicket = reference('Reference', { type: 0, origin: 2, number: story.ticket });
  let text = openAnswer('NOTIFICATION');
  let count = 0;
  for await (const form of forms) {
    text += opening + formSubject(form, fileTicket) + handlingResult(form);
    for (const finding of form.findings) {
      text += anomalyReport(finding, { language, file: form.file });
      // A single form may carry any number of findings.
      if (text.length >= chunkCharacters) {
        yield text;
        text = '';
      }
    }
    text += '  </HandlingResult>\n </Form>\n';
    count += 1;
    if (text.length >= chunkCharacters) {
      yield text;
      text = '';
    }
  }
  if (count === 0) throw new Failure('gateway.defect', { ticket: story.ticket, forms: 0 });
  yield `${text}</NOTIFICATION>\n`;
}

const fileNameUnitsMax = 64;
const referenceUnitsMax = 64;

/** The part that is the same for every form, from its start tag to the file it came in. */
function formOpening(story: NotificationStory): string {
  return (
    ' <Form>\n' +
    formHeader({ identification: 'NOTI001', at: story.at, typeForm: 'FA' }) +
    '  <FileReference>\n' +
    `   <FileName>${escapeText(cutText(story.fileName, fileNameUnitsMax))}</FileName>\n` +
    '   <ReferenceOrigin>2</ReferenceOrigin>\n' +
    `   <ReferenceNbr>${story.ticket}</ReferenceNbr>\n` +
    '  </FileReference>\n' +
    '  <FileReceptionInformation>\n' +
    `   <ReceptionDate>${brusselsDate(story.receivedAt)}</ReceptionDate>\n` +
    `   <ReceptionHour>${brusselsHour(story.receivedAt)}</ReceptionHour>\n` +
    `   <Channel>${String(channelCodes[story.channel])}</Channel>\n` +
    '  </FileReceptionInformation>\n' +
    '  <HandledOriginalFile>\n' +
    `   <SenderId>${story.sender}</SenderId>\n` +
    '  </HandledOriginalFile>\n'
  );
}

function formSubject(form: NotifiedForm, fileTicket: string): string {
  const own = cutText(form.reference ?? '', referenceUnitsMax);
  return (
    handledOriginalForm(form.header) +
    fileTicket +
    (own === '' ? '' : reference('Reference', { type: 1, origin: 1, number: escapeText(own) })) +
    employerId(form.employers) +
    concernedQuarter(form.quarter) +
    reference('HandledReference', { type: 1, origin: 2, number: form.ticket })
  );
}

function reference(name: string, o: { type: number; origin: number; number: string }): string {
  return (
    `  <${name}>\n` +
    `   <ReferenceType>${String(o.type)}</ReferenceType>\n` +
    `   <ReferenceOrigin>${String(o.origin)}</ReferenceOrigin>\n` +
    `   <ReferenceNbr>${o.number}</ReferenceNbr>\n` +
    `  </${name}>\n`
  );
}

const quarterMin = 20_031;

function concernedQuarter(quarter: number | undefined): string {
  if (quarter === undefined || quarter < quarterMin || !/^\d{4}[1-4]$/.test(String(quarter))) {
    return '';
  }
  return `  <ConcernedQuarter>\n   <Quarter>${String(quarter)}</Quarter>\n  </ConcernedQuarter>\n`;
}

function handlingResult(form: NotifiedForm): string {
  const diagnosis = form.verdict === 'accepted' ? undefined : diagnosisOf(form);
  return (
    '  <HandlingResult>\n' +
    `   <ResultCode>${form.verdict === 'accepted' ? '1' : '0'}</ResultCode>\n` +
    (diagnosis === undefined ? '' : `   <Diagnosis>${String(diagnosis)}</Diagnosis>\n`)
  );
}

/** 3 refused for a blocking finding, 4 refused for too many; undefined when no finding explains it. */
function diagnosisOf(form: NotifiedForm): number | undefined {
  if (form.diagnosis !== undefined) return form.diagnosis;
  if (form.findings.some(blocks)) return 3;
  return form.findings.some(({ anomalyClass }) => anomalyClass === 'P') ? 4 : undefined;
}
