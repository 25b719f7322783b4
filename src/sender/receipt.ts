import { Failure } from '../vocabulary/index.ts';
import { nodesAt, readForms, textAt } from './answer-forms.ts';

/** What a receipt (ACRF) says about one set. */
export interface Receipt {
  /** The file the receipt is about: our GO, or the file whose name was wrong. */
  readonly fileName: string;
  readonly ticket: string;
  readonly accepted: boolean;
  /** `ACRF-nnn`; none when accepted. */
  readonly errors: readonly string[];
}

/** Reads the receipts of an ACRF file, mostly one. Throws Failure `sender.bad-answer`. */
export async function readReceipts(path: string): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for await (const form of readForms({ path, root: 'ACRF' })) {
    const fileName = textAt(form, 'FileReference', 'FileName');
    const result = textAt(form, 'ReceptionResult', 'ResultCode');
    if (fileName === undefined || (result !== '0' && result !== '1')) {
      throw new Failure('sender.bad-answer', { path, reason: 'a receipt without file or result' });
    }
    const [reception] = nodesAt(form, 'ReceptionResult');
    receipts.push({
      fileName,
      ticket: textAt(form, 'FileReference', 'ReferenceNbr') ?? '',
      accepted: result === '1',
      errors: nodesAt(reception, 'ErrorID').flatMap((node) => textAt(node) ?? []),
    });
    if (receipts.length > receiptsMax) {
      throw new Failure('sender.bad-answer', { path, reason: 'too many receipts in one file' });
    }
  }
  return receipts;
}

const receiptsMax = 10_000;
