import type { NotificationStory, NotifiedForm } from '../../src/acknowledgement/index.ts';
import { ticketOf, type Finding, type SenderNumber } from '../../src/vocabulary/index.ts';

const batch = 4711;

export function notificationStory(changes: Partial<NotificationStory> = {}): NotificationStory {
  return {
    ticket: ticketOf(batch),
    fileName: 'GO.MEDC.012345.20260115.00001.R.1',
    receivedAt: new Date('2026-01-15T08:30:00.007Z'),
    channel: 'sftp',
    sender: '012345' as SenderNumber,
    at: new Date('2026-01-15T08:31:05.250Z'),
    ...changes,
  };
}

export function notifiedForm(number = 1, changes: Partial<NotifiedForm> = {}): NotifiedForm {
  return {
    ticket: ticketOf(batch, number),
    header: {
      identification: 'MEDC001',
      creationDate: '2026-01-15',
      creationHour: '09:29:58.123',
      attestationStatus: '0',
      typeForm: 'SU',
    },
    reference: `INVOICE ${String(number)}`,
    employers: [
      { kind: 'NSSO', number: '130387593' },
      { kind: 'KBO', number: '0206731645' },
    ],
    quarter: 20254,
    verdict: 'accepted',
    findings: [],
    ...changes,
  };
}

export function checkDigitFinding(changes: Partial<Finding> = {}): Finding {
  return {
    code: '004',
    zone: '00014',
    anomalyClass: 'B',
    tag: 'CompanyID',
    value: '0206731644',
    line: 12,
    column: 18,
    location: '1,1,7,2',
    detail: 'The last two digits should be 45.',
    ...changes,
  };
}

// eslint-disable-next-line @typescript-eslint/require-await -- rows come from a cursor; these are at hand
export async function* streamOf<T>(rows: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* rows;
}

export async function textOf(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}
