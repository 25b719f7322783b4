import type { Command } from 'commander';
import {
  explainDeclaration,
  findBatch,
  listBatches,
  showBatch,
  type ExplainedDeclaration,
  type ShownBatch,
  type ShownFinding,
  type ShownParcel,
} from '../storage/index.ts';
import { Failure } from '../vocabulary/index.ts';
import { parseMoment } from './moment.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';

const listMaxDefault = 50;
const listMaxMax = 10_000;
const findingsMaxDefault = 1_000;
const findingsMaxMax = 1_000_000;
const findingsPrinted = 20;
const parcelsPrinted = 50;

/** `sluis batch`: what became of a set. */
export const registerBatch: RegisterCommand = (program, frame) => {
  const batch = program
    .command('batch')
    .description('batches: what was received, and what became of it');
  registerList(batch, frame);
  registerShow(batch, frame);
  registerExplain(batch, frame);
};

function registerList(batch: Command, frame: CommandFrame): void {
  batch
    .command('list')
    .description('the newest batches')
    .option('--sender <number>', 'of one sender')
    .option('--state <state>', 'RECEIVED, ACCEPTED, REFUSED, NOTIFIED, QUARANTINED, …')
    .option('--since <time>', 'received at or after: 2h, 3d, 2026-01-15 or an instant')
    .option('--max <n>', 'so many', String(listMaxDefault))
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluis batch list --state QUARANTINED\n  $ sluis batch list --sender 123456 --since 2d --json',
    )
    .action(async (given: ListOptions) => {
      const { database } = await frame.office();
      const lines = await listBatches(database.knex, {
        max: wholeNumber(given.max, '--max', listMaxMax),
        ...(given.sender === undefined ? {} : { sender: given.sender }),
        ...(given.state === undefined ? {} : { state: given.state.toUpperCase() }),
        ...(given.since === undefined ? {} : { since: parseMoment(given.since, frame.clock) }),
      });
      frame.out.json(lines);
      frame.out.table(
        ['ticket', 'received', 'sender', 'file', 'state', 'declarations', 'refused', 'error'],
        lines.map((line) => [
          line.ticket,
          line.receivedAt,
          line.sender,
          line.fileName,
          line.state,
          String(line.declarations),
          String(line.refused),
          line.error ?? '-',
        ]),
      );
      if (lines.length === 0) frame.out.print('no batch matches');
    });
}

interface ListOptions {
  readonly sender?: string;
  readonly state?: string;
  readonly since?: string;
  readonly max: string;
}

function registerShow(batch: Command, frame: CommandFrame): void {
  batch
    .command('show')
    .argument('<ticket|file>', 'its ticket, or the name of one of its files')
    .option('--findings <n>', 'at most so many findings', String(findingsMaxDefault))
    .description('one batch: receipt, verdicts, findings, answers, timeline')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluis batch show S00000010000A\n  $ sluis batch show GO.MEDC.123456.20260115.00001.R.1 --json',
    )
    .action(async (name: string, given: { readonly findings: string }) => {
      const { database } = await frame.office();
      const max = wholeNumber(given.findings, '--findings', findingsMaxMax);
      const shown = await showBatch(database.knex, await findBatch(database.knex, name), max);
      frame.out.json(shown);
      for (const text of linesOf(shown)) frame.out.print(text);
    });
}

function linesOf(shown: ShownBatch): readonly string[] {
  const { declarations, receipt } = shown;
  return [
    `${shown.ticket}  ${shown.fileName}  ${shown.state}`,
    `receipt       ${receipt.result ?? 'not given yet'}`,
    ...receipt.errors.map(({ code, detail }) => `              ACRF-${code} ${detail}`),
    `declarations  ${String(declarations.total)}: ${String(declarations.accepted)} accepted, ${String(declarations.refused)} refused`,
    ...shown.findings.slice(0, findingsPrinted).map((finding) => `  ${findingText(finding)}`),
    ...moreFindings(shown),
    'answers',
    ...shown.parcels.slice(0, parcelsPrinted).map((parcel) => `  ${parcelText(parcel)}`),
    ...(shown.parcels.length > parcelsPrinted ? ['  and more: --json'] : []),
    'timeline',
    ...shown.timeline.map(({ at, code, facts }) => `  ${at}  ${code}  ${JSON.stringify(facts)}`),
  ];
}

/** Nothing but name and state when all is well; why not, when it is not. */
function parcelText({ files, state, channel, to, attempts, lastError }: ShownParcel): string {
  const what = `${files[0] ?? ''}  ${state}`;
  if (lastError === null) return what;
  return `${what}  by ${channel} to ${to}: ${lastError}, ${String(attempts)} attempts`;
}

function moreFindings({ findings, findingsLeftOut }: ShownBatch): readonly string[] {
  const more = Math.max(0, findings.length - findingsPrinted) + findingsLeftOut;
  return more === 0 ? [] : [`  and ${String(more)} more findings: --json, or --findings N`];
}

function findingText(finding: ShownFinding): string {
  const place =
    finding.line === undefined ? '' : ` at ${String(finding.line)}:${String(finding.column ?? 1)}`;
  const file = finding.file === undefined ? '' : ` in ${finding.file}`;
  const tag = finding.tag === undefined ? '' : ` ${finding.tag}`;
  return `#${String(finding.declaration)} ${finding.errorId} ${finding.class}${tag}${place}${file}: ${finding.detail ?? ''}`;
}

function registerExplain(batch: Command, frame: CommandFrame): void {
  batch
    .command('explain')
    .argument('<ticket|file>', 'its ticket, or the name of one of its files')
    .requiredOption('--declaration <n>', 'its place in the file, from 1')
    .description('why a declaration got this verdict, this route and these amounts')
    .addHelpText('after', '\nExamples:\n  $ sluis batch explain S00000010000A --declaration 17')
    .action(async (name: string, given: { readonly declaration: string }) => {
      const { database } = await frame.office();
      const number = wholeNumber(given.declaration, '--declaration', 10_000_000);
      const id = await findBatch(database.knex, name);
      const explained = await explainDeclaration(database.knex, id, number);
      frame.out.json(explained);
      for (const text of explanationOf(explained)) frame.out.print(text);
    });
}

function explanationOf(explained: ExplainedDeclaration): readonly string[] {
  const { route, assessment, file } = explained;
  const trace = (assessment as { trace?: readonly TraceLine[] } | null)?.trace ?? [];
  return [
    `declaration ${String(explained.declaration)} of ${explained.ticket}, ticket ${explained.formTicket}, line ${String(explained.line)}${file === null ? '' : ` in ${file}`}`,
    `employer      ${explained.employer ?? 'none named'}`,
    `verdict       ${explained.verdict}`,
    ...explained.findings.map((finding) => `  ${findingText(finding)}`),
    `route         ${route.recipient ?? '-'} by ${route.channel ?? '-'} (rule ${route.rule ?? '-'})`,
    ...(route.explanation === null ? [] : [`  ${route.explanation}`]),
    ...(trace.length === 0 ? [] : ['assessment']),
    ...trace.map(({ rule, text, value }) => `  ${rule.padEnd(5)} ${text}: ${String(value)}`),
  ];
}

interface TraceLine {
  readonly rule: string;
  readonly text: string;
  readonly value: string | number;
}

function wholeNumber(text: string, option: string, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw new Failure('cli.usage', { option, given: text, max });
  return value;
}
