import { Failure, inDirectories } from '../vocabulary/index.ts';
import type { Link } from './link.ts';
import { piecesOf, type OutgoingFile, type OutgoingSet } from './outgoing-set.ts';
import type { Remote } from './remote.ts';
import { writeRemote } from './transfer.ts';

export interface UploadOptions {
  /** Take the place of files of the same name that an earlier attempt left behind. */
  readonly replace: boolean;
  readonly onProgress: (text: string) => void;
}

/**
 * Uploads a set into the directory of its environment: declarations and signatures each under a
 * temporary name, checked for size and renamed; then the GO, which starts the work. After a lost
 * connection it goes on where the gateway says it stopped.
 *
 * @throws Failure `sender.name-taken`, `sender.upload-differs`, and those of the connection.
 */
export async function uploadSet(
  link: Link,
  set: OutgoingSet,
  { replace, onProgress }: UploadOptions,
): Promise<void> {
  const directory = inDirectories[set.name.environment];
  const [first] = set.files;
  for (const file of set.files) {
    const path = `${directory}/${file.name}`;
    if (file.name === set.goName) {
      const witness = `${directory}/${first?.name ?? ''}`;
      await link.use((remote, attempt) => start(remote, { path, witness, attempt }));
    } else {
      await link.use((remote, attempt) => place(remote, { file, path, attempt, replace }));
    }
    onProgress(`sent ${path} (${String(file.bytes)} bytes)`);
  }
}

interface Placing {
  readonly file: OutgoingFile;
  readonly path: string;
  readonly attempt: number;
  readonly replace: boolean;
}

async function place(remote: Remote, o: Placing): Promise<void> {
  const { file, path } = o;
  const temporary = `${path}.tmp`;
  const there = await remote.sizeOf(path);
  if (o.attempt > 1 && there === file.bytes) return;
  if (there !== undefined) {
    if (!o.replace) throw new Failure('sender.name-taken', { path });
    await remote.remove(path);
  }
  // What lies there before our first attempt is somebody else's: it is written anew.
  const left = o.attempt > 1 ? ((await remote.sizeOf(temporary)) ?? 0) : 0;
  const from = left <= file.bytes ? left : 0;
  await writeRemote(remote, { path: temporary, from, pieces: piecesOf(file.source, from) });
  const arrived = await remote.sizeOf(temporary);
  if (arrived !== file.bytes) {
    throw new Failure('sender.upload-differs', { path, sent: file.bytes, arrived: arrived ?? -1 });
  }
  await remote.rename(temporary, path);
}

interface Starting {
  readonly path: string;
  /** The first declaration of the set: gone when the gateway has taken the set up. */
  readonly witness: string;
  readonly attempt: number;
}

async function start(remote: Remote, { path, witness, attempt }: Starting): Promise<void> {
  if (attempt > 1 && (await remote.sizeOf(witness)) === undefined) return;
  await writeRemote(remote, { path, from: 0, pieces: nothing() });
}

// eslint-disable-next-line @typescript-eslint/require-await -- an empty file has no pieces to wait for
async function* nothing(): AsyncGenerator<Buffer> {
  yield* [];
}
