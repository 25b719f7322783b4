import { describe, expect, it } from '@jest/globals';
import { BlobFolders } from '../../src/storage/blob-folders.ts';
import { nodeFileSystem } from '../../src/storage/index.ts';

/** Folders whose syncs end when they are told to. */
function heldFolders() {
  const synced: string[] = [];
  const held: (() => void)[] = [];
  const files = {
    ...nodeFileSystem,
    syncDirectory: async (path: string) => {
      synced.push(path);
      await new Promise<void>((resolve) => held.push(resolve));
    },
  };
  const letGo = async (): Promise<void> => {
    while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
    for (const release of held.splice(0)) release();
  };
  return { folders: new BlobFolders(files), synced, letGo };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const later = new Promise((resolve) => setImmediate(resolve, pending));
  return (await Promise.race([promise, later])) !== pending;
}

describe('folders that many blobs go into at once', () => {
  it('are synced once for all that wait, by a sync that began after they came', async () => {
    const { folders, synced, letGo } = heldFolders();

    const first = folders.sync('one');
    const others = Promise.all([folders.sync('one'), folders.sync('one')]);
    await letGo();
    await first;

    expect(await isSettled(others)).toBe(false);
    await letGo();
    await others;
    expect(synced).toEqual(['one', 'one']);
  });

  it('share no sync with another folder, nor with one that has ended', async () => {
    const { folders, synced, letGo } = heldFolders();
    const both = Promise.all([folders.sync('one'), folders.sync('two')]);
    await letGo();
    await both;

    const again = folders.sync('one');
    await letGo();
    await again;

    expect(synced).toEqual(['one', 'two', 'one']);
  });

  it('tell everybody who waits of a sync that failed', async () => {
    const files = {
      ...nodeFileSystem,
      syncDirectory: () => Promise.reject(new Error('the disk is gone')),
    };
    const folders = new BlobFolders(files);

    const outcomes = await Promise.allSettled([folders.sync('one'), folders.sync('one')]);

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
