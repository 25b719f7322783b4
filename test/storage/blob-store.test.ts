import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openBlobStore } from '../../src/storage/index.ts';
import { recordedFileSystem, type RecordedFileSystem } from '../fakes/file-system.ts';
import { testFolder, type TestFolder } from '../make/folder.ts';

let folder: TestFolder;
let files: RecordedFileSystem;
beforeEach(() => {
  folder = testFolder();
  files = recordedFileSystem();
});
afterEach(() => {
  folder.remove();
});

const open = () => openBlobStore(`${folder.path}/blobs`, files);

async function* pieces(...all: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const one of all) yield await Promise.resolve(one);
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

describe('the blob store', () => {
  it('gives back what was put, with its length and hash', async () => {
    const store = await open();
    const content = randomBytes(700_000);

    const stored = await store.put(pieces(content.subarray(0, 10), content.subarray(10)));

    expect(stored.bytes).toBe(content.length);
    expect(stored.sha256).toEqual(createHash('sha256').update(content).digest());
    expect((await collect(store.stream(stored.blob))).equals(content)).toBe(true);
  });

  it('reads a range', async () => {
    const store = await open();
    const { blob } = await store.put(pieces(Buffer.from('0123456789')));

    const range = await collect(store.stream(blob, { from: 3, to: 6 }));
    const rest = await collect(store.stream(blob, { from: 8 }));

    expect([range.toString(), rest.toString()]).toEqual(['345', '89']);
  });

  it('lists, tells the size of and removes what it holds, and nothing of the spool', async () => {
    const store = await open();
    const { blob } = await store.put(pieces(Buffer.from('one')));
    await store.spool.create();

    const listed = [];
    for await (const facts of store.list()) listed.push(facts);
    await store.remove(blob);
    await store.remove(blob);

    expect(listed).toHaveLength(1);
    expect(listed[0]).toMatchObject({ blob, bytes: 3 });
    expect(await store.stat(blob)).toBeUndefined();
  });

  it('says so when a blob is missing', async () => {
    const store = await open();

    await expect(store.open('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({
      code: 'storage.blob-missing',
    });
  });

  it('builds no path from anything but a UUID', async () => {
    const store = await open();

    await expect(store.open('../../etc/passwd')).rejects.toMatchObject({
      code: 'storage.blob-missing',
    });
  });

  it('makes a folder once for blobs named one after the other', async () => {
    const store = await open();
    const before = files.calls.length;

    for (const text of ['one', 'two', 'three']) await store.put(pieces(Buffer.from(text)));

    const made = files.calls.slice(before).filter((call) => call === 'mkdir');
    expect(made).toHaveLength(2);
    expect(new Set([1, 2, 3].map(() => store.nextName().slice(0, 4))).size).toBe(1);
  });

  it('goes to another folder after a thousand blobs', async () => {
    const store = await open();

    const names = Array.from({ length: 5_000 }, () => store.nextName());

    expect(new Set(names).size).toBe(5_000);
    const folders = new Set(names.map((name) => name.slice(0, 4))).size;
    expect([4, 5]).toContain(folders);
  });

  it('makes a folder anew that somebody has taken away', async () => {
    const store = await open();
    const { blob } = await store.put(pieces(Buffer.from('one')));
    await store.remove(blob);
    await rm(join(folder.path, 'blobs', blob.slice(0, 2)), { recursive: true });

    const { blob: second } = await store.put(pieces(Buffer.from('two')));

    expect((await collect(store.stream(second))).toString()).toBe('two');
  });

  it('leaves nothing behind when the source breaks off', async () => {
    const store = await open();
    async function* broken(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.from('half'));
      throw new Error('the line went dead');
    }

    await expect(store.put(broken())).rejects.toThrow('the line went dead');

    expect(await everything(store)).toEqual({ blobs: [], spooled: [] });
  });

  it('calls a full disk by its name', async () => {
    const store = await open();
    files.failFrom(2, 'ENOSPC');

    await expect(store.put(pieces(Buffer.from('x')))).rejects.toMatchObject({
      code: 'storage.disk-full',
    });
  });
});

type Store = Awaited<ReturnType<typeof open>>;

async function everything(store: Store): Promise<{ blobs: string[]; spooled: string[] }> {
  const blobs: string[] = [];
  for await (const facts of store.list()) blobs.push(facts.blob);
  const spooled: string[] = [];
  for await (const facts of store.spool.list()) spooled.push(facts.id);
  return { blobs, spooled };
}

describe('promise 1: durable before confirmed', () => {
  it('syncs the content, renames and syncs the directories before a put returns', async () => {
    const store = await open();
    const from = files.calls.length;

    await store.put(pieces(Buffer.from('a'), Buffer.from('b')));

    expect(files.calls.slice(from)).toEqual([
      'create',
      'write',
      'write',
      'fsync',
      ...['mkdir', 'fsync directory', 'mkdir', 'fsync directory'],
      'rename',
      'fsync directory',
    ]);
  });

  it('syncs the content, renames and syncs the directory before an upload has landed', async () => {
    const store = await open();
    const upload = await store.spool.create();
    await upload.write({ at: 0, data: Buffer.from('abc') });
    const from = files.calls.length;

    await upload.land();

    // The directories may be made durable before the content or after it, but before the rename.
    const calls = files.calls.slice(from).filter((call) => call !== 'mkdir');
    expect(calls.filter((call) => call === 'fsync')).toHaveLength(1);
    expect(calls.indexOf('fsync')).toBeLessThan(calls.indexOf('rename'));
    expect(calls.slice(-2)).toEqual(['rename', 'fsync directory']);
  });

  it('makes the directory of the store itself durable', async () => {
    await open();

    expect(files.calls).toEqual(['mkdir', 'fsync directory', 'mkdir', 'fsync directory']);
  });
});

describe('promise 5: whole or absent', () => {
  const steps = 10;

  it.each(Array.from({ length: steps }, (_, index) => index + 1))(
    'shows a blob whole or not at all when the power goes before step %i',
    async (step) => {
      const store = await open();
      files.failFrom(step, 'EIO');

      const outcome = await store.put(pieces(Buffer.from('whole'), Buffer.from(' file'))).then(
        () => 'stored',
        () => 'failed',
      );

      const after = await openBlobStore(`${folder.path}/blobs`);
      const { blobs } = await everything(after);
      const contents = await Promise.all(blobs.map((blob) => collect(after.stream(blob))));
      expect(outcome).toBe('failed');
      expect(contents.map(String).every((content) => content === 'whole file')).toBe(true);
      // Only the last step, the sync of the directory, comes after the file is visible.
      expect(blobs).toHaveLength(step === steps ? 1 : 0);
    },
  );
});
