import { createReadStream } from 'node:fs';
import { Failure, formatQuarter } from '../vocabulary/index.ts';
import type { MandateRecord } from '../routing/index.ts';
import { operator } from './operator.ts';
import type { Command } from 'commander';
import type { CommandFrame, RegisterCommand } from './frame.ts';

const rowsMax = 10_000;

interface Parties {
  readonly mandator: string;
  readonly mandatary: string;
  readonly object: string;
}

/** `sluis mandate`: who may declare for whom. */
export const registerMandate: RegisterCommand = (program, frame) => {
  const group = program
    .command('mandate')
    .description('who may declare for whom; nobody needs one for itself');
  registerAdd(group, frame);
  registerImport(group, frame);
  registerList(group, frame);
  registerEnd(group, frame);
};

function withParties(command: Command): Command {
  return command
    .requiredOption('--mandator <kbo>', 'enterprise that is declared for')
    .requiredOption('--mandatary <kbo>', 'enterprise that declares')
    .requiredOption('--object <name>', 'what it is for: MEDC, DMFA, …');
}

function registerAdd(group: Command, frame: CommandFrame): void {
  withParties(group.command('add').description('registers a mandate, active at once'))
    .requiredOption('--from <quarter>', 'first quarter, 2026Q1')
    .option('--to <quarter>', 'last quarter; without it the mandate stays open')
    .addHelpText('after', addExamples)
    .action(async (options: Parties & { readonly from: string; readonly to?: string }) => {
      const { mandator, mandatary, object, from, to } = options;
      const { mandates } = await frame.office();
      const { outcome, mandate } = await mandates.add({
        ...{ mandator, mandatary, object, from, by: operator() },
        ...(to === undefined ? {} : { to }),
      });
      frame.out.json({ outcome, ...shown(mandate) });
      frame.out.print(
        outcome === 'added'
          ? `mandate added: ${sentence(mandate)}`
          : `there already: ${sentence(mandate)}`,
      );
    });
}

function registerImport(group: Command, frame: CommandFrame): void {
  group
    .command('import')
    .description(
      'registers the mandates of a CSV file; lines that are there already are passed over',
    )
    .argument('<file>', 'CSV in UTF-8 with the header mandator,mandatary,object,from,to')
    .addHelpText('after', importExamples)
    .action(async (file: string) => {
      const { mandates } = await frame.office();
      const result = await mandates.importCsv(bytesOf(file), { by: operator() });
      const { added, already, refused, refusedTotal } = result;
      frame.out.json(result);
      frame.out.print(`${added} added, ${already} there already, ${refusedTotal} refused`);
      for (const { line, reason } of refused) frame.out.print(`  line ${line}: ${reason}`);
      if (refusedTotal > refused.length) frame.out.print('  …');
      if (refusedTotal > 0) frame.sayNo();
    });
}

/** @throws Failure `cli.unreadable` */
async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const piece of createReadStream(path)) yield piece as Buffer;
  } catch (thrown) {
    const { code, syscall } = thrown as NodeJS.ErrnoException;
    if (syscall === undefined) throw thrown;
    throw new Failure('cli.unreadable', { path, reason: code ?? 'unknown' }, thrown);
  }
}

function registerList(group: Command, frame: CommandFrame): void {
  group
    .command('list')
    .description('mandates by mandator, past ones included, at most 10,000 after the one given')
    .option('--mandator <kbo>', 'of this enterprise only')
    .option('--mandatary <kbo>', 'to this enterprise only')
    .option('--object <name>', 'for this object only')
    .option('--after <key>', 'continues after this mandate (`key` of --json)')
    .action(async (options: Partial<Parties> & { readonly after?: string }) => {
      const { mandates } = await frame.office();
      const records = await mandates.list({ ...options, max: rowsMax });
      frame.out.json(records.map((one) => ({ key: one.key, ...shown(one) })));
      frame.out.table(
        ['mandator', 'mandatary', 'object', 'from', 'to'],
        records.map(({ mandator, mandatary, object, from, to }) => [
          ...[mandator, mandatary, object, formatQuarter(from)],
          to === undefined ? '-' : formatQuarter(to),
        ]),
      );
    });
}

function registerEnd(group: Command, frame: CommandFrame): void {
  withParties(group.command('end').description('gives a mandate its last quarter'))
    .requiredOption('--to <quarter>', 'last quarter it covers, 2026Q4')
    .action(async ({ mandator, mandatary, object, to }: Parties & { readonly to: string }) => {
      const { mandates } = await frame.office();
      const mandate = await mandates.end({ mandator, mandatary, object, to, by: operator() });
      frame.out.json(shown(mandate));
      frame.out.print(`mandate ended: ${sentence(mandate)}`);
    });
}

function shown({ mandator, mandatary, object, from, to, addedAt }: MandateRecord): object {
  return {
    ...{ mandator, mandatary, object, from: formatQuarter(from) },
    to: to === undefined ? null : formatQuarter(to),
    addedAt,
  };
}

function sentence({ mandator, mandatary, object, from, to }: MandateRecord): string {
  const until = to === undefined ? 'on' : `to ${formatQuarter(to)}`;
  return `${mandatary} for ${mandator}, ${object}, from ${formatQuarter(from)} ${until}`;
}

const addExamples = `
Examples:
  $ sluis mandate add --mandator 0206731645 --mandatary 0403019261 --object MEDC --from 2026Q1`;
const importExamples = `
Examples:
  $ sluis mandate import mandates.csv`;
