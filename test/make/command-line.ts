import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/cli/index.ts';

export interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandLine {
  /** Runs one command. */
  sluis(...words: string[]): Promise<Outcome>;
  /** Runs one with `--json`, whatever its exit code, and reads its document. */
  json(...words: string[]): Promise<unknown>;
  /** Writes a file into the folder of this command line; gives its path. */
  write(name: string, content: string): string;
  close(): void;
}

/** Commands against a database, in a folder of their own. Without one, none may be needed. */
export function commandLine(o: { readonly databaseUrl?: string } = {}): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), 'sluis-cli-'));
  const write = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const url = o.databaseUrl ?? 'postgres://nobody@127.0.0.1:1/none';
  const config = write('sluis.yaml', `databaseUrl: ${JSON.stringify(url)}\ndata: ${folder}\n`);
  const sluis = async (...words: string[]): Promise<Outcome> => {
    let out = '';
    let err = '';
    const exit = await run(['--config', config, ...words], {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
    });
    return { exit, out, err };
  };
  return {
    sluis,
    json: async (...words) => JSON.parse((await sluis(...words, '--json')).out) as unknown,
    write,
    close: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
