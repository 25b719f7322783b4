import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../vocabulary/index.ts';
import type { ParameterSets } from './parameter-sets.ts';
import type { ParameterFile } from './read-parameters.ts';
import { readParameterSets } from './read-parameters.ts';

const filesMax = 200;
const fileBytesMax = 256 * 1024;

/**
 * Loads every `*.yaml` of a directory as dated parameters. The caller brings the parser, so that the
 * rules know no notation.
 *
 * @throws Failure `computation.invalid-parameters` when a file cannot be read or its content is not
 *   what it should be: all problems of all files together.
 */
export async function loadParameters(o: {
  readonly directory: string;
  readonly parseYaml: (text: string) => unknown;
}): Promise<ParameterSets> {
  const files: ParameterFile[] = [];
  for (const name of await namesIn(o.directory)) {
    files.push({ name, content: await contentOf(join(o.directory, name), name, o.parseYaml) });
  }
  return readParameterSets(files);
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.yaml')).sort();
    if (names.length <= filesMax) return names;
  } catch (error) {
    throw new Failure(
      'computation.invalid-parameters',
      { directory, problem: 'unreadable' },
      error,
    );
  }
  throw new Failure('computation.invalid-parameters', { directory, filesMax });
}

async function contentOf(
  path: string,
  name: string,
  parseYaml: (text: string) => unknown,
): Promise<unknown> {
  try {
    const { size } = await stat(path);
    if (size > fileBytesMax) throw new RangeError(`more than ${String(fileBytesMax)} bytes`);
    return parseYaml(await readFile(path, 'utf8'));
  } catch (error) {
    const problem = error instanceof Error ? error.message.slice(0, 300) : 'unreadable';
    throw new Failure('computation.invalid-parameters', { [name]: problem }, error);
  }
}
