import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../vocabulary/index.ts';
import { BlobFolders } from './blob-folders.ts';
import { codeOf, type FileSystem } from './file-system.ts';
import { translating } from './storage-failure.ts';

/** Names a blob: a UUID, given once. */
export type BlobId = string;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The directory of a blob store: `spool/` for what is under way, two levels of fan-out for blobs. */
export interface BlobDirectory {
  readonly root: string;
  readonly spool: string;
  readonly files: FileSystem;
  readonly folders: BlobFolders;
}

/** Makes the directory; its own entry is durable before anything in it is. */
export async function openBlobDirectory(root: string, files: FileSystem): Promise<BlobDirectory> {
  const spool = join(root, 'spool');
  return await translating(async () => {
    await mkdir(dirname(root), { recursive: true });
    if (await files.makeDirectory(root)) await files.syncDirectory(dirname(root));
    if (await files.makeDirectory(spool)) await files.syncDirectory(root);
    return { root, spool, files, folders: new BlobFolders(files) };
  });
}

export function blobPath({ root }: BlobDirectory, blob: BlobId): string {
  return join(root, requireUuid(blob).slice(0, 2), blob.slice(2, 4), blob);
}

export function spoolPath({ spool }: BlobDirectory, id: string): string {
  return join(spool, requireUuid(id));
}

/** Identifiers come from rows, and rows from us; a path is still never built from anything else. */
function requireUuid(text: string): string {
  if (!uuid.test(text)) throw new Failure('storage.blob-missing', { blob: text.slice(0, 64) });
  return text;
}

export function isBlobId(text: string): boolean {
  return uuid.test(text);
}

/**
 * Makes a synced file of the spool a blob: fan-out directories, rename, and the directory synced, so
 * that after a power cut the name is there. Done again after a crash it is the same.
 */
export async function promote(
  directory: BlobDirectory,
  { from, blob }: { readonly from: string; readonly blob: BlobId },
): Promise<void> {
  await makeFolder(directory, blob);
  await moveIn(directory, { from, blob });
}

/** The directories a blob goes into, durable themselves; may be made while its file is synced. */
export async function makeFolder(directory: BlobDirectory, blob: BlobId): Promise<void> {
  await directory.folders.make(dirname(blobPath(directory, blob)));
}

/** The second half of `promote`. */
export async function moveIn(
  directory: BlobDirectory,
  { from, blob }: { readonly from: string; readonly blob: BlobId },
): Promise<void> {
  const { files, folders } = directory;
  const path = blobPath(directory, blob);
  const folder = dirname(path);
  try {
    await files.rename(from, path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    // Somebody tidied up: a folder this process has made is there no more.
    folders.forget(folder);
    await folders.make(folder);
    await files.rename(from, path);
  }
  await folders.sync(folder);
}
