import { Failure, type Ticket } from '../vocabulary/index.ts';
import { openAnswer } from './answer-schemas.ts';
import { formHeader } from './form-header.ts';
import { escapeText } from './markup.ts';

/** What the reception checks decided about one set. */
export interface ReceiptStory {
  readonly ticket: Ticket;
  /** The GO that started the work; for errors in a name, the file that bears it. */
  readonly fileName: string;
  readonly result: 'accepted' | 'refused';
  /** Annex 30 codes, none when accepted. Clients cope best with one: the first. */
  readonly errors: readonly { readonly code: string }[];
  readonly at: Date;
}

/**
 * The receipt (ACRF) of one set: one form, a ticket whether it was accepted or not, and for each
 * error `ACRF-` and its code. Throws `gateway.defect` when result and errors contradict each other.
 *
 * Source: glossary block 90181 (ACRF), 90167 (result of the reception).
 */
export function renderReceipt(story: ReceiptStory): string {
  const codes = [...new Set(story.errors.map(({ code }) => code))];
  assertConsistent(story, codes);
  return (
    `${openAnswer('ACRF')} <Form>\n` +
    formHeader({ identification: 'ACRF001', at: story.at, typeForm: 'PA' }) +
    '  <FileReference>\n' +
    `   <FileName>${escapeText(story.fileName)}</FileName>\n` +
    '   <ReferenceOrigin>2</ReferenceOrigin>\n' +
    `   <ReferenceNbr>${story.ticket}</ReferenceNbr>\n` +
    '  </FileReference>\n' +
    '  <ReceptionResult>\n' +
    `   <ResultCode>${story.result === 'accepted' ? '1' : '0'}</ResultCode>\n` +
    codes.map((code) => `   <ErrorID>ACRF-${code}</ErrorID>\n`).join('') +
    '  </ReceptionResult>\n' +
    ' </Form>\n' +
    '</ACRF>\n'
  );
}

function assertConsistent(story: ReceiptStory, codes: readonly string[]): void {
  const refused = story.result === 'refused';
  const named = story.fileName !== '';
  if (named && refused === codes.length > 0 && codes.every((code) => /^\d{3}$/.test(code))) return;
  throw new Failure('gateway.defect', {
    ticket: story.ticket,
    result: story.result,
    errors: codes.join(' '),
  });
}
