import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openBlobStore, type BlobStore, type SpoolFile } from '../../src/storage/index.ts';
import { recordedFileSystem, type RecordedFileSystem } from '../fakes/file-system.ts';
import { testFolder, type TestFolder } from '../make/folder.ts';

let folder: TestFolder;
let files: RecordedFileSystem;
let store: BlobStore;
let upload: SpoolFile;
beforeEach(async () => {
  folder = testFolder();
  files = recordedFileSystem();
  store = await openBlobStore(folder.path, files);
  upload = await store.spool.create();
});
afterEach(() => {
  folder.remove();
});

const write = (at: number, text: string) => upload.write({ at, data: Buffer.from(text) });
const sha256 = (text: string) => createHash('sha256').update(text).digest();

async function landedText(): Promise<{ text: string; bytes: number; sha256: Buffer }> {
  const landed = await upload.land();
  const parts: Buffer[] = [];
  for await (const part of store.stream(landed.blob)) parts.push(part);
  return { text: Buffer.concat(parts).toString(), bytes: landed.bytes, sha256: landed.sha256 };
}

describe('an upload in the spool', () => {
  it('lands with the hash made while it was written in order', async () => {
    await write(0, 'hello ');
    await write(6, 'world');

    expect(await landedText()).toEqual({
      text: 'hello world',
      bytes: 11,
      sha256: sha256('hello world'),
    });
  });

  it.each([
    ['out of order', [writing(6, 'world'), writing(0, 'hello ')], 'hello world'],
    [
      'twice over',
      [writing(0, 'HELLO '), writing(6, 'world'), writing(0, 'hello ')],
      'hello world',
    ],
    ['with a gap', [writing(0, 'a'), writing(3, 'b')], 'a\0\0b'],
    ['overlapping', [writing(0, 'hello'), writing(3, 'p!')], 'help!'],
  ] as const)('hashes what is there when written %s', async (_, writes, text) => {
    for (const step of writes) await step();

    expect(await landedText()).toEqual({ text, bytes: text.length, sha256: sha256(text) });
  });

  it('hashes what is left after it was cut and written again', async () => {
    await write(0, 'hello world');
    await upload.truncate(5);
    await write(5, '!');

    expect(await landedText()).toMatchObject({ text: 'hello!', sha256: sha256('hello!') });
  });

  it('hashes what is there after it was emptied and written again', async () => {
    await write(4, 'gap');
    await upload.truncate(0);
    await write(0, 'new');

    expect(await landedText()).toMatchObject({ text: 'new', bytes: 3, sha256: sha256('new') });
  });

  it('hashes the zeros of a file that was made longer', async () => {
    await write(0, 'a');
    await upload.truncate(3);

    expect(await landedText()).toMatchObject({ bytes: 3, sha256: sha256('a\0\0') });
  });

  it('can be kept and gone on with', async () => {
    await write(0, 'first ');
    await upload.keep();

    upload = await store.spool.reopen(upload.id);
    expect(upload.bytes).toBe(6);
    await write(6, 'second');

    expect(await landedText()).toMatchObject({
      text: 'first second',
      sha256: sha256('first second'),
    });
  });

  it('lands under the name that was announced', async () => {
    const { blob } = await upload.land('11111111-2222-4333-8444-555555555555');

    expect(await store.stat(blob)).toMatchObject({
      blob: '11111111-2222-4333-8444-555555555555',
      bytes: 0,
    });
  });

  it('is gone when discarded', async () => {
    await upload.discard();

    await expect(store.spool.reopen(upload.id)).rejects.toMatchObject({
      code: 'storage.blob-missing',
    });
  });

  it('is no longer by nothing that is written beyond its end', async () => {
    await upload.write({ at: 0, data: Buffer.from('abc') });
    await upload.write({ at: 10, data: Buffer.alloc(0) });

    expect((await upload.land()).bytes).toBe(3);
  });

  it('never lands after a write that failed, even when asked again', async () => {
    await write(0, 'a');
    files.failFrom(1, 'ENOSPC');
    await expect(write(1, 'b')).rejects.toMatchObject({ code: 'storage.disk-full' });
    files.failFrom(Number.POSITIVE_INFINITY, '');

    await expect(upload.land()).rejects.toMatchObject({ code: 'storage.disk-full' });
  });

  it('never lands after a sync that failed: the kernel may have dropped what it held', async () => {
    await write(0, 'a');
    files.failFrom(1, 'EIO');
    await expect(upload.sync()).rejects.toMatchObject({ code: 'EIO' });
    files.failFrom(Number.POSITIVE_INFINITY, '');

    await expect(upload.land()).rejects.toMatchObject({ code: 'EIO' });
  });
});

/** A write that waits for the upload of its test. */
function writing(at: number, text: string): () => Promise<void> {
  return () => write(at, text);
}
