import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InvalidArgumentError } from 'commander';
import { latestYear, mandateCsv, medcBatch } from '../sender/index.ts';
import { Failure, isRealDate } from '../vocabulary/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';

interface MedcFlags {
  readonly declarations: number;
  readonly invalid: number;
  readonly seed: number;
  readonly year: number;
  readonly created?: string;
  readonly out?: string;
}

interface MandateFlags {
  readonly declarations: number;
  readonly seed: number;
  readonly mandatary: string;
  readonly object: string;
  readonly from: string;
  readonly to?: string;
  readonly out?: string;
}

/** `sluis make medc` and `make mandates`: test batches, the same for the same seed. */
export const registerMake: RegisterCommand = (program, frame) => {
  const make = program.command('make').description('makes realistic test files');
  make
    .command('medc')
    .description('a batch of medical-device contributions, as XML on stdout')
    .requiredOption('--declarations <n>', 'how many', wholeNumber)
    .option('--invalid <percent>', 'share of wrong declarations, e.g. 0.5', decimal, 0)
    .option('--seed <s>', 'the same seed makes the same bytes', wholeNumber, 1)
    .option('--year <year>', 'contribution year', wholeNumber, latestYear)
    .option('--created <date>', 'day the forms say they were made, YYYY-MM-DD')
    .option('--out <file>', 'writes there in place of stdout')
    .addHelpText('after', medcExamples)
    .action(async (flags: MedcFlags) => {
      const { declarations, invalid, seed, year } = flags;
      const at = flags.created === undefined ? undefined : morningOf(flags.created);
      const options = { declarations, invalidPercent: invalid, seed, year };
      const pieces = medcBatch(at === undefined ? options : { ...options, at });
      await write(frame, { pieces, what: `${String(declarations)} declarations`, ...outOf(flags) });
    });
  make
    .command('mandates')
    .description('mandates of the employers of such a batch, as CSV for `sluis mandate import`')
    .requiredOption('--declarations <n>', 'as for the batch', wholeNumber)
    .requiredOption('--mandatary <number>', 'enterprise number of the one that sends for them')
    .option('--seed <s>', 'as for the batch', wholeNumber, 1)
    .option('--object <object>', 'group of applications', 'MEDC')
    .option('--from <quarter>', 'first quarter', '2023Q1')
    .option('--to <quarter>', 'last quarter; open without it')
    .option('--out <file>', 'writes there in place of stdout')
    .addHelpText('after', mandateExamples)
    .action(async (flags: MandateFlags) => {
      const { to, out, ...options } = flags;
      const pieces = mandateCsv(to === undefined ? options : { ...options, to });
      const what = `${String(flags.declarations)} mandates`;
      await write(frame, { pieces, what, ...(out === undefined ? {} : { out }) });
    });
};

function outOf({ out }: { readonly out?: string }): { readonly out?: string } {
  return out === undefined ? {} : { out };
}

async function write(
  frame: CommandFrame,
  o: { readonly pieces: AsyncIterable<string>; readonly what: string; readonly out?: string },
): Promise<void> {
  const source = Readable.from(o.pieces);
  if (o.out === undefined) {
    await pipeline(source, process.stdout, { end: false, signal: frame.stopped });
    return;
  }
  const target = createWriteStream(o.out);
  try {
    await pipeline(source, target, { signal: frame.stopped });
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('cli.unreadable', { file: o.out }, error);
  }
  frame.out.print(`${o.out}: ${o.what}, ${String(target.bytesWritten)} bytes`);
  frame.out.json({ file: o.out, bytes: target.bytesWritten });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number is expected');
  return Number(text);
}

function decimal(text: string): number {
  if (!/^\d{1,3}(?:\.\d{1,9})?$/.test(text)) {
    throw new InvalidArgumentError('a percentage is expected');
  }
  return Number(text);
}

function morningOf(date: string): Date {
  if (!isRealDate(date)) throw new Failure('cli.usage', { created: date, expected: 'YYYY-MM-DD' });
  return new Date(`${date}T08:30:00Z`);
}

const medcExamples = `
Examples:
  $ sluis make medc --declarations 31000 --invalid 0.05 --seed 7 > batch.xml
  $ sluis make medc --declarations 10 --year 2024 --created 2025-02-03 --out small.xml`;

const mandateExamples = `
Examples:
  $ sluis make mandates --declarations 31000 --seed 7 --mandatary 0206731645 > mandates.csv
  $ sluis mandate import mandates.csv`;
