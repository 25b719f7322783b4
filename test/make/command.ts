import { run } from '../../src/cli/index.ts';

export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line of sluis in this process, with its output caught. */
export async function sluis(...commandLine: readonly string[]): Promise<CommandRun> {
  let out = '';
  let err = '';
  const code = await run(commandLine, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}
