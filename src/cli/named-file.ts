import { open } from 'node:fs/promises';
import { Failure } from '../vocabulary/index.ts';

const fileBytesMax = 64 * 1024 * 1024;

/**
 * Reads a file that the operator named, whole: keys, certificates, revocation lists.
 *
 * @throws Failure `cli.unreadable` when it is missing, no file, not readable or above the limit
 */
export async function readNamedFile(path: string, bytesMax = fileBytesMax): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > bytesMax) throw new Failure('cli.unreadable', { path, bytes: size, bytesMax });
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    const reason = (thrown as NodeJS.ErrnoException).code ?? 'unknown';
    throw new Failure('cli.unreadable', { path, reason }, thrown);
  }
}

/** The files named by an option that may be given several times. */
export function readNamedFiles(paths: readonly string[] | undefined): Promise<Buffer[]> {
  return Promise.all((paths ?? []).map((path) => readNamedFile(path)));
}

/** For commander: an option given several times is a list. */
export function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
