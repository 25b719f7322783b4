import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { Command } from 'commander';
import { admitSchemaPack, type SchemaFile } from '../validation/index.ts';
import { Failure, isRealDate } from '../vocabulary/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { readNamedFile } from './named-file.ts';

/** `sluis schema`: the schemas of message types that are not part of the product. */
export const registerSchema: RegisterCommand = (program, frame) => {
  const schema = program.command('schema').description('schema packs: add, list');
  registerAdd(schema, frame);
  registerList(schema, frame);
};

interface AddOptions {
  readonly from?: string;
  readonly to?: string;
}

function registerAdd(schema: Command, frame: CommandFrame): void {
  schema
    .command('add')
    .description('admits schemas once both engines compile them and agree on the samples')
    .argument('<path>', 'directory with .xsd files, and .xml files as samples; or one .xsd file')
    .option('--from <date>', 'first legal date (YYYY-MM-DD) the schemas are used for')
    .option('--to <date>', 'last legal date')
    .addHelpText('after', addExamples)
    .action(async (path: string, options: AddOptions) => {
      const found = await readPack(path);
      const packs = await admitSchemaPack({
        ...found,
        entry: new URL('../thread.js', import.meta.url),
        ...(options.from !== undefined && { validFrom: legalDate(options.from) }),
        ...(options.to !== undefined && { validTo: legalDate(options.to) }),
      });
      const office = await frame.office();
      const lines = await office.schemaPacks.add(packs, frame.clock.now());
      for (const { root, version, sha256 } of lines) {
        await office.journal.record({
          level: 'info',
          code: 'validation.schema-added',
          facts: { root, version, sha256 },
        });
        frame.out.print(`added ${root} ${version}`);
      }
      frame.out.json(lines);
    });
}

function registerList(schema: Command, frame: CommandFrame): void {
  schema
    .command('list')
    .description('the schema packs that were added')
    .action(async () => {
      const lines = await (await frame.office()).schemaPacks.list();
      frame.out.json(lines);
      frame.out.table(
        ['root', 'version', 'from', 'to', 'files', 'cut', 'added', 'sha256'],
        lines.map((line) => [
          line.root,
          line.version,
          line.validFrom ?? '-',
          line.validTo ?? '-',
          String(line.fileCount),
          line.wholeDocument ? 'no' : 'yes',
          line.addedAt.toISOString().slice(0, 10),
          line.sha256.slice(0, 16),
        ]),
      );
    });
}

function legalDate(text: string): string {
  if (isRealDate(text)) return text;
  throw new Failure('cli.usage', { date: text, expected: 'YYYY-MM-DD' });
}

const filesMax = 1000;
const packBytesMax = 64 * 1024 * 1024;

interface FoundPack {
  readonly files: readonly SchemaFile[];
  readonly samples: readonly SchemaFile[];
}

/** Every .xsd and .xml below a directory, by its path inside it; links are not followed. */
async function readPack(path: string): Promise<FoundPack> {
  const names = await namesIn(path);
  if (names.length > filesMax) {
    throw new Failure('schema.refused', { path, files: names.length, filesMax });
  }
  let bytes = 0;
  const read = async (name: string): Promise<SchemaFile> => {
    const content = await readNamedFile(name, packBytesMax - bytes);
    bytes += content.length;
    const inside = name === path ? basename(name) : relative(path, name);
    return { name: inside.replaceAll('\\', '/'), content };
  };
  const files: SchemaFile[] = [];
  const samples: SchemaFile[] = [];
  for (const name of names) (/\.xsd$/i.test(name) ? files : samples).push(await read(name));
  if (files.length === 0) throw new Failure('schema.refused', { path, reason: 'no .xsd file' });
  return { files, samples };
}

async function namesIn(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && /\.(?:xsd|xml)$/i.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new Failure('cli.unreadable', { path, reason }, error);
  }
}

const addExamples = `
A file NAME_VERSION.xsd declares the root NAME in that version.

Examples:
  $ sluis schema add ./dmfa-2026-1
  $ sluis schema add ./DmfAOriginal_20261.xsd --from 2026-01-01 --to 2026-03-31`;
