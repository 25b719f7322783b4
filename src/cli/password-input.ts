import { Failure } from '../vocabulary/index.ts';

const inputBytesMax = 1024;

/**
 * A password from standard input, one line: `printf '%s\n' "$SECRET" | sluis … --password-stdin`. It
 * never stands on a command line, where every process of the machine could read it.
 *
 * @throws Failure `cli.usage` when there is none, or more than one line
 */
export async function readPassword(input: AsyncIterable<unknown> = process.stdin): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of input) {
    const buffer = Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece));
    bytes += buffer.length;
    if (bytes > inputBytesMax)
      throw new Failure('cli.usage', { input: 'the password is too long' });
    pieces.push(buffer);
  }
  const text = Buffer.concat(pieces)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (text === '') throw new Failure('cli.usage', { input: 'no password came in on stdin' });
  if (/[\r\n]/.test(text))
    throw new Failure('cli.usage', { input: 'one line is expected on stdin' });
  return text;
}
