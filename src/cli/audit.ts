import { Failure } from '../vocabulary/index.ts';
import type { AuditFilter, AuditRow } from '../identity/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { parseSince } from './since.ts';

interface ListOptions {
  readonly actor?: string;
  readonly target?: string;
  readonly event?: string;
  readonly action?: string;
  readonly enterprise?: string;
  readonly since?: string;
  readonly until?: string;
  readonly before?: string;
  readonly max: string;
}

/** `sluis audit`: who did what, and whether anybody touched the record of it. */
export const registerAudit: RegisterCommand = (program, frame) => {
  const group = program.command('audit').description('the audit trail');
  group
    .command('list')
    .description('events, newest first')
    .option('--actor <name>', 'who did it')
    .option('--target <what>', 'such as `person ID` or `enterprise KBO`')
    .option('--event <name>', 'such as authz_fail')
    .option('--action <name>', 'such as role.block')
    .option('--enterprise <kbo>', 'in this enterprise')
    .option('--since <when>', '2h, 2026-01-31 or an instant')
    .option('--until <when>', '2h, 2026-01-31 or an instant')
    .option('--before <number>', 'continues before this event')
    .option('--max <rows>', 'at most 1000', '50')
    .addHelpText('after', listExamples)
    .action((options: ListOptions) => list(frame, options));
  group
    .command('verify')
    .description('computes every hash of the trail again; exit code 1 when one does not fit')
    .option('--head <seq:hash>', 'as an earlier run said it: shows a trail that was cut as well')
    .action((options: { readonly head?: string }) => verify(frame, options.head));
  group
    .command('export')
    .description('every event, oldest first, as JSON lines')
    .action(async () => {
      const { identity } = await frame.office();
      for await (const row of identity.audit.each()) {
        if (frame.stopped.aborted) return;
        frame.out.line(shown(row));
        frame.out.print(JSON.stringify(shown(row)));
      }
    });
};

async function list(frame: CommandFrame, options: ListOptions): Promise<void> {
  const { identity } = await frame.office();
  const { since, until, before, max, ...plain } = options;
  const filter: AuditFilter = {
    ...plain,
    ...(since === undefined ? {} : { since: parseSince(since, frame.clock) }),
    ...(until === undefined ? {} : { until: parseSince(until, frame.clock) }),
  };
  const page = await identity.audit.list({
    ...filter,
    max: Number(max) || 50,
    ...(before === undefined ? {} : { before: seqOf(before) }),
  });
  frame.out.json(page.rows.map(shown));
  frame.out.table(
    ['number', 'when', 'actor', 'as', 'event', 'action', 'target', 'result'],
    page.rows.map(({ seq, at, actor, actingAs, event, action, target, result }) =>
      [...[String(seq), at.toISOString(), actor, actingAs, event, action, target, result]].map(
        printable,
      ),
    ),
  );
  if (page.next !== undefined) frame.out.progress(`more: --before ${page.next}`);
}

async function verify(frame: CommandFrame, head: string | undefined): Promise<void> {
  const { identity } = await frame.office();
  const verdict = await identity.audit.verify(head === undefined ? undefined : headOf(head));
  frame.out.json(verdict);
  if (verdict.ok) {
    frame.out.print(`${verdict.events} events, every hash fits`);
    frame.out.print(`head ${verdict.events}:${verdict.head}`);
    return;
  }
  frame.out.print(`event ${verdict.at}: ${said[verdict.why]}`);
  frame.sayNo();
}

const said = {
  changed: 'it was changed, or the ones before it were',
  missing: 'it is missing',
  cut: 'the trail ends before it',
} as const;

function headOf(text: string): { readonly seq: bigint; readonly hash: string } {
  const [seq = '', hash = ''] = text.split(':');
  if (!/^[0-9a-f]{64}$/.test(hash)) {
    throw new Failure('cli.usage', { head: text, expected: 'NUMBER:HASH' });
  }
  return { seq: seqOf(seq), hash };
}

function seqOf(text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new Failure('cli.usage', { number: text, expected: 'the number of an event' });
}

function shown({ hash, prevHash, ...row }: AuditRow): object {
  const seq = Number(row.seq);
  return { ...row, seq, hash: hash.toString('hex'), prevHash: prevHash.toString('hex') };
}

/** Names come from clients: nothing of theirs steers the operator's terminal. */
function printable(text: string): string {
  return /^[\x20-\x7e]+$/.test(text) ? text : JSON.stringify(text);
}

const listExamples = `
Examples:
  $ sluis audit list --event authz_fail --since 2h
  $ sluis audit list --target "enterprise 0206731645" --json
  $ sluis audit verify --head 1042:4f0c…`;
