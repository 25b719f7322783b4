import { Option } from 'commander';
import { journalLevels, type JournalFilter, type RecordedEvent } from '../operations/index.ts';
import { Failure, isTicket } from '../vocabulary/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { parseSince } from './since.ts';

interface LogOptions {
  readonly follow?: true;
  readonly batch?: string;
  readonly level?: (typeof journalLevels)[number];
  readonly since?: string;
  readonly sender?: string;
  readonly username?: string;
  readonly lines?: string;
}

/** `sluis log`: the processing journal. */
export const registerLog: RegisterCommand = (program, frame) => {
  program
    .command('log')
    .description('the processing journal: what happened to whom, when and why')
    .option('-f, --follow', 'goes on with what is added, until stopped')
    .option('--batch <ticket|file>', 'of one batch, by ticket or by file name')
    .addOption(new Option('--level <level>', 'this level and above').choices(journalLevels))
    .option('--since <time>', 'from an instant (2026-01-31T10:00:00Z), a date, or so long ago (2h)')
    .option('--sender <number>', 'of one sender number')
    .option('--username <name>', 'of one technical user')
    .option('-n, --lines <count>', 'the newest so many', '1000')
    .addHelpText('after', examples)
    .action(async (options: LogOptions) => {
      await showLog(frame, options);
    });
};

async function showLog(frame: CommandFrame, options: LogOptions): Promise<void> {
  const filter = filterOf(frame, options);
  const { journal } = await frame.office();
  if (options.follow === true) {
    for await (const event of journal.follow(filter, frame.stopped)) show(frame, event);
    return;
  }
  for (const event of await journal.read(filter)) show(frame, event);
}

const linesMax = 100_000;

function filterOf(frame: CommandFrame, options: LogOptions): JournalFilter {
  const { batch, level, since, sender, username } = options;
  const newest = Number(options.lines);
  if (!Number.isInteger(newest) || newest < 1 || newest > linesMax) {
    throw new Failure('cli.usage', { lines: options.lines ?? '' });
  }
  return {
    newest,
    ...(batch !== undefined && (isTicket(batch) ? { ticket: batch } : { fileName: batch })),
    ...(level !== undefined && { level }),
    ...(since !== undefined && { since: parseSince(since, frame.clock) }),
    ...(sender !== undefined && { sender }),
    ...(username !== undefined && { username }),
  };
}

function show({ out }: CommandFrame, event: RecordedEvent): void {
  out.line(event);
  out.print(written(event));
}

function written(event: RecordedEvent): string {
  const { at, level, code, ticket, sender, username, source, fileName, facts = {} } = event;
  const about = { ticket, sender, user: username, from: source, file: fileName, ...facts };
  const pairs = Object.entries(about)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${printable(String(value))}`);
  return [at.toISOString(), level.padEnd(5), code, ...pairs].join(' ');
}

/** Names and texts come from clients: nothing of theirs steers the operator's terminal. */
function printable(text: string): string {
  return /^[\x21-\x7e]+$/.test(text) ? text : JSON.stringify(text);
}

const examples = `
With --json one event a line.

Examples:
  $ sluis log -f --level warn
  $ sluis log --batch FI.MEDC.123456.20260131.00001.R --json
  $ sluis log --since 2h --sender 123456`;
