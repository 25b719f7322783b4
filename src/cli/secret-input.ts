import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Failure } from '../vocabulary/index.ts';

const inputCharactersMax = 4096;

/**
 * Secrets from stdin, a line each, in the order they are asked for; what is not piped in is asked
 * from the person at the terminal, without echo.
 */
export interface SecretInput {
  /** The next line of stdin. Throws Failure `cli.usage` when there is none. */
  line(name: string): Promise<string>;
  /** Asks at the terminal; undefined when nobody sits there. */
  ask(question: string): Promise<string | undefined>;
}

export function secretInput(): SecretInput {
  let lines: string[] | undefined;
  return {
    line: async (name) => {
      lines ??= (await readAll()).replace(/\r?\n$/, '').split(/\r?\n/);
      const line = lines.shift();
      if (line === undefined || line === '') {
        throw new Failure('cli.usage', { missing: `${name} on stdin` });
      }
      return line;
    },
    ask: (question) => askSilently(question),
  };
}

async function readAll(): Promise<string> {
  let text = '';
  for await (const piece of process.stdin) {
    text += String(piece);
    if (text.length > inputCharactersMax) throw new Failure('cli.usage', { stdin: 'too long' });
  }
  return text;
}

async function askSilently(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  process.stderr.write(question);
  const nowhere = new Writable({
    write: (_piece, _encoding, done) => {
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
