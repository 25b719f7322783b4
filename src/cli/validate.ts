import { readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { validateOffline, messageTypes, type OfflineFinding } from '../messages/index.ts';
import type { OfflineReport, OfflineSummary } from '../messages/index.ts';
import {
  ValidationPool,
  builtInPacks,
  packsOf,
  readSchemaPacks,
  threadEntry,
  type SchemaPack,
} from '../validation/index.ts';
import { Failure, brusselsDate, formatEuro, isRealDate } from '../vocabulary/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { readNamedFile } from './named-file.ts';

interface ValidateFlags {
  readonly schema?: string;
  readonly received?: string;
}

/** `sluis validate`: what a gateway would find in a file, found here. */
export const registerValidate: RegisterCommand = (program, frame) => {
  program
    .command('validate')
    .description('judges a file offline: well-formed, schema, check digits, business rules')
    .argument('<file>', 'a file of declarations')
    .option('--schema <dir>', 'folder with the schemas (default: those that come with sluis)')
    .option('--received <date>', 'judges as if received on YYYY-MM-DD (default today)')
    .addHelpText('after', examples)
    .action(async (file: string, flags: ValidateFlags) => {
      await validate(frame, file, flags);
    });
};

async function validate(frame: CommandFrame, path: string, flags: ValidateFlags): Promise<void> {
  const receivedOn = flags.received ?? brusselsDate(frame.clock.now());
  if (!isRealDate(receivedOn)) {
    throw new Failure('cli.usage', { received: receivedOn, expected: 'YYYY-MM-DD' });
  }
  await assertFile(path);
  const pool = new ValidationPool({ threads: threads(), entry: threadEntry(import.meta.url) });
  try {
    // They load what they need while the schemas are read.
    pool.start();
    const packs = packsOf(await packsFor(flags.schema, pool));
    for await (const report of validateOffline({ path, packs, receivedOn, pool })) {
      frame.out.line(report);
      show(frame, path, report);
      if (report.kind === 'summary' && !report.ok) frame.sayNo();
      if (frame.stopped.aborted) throw frame.stopped.reason;
    }
  } finally {
    await pool.close();
  }
}

const threadsMax = 4;

/** One for each processor: this process does nothing else meanwhile. */
function threads(): number {
  return Math.min(availableParallelism(), threadsMax);
}

async function assertFile(path: string): Promise<void> {
  try {
    if ((await stat(path)).isFile()) return;
  } catch (error) {
    throw new Failure('cli.unreadable', { path }, error);
  }
  throw new Failure('cli.unreadable', { path, reason: 'it is no file' });
}

async function packsFor(
  folder: string | undefined,
  pool: ValidationPool,
): Promise<readonly SchemaPack[]> {
  if (folder === undefined) {
    const roots = [...messageTypes.values()].flatMap((type) => type.roots);
    return await builtInPacks({ folder: new URL('../../schemas/', import.meta.url), roots });
  }
  const names = await namesIn(folder);
  const files = await Promise.all(
    names.map(async (name) => ({ name, content: await readNamedFile(join(folder, name)) })),
  );
  return await readSchemaPacks({ files, pool });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.xsd')).sort();
  } catch (error) {
    throw new Failure('cli.unreadable', { path: folder }, error);
  }
}

function show(frame: CommandFrame, path: string, report: OfflineReport): void {
  if (report.kind === 'finding') frame.out.print(lineOf(report));
  else frame.out.print(`${path}: ${summaryOf(report)}`);
}

/** `12:18 00014-004 …`, as editors jump to; 0:0 when no place is known. */
function lineOf({ line = 0, column = 0, code, tag, text }: OfflineFinding): string {
  const place = `${String(line)}:${String(column)}`;
  return [place, code, ...(tag === undefined ? [] : [tag]), text].join(' ');
}

function summaryOf(summary: OfflineSummary): string {
  const { ok, forms, refused, employers, duplicates, declaredCents, calculatedCents } = summary;
  const schema = [summary.root, summary.version].filter((part) => part !== undefined).join(' ');
  return [
    ok ? 'fit to send' : 'would be refused',
    ...(schema === '' ? [] : [schema]),
    `${String(forms)} declarations, ${String(refused)} with blocking findings`,
    `${String(employers)} employers`,
    ...(duplicates.length === 0 ? [] : [`${String(duplicates.length)} declared twice`]),
    ...(declaredCents === undefined ? [] : [`declared ${formatEuro(BigInt(declaredCents))} EUR`]),
    ...(calculatedCents === undefined
      ? []
      : [`calculated ${formatEuro(BigInt(calculatedCents))} EUR`]),
  ].join('; ');
}

const examples = `
Examples:
  $ sluis validate batch.xml
  $ sluis validate batch.xml --schema schemas/2026Q1 --received 2026-04-30 --json`;
