import type {
  OutgoingSet,
  ReceivedNotification,
  ReceivedReceipt,
  Sender,
} from '../sender/index.ts';
import { Failure } from '../vocabulary/index.ts';
import type { CommandFrame } from './frame.ts';

export interface Answers {
  readonly fileName: string;
  readonly receipt: ReceivedReceipt;
  /** Absent when the receipt is negative: nothing follows it. */
  readonly notification?: ReceivedNotification;
  /** Where the statement was kept, when one came. */
  readonly statement?: string;
}

/** A statement follows its notification at once; a set without assessed declarations has none. */
const statementMsMax = 10_000;

/** Waits for the receipt, then for a verdict on every declaration, then for the statement. */
export async function awaitAnswers(
  frame: CommandFrame,
  o: { readonly set: OutgoingSet; readonly sender: Sender; readonly timeoutMs: number },
): Promise<Answers> {
  const { set, sender, timeoutMs } = o;
  const fileName = set.goName;
  const receipt = await sender.waitForReceipt(fileName, { timeoutMs });
  if (!receipt.accepted) return { fileName, receipt };
  frame.out.progress(`receipt: accepted, ticket ${receipt.ticket}`);
  const { environment } = set.name;
  const { ticket } = receipt;
  const { declarations } = set;
  const waiting = { environment, declarations, timeoutMs };
  const notification = await sender.waitForNotification(ticket, waiting);
  // A circuit test gives real verdicts, and computes nothing.
  const computed = set.name.type === 'MEDC' && environment !== 'T';
  if (!computed || notification.accepted === 0) {
    return { fileName, receipt, notification };
  }
  const statement = await statementOf(sender, ticket, { environment });
  return { fileName, receipt, notification, ...(statement === undefined ? {} : { statement }) };
}

async function statementOf(
  sender: Sender,
  ticket: string,
  { environment }: Pick<OutgoingSet['name'], 'environment'>,
): Promise<string | undefined> {
  const waiting = { environment, type: 'STAT', timeoutMs: statementMsMax };
  try {
    return await sender.waitForAnswer(ticket, waiting);
  } catch (error) {
    if (error instanceof Failure && error.code === 'sender.no-answer') return undefined;
    throw error;
  }
}

const duplicateName = 'ACRF-133';

export function showAnswers(frame: CommandFrame, answers: Answers): void {
  const { fileName, receipt, notification, statement } = answers;
  const { ticket, accepted, errors } = receipt;
  frame.out.json({
    fileName,
    receipt: { fileName: receipt.fileName, ticket, result: accepted ? 1 : 0, accepted, errors },
    notification:
      notification === undefined
        ? null
        : {
            accepted: notification.accepted,
            refused: notification.refused,
            findings: notification.findings,
            findingsCut: notification.findingsCut,
          },
    statement: statement ?? null,
  });
  frame.out.table(
    ['set', 'receipt', 'ticket', 'accepted', 'refused', 'findings'],
    [
      [
        fileName,
        accepted ? 'accepted' : errors.join(' '),
        ticket,
        String(notification?.accepted ?? '-'),
        String(notification?.refused ?? '-'),
        String(notification?.findings.length ?? '-'),
      ],
    ],
  );
  if (notification !== undefined) showFindings(frame, notification);
  if (errors.includes(duplicateName)) {
    frame.out.progress('the sequence was used before on this day: send with the next --sequence');
  }
}

const findingsShownMax = 50;

function showFindings(frame: CommandFrame, { findings }: ReceivedNotification): void {
  if (findings.length === 0) return;
  frame.out.print('');
  frame.out.table(
    ['declaration', 'employer', 'line:column', 'code', 'class', 'element', 'text'],
    findings
      .slice(0, findingsShownMax)
      .map((one) => [
        String(one.declaration),
        one.employer ?? '-',
        `${String(one.line ?? '-')}:${String(one.column ?? '-')}`,
        one.errorId,
        one.anomalyClass ?? '-',
        one.tag ?? '-',
        one.text ?? '-',
      ]),
  );
  const more = findings.length - findingsShownMax;
  if (more > 0) frame.out.print(`… and ${String(more)} more (--json has all of them)`);
}
