import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Mailbox } from '../../src/channels/index.ts';
import { openMailbox } from '../../src/storage/mailbox.ts';
import { openBlobStore, type BlobStore } from '../../src/storage/blob-store.ts';
import { recoverUploads } from '../../src/storage/node-register.ts';
import type { SenderNumber } from '../../src/vocabulary/index.ts';
import { recordedFileSystem } from '../fakes/file-system.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';
import { eventually } from '../make/exchange.ts';
import { noon } from '../make/files.ts';

let database: TestDatabase;
let directory: string;
let blobs: BlobStore;
let mailbox: Mailbox;
let sender: SenderNumber;
const clock = { now: () => noon };
const data = Buffer.from('declarations');
const name = 'FI.MEDC.123456.20260115.00001.R.1.1';
let senders = 100_000;

beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(join(tmpdir(), 'sluis-mailbox-'));
  blobs = await openBlobStore(directory);
});
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  sender = String((senders += 1)) as SenderNumber;
  mailbox = aMailbox(randomUUID());
});

function aMailbox(nodeId: string, { knex } = database, store = blobs): Mailbox {
  const account = { id: randomUUID(), username: 'payroll01', senderNumber: sender };
  const parts = { knex, blobs: store, clock, nodeId, channel: 'sftp', account };
  return openMailbox({ ...parts, fileBytesMax: 1_000 });
}

async function upload(file: string, content: Buffer): Promise<void> {
  const one = await mailbox.create({
    directory: 'IN',
    name: file,
    truncate: true,
    exclusive: false,
  });
  await one.write({ at: 0, data: content });
  await one.land();
}

interface Row {
  readonly state: string;
  readonly bytes: bigint;
  readonly sha256: Buffer | null;
  readonly blob: string | null;
  readonly look_at: Date | null;
}

async function rows(file: string): Promise<readonly Row[]> {
  const found: unknown = await database
    .knex('landed_file')
    .where({ sender, name: file })
    .orderBy('opened_at');
  return found as readonly Row[];
}

async function contentOf(file: string): Promise<string> {
  const row = (await rows(file)).find(({ state }) => state === 'LANDED');
  const pieces: Buffer[] = [];
  for await (const piece of blobs.stream(row?.blob ?? '')) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function spooled(): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { id } of blobs.spool.list()) ids.push(id);
  return ids.sort();
}

describe('what a login sees in IN', () => {
  it('shows a landed file with its size', async () => {
    await upload(name, data);

    expect(await mailbox.list('IN', undefined, 10)).toEqual([
      { name, bytes: data.length, modifiedAt: noon },
    ]);
    expect(await mailbox.stat('IN', name)).toMatchObject({ bytes: data.length });
    expect(await mailbox.list('INTEST', undefined, 10)).toEqual([]);
  });

  it('marks a file whose connection is lost as partial, and goes on where it ended', async () => {
    const first = await mailbox.create({ directory: 'IN', name, truncate: true, exclusive: false });
    await first.write({ at: 0, data: data.subarray(0, 5) });
    await first.abandon('connection-lost');
    const lost = await rows(name);

    const second = await mailbox.create({
      directory: 'IN',
      name,
      truncate: false,
      exclusive: false,
    });
    await second.write({ at: second.bytes, data: data.subarray(5) });
    await second.land();

    expect(lost).toMatchObject([{ state: 'PARTIAL', bytes: 5n, look_at: null }]);
    expect(second.bytes).toBe(5);
    expect(await contentOf(name)).toBe('declarations');
  });

  it('starts anew when a partial file is truncated', async () => {
    const first = await mailbox.create({ directory: 'IN', name, truncate: true, exclusive: false });
    await first.write({ at: 0, data: Buffer.from('a much longer text than the other') });
    await first.abandon('connection-lost');

    await upload(name, data);

    expect(await contentOf(name)).toBe('declarations');
  });

  it('lets a landed file be changed in place until it is taken up', async () => {
    await upload(name, data);

    const again = await mailbox.create({
      directory: 'IN',
      name,
      truncate: false,
      exclusive: false,
    });
    await again.write({ at: 0, data: Buffer.from('DECLARA') });
    await again.land();

    expect(await contentOf(name)).toBe('DECLARAtions');
  });

  it('keeps a temporary name out of intake until it is renamed', async () => {
    await upload(`${name}.part`, data);
    const hidden = await rows(`${name}.part`);

    await mailbox.rename({ directory: 'IN', from: `${name}.part`, to: name, replace: false });

    expect(hidden).toMatchObject([{ temporary: true }]);
    expect(await rows(name)).toMatchObject([{ temporary: false, state: 'LANDED', look_at: noon }]);
  });

  it('refuses to rename onto a file unless told to replace it', async () => {
    await upload(name, Buffer.from('old'));
    await upload('x.tmp', data);

    await expect(
      mailbox.rename({ directory: 'IN', from: 'x.tmp', to: name, replace: false }),
    ).rejects.toMatchObject({ refusal: { status: 'exists' } });
    await mailbox.rename({ directory: 'IN', from: 'x.tmp', to: name, replace: true });

    expect(await contentOf(name)).toBe('declarations');
  });

  it('refuses a second session that would go on with a file under way', async () => {
    await mailbox.create({ directory: 'IN', name, truncate: true, exclusive: false });

    await expect(
      mailbox.create({ directory: 'IN', name, truncate: false, exclusive: false }),
    ).rejects.toMatchObject({ refusal: { status: 'failure' } });
  });

  it('leaves nothing in the spool of a file that was not begun', async () => {
    await upload(name, data);
    const before = await spooled();

    await expect(
      mailbox.create({ directory: 'IN', name, truncate: true, exclusive: true }),
    ).rejects.toMatchObject({ refusal: { status: 'exists' } });

    expect(await spooled()).toEqual(before);
  });

  it('begins one file when two sessions begin the same new name at once', async () => {
    const opening = { directory: 'IN', name, truncate: false, exclusive: true } as const;

    const begun = await Promise.allSettled([mailbox.create(opening), mailbox.create(opening)]);

    expect(begun.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await rows(name)).toMatchObject([{ state: 'UPLOADING' }]);
  });

  it('lets the newer of two sessions win, and tells the older', async () => {
    const older = await mailbox.create({ directory: 'IN', name, truncate: true, exclusive: false });
    await older.write({ at: 0, data: Buffer.from('older') });

    await upload(name, data);

    await expect(older.land()).rejects.toMatchObject({ refusal: { status: 'failure' } });
    expect(await contentOf(name)).toBe('declarations');
  });

  it('refuses bytes beyond the limit of a file', async () => {
    const one = await mailbox.create({ directory: 'IN', name, truncate: true, exclusive: false });

    await expect(one.write({ at: 995, data })).rejects.toMatchObject({
      refusal: { status: 'failure' },
    });
    await expect(one.truncate(1_001)).rejects.toMatchObject({ refusal: { status: 'failure' } });
  });

  it('removes a file that was not taken up, and says when there is none', async () => {
    await upload(name, data);

    await mailbox.remove('IN', name);

    expect(await mailbox.list('IN', undefined, 10)).toEqual([]);
    await expect(mailbox.remove('IN', name)).rejects.toMatchObject({
      refusal: { status: 'no-such-file' },
    });
  });

  it('does not hand files back that were handed in', async () => {
    await upload(name, data);

    await expect(mailbox.open('IN', name)).rejects.toMatchObject({
      refusal: { status: 'permission-denied' },
    });
  });

  it('pages through names in byte order', async () => {
    for (const file of ['b', 'a', 'C', 'd']) await upload(file, data);

    const first = await mailbox.list('IN', undefined, 3);
    const second = await mailbox.list('IN', first.at(-1)?.name, 3);

    expect([...first, ...second].map((entry) => entry.name)).toEqual(['C', 'a', 'b', 'd']);
  });
});

describe('a file that landed', () => {
  it('has its set looked at once the GO is there, and no sooner', async () => {
    // Notices of other files may come late, so these have a database to themselves.
    const own = await testDatabase();
    mailbox = aMailbox(randomUUID(), own);
    const heard: string[] = [];
    const heardSome = (what: string): Promise<unknown> =>
      eventually(
        () => Promise.resolve(heard.find((one) => what === 'anything' || one === what)),
        `a notice of ${what}`,
      );
    const landings = await own.database.listen('sluis_landed', () => heard.push('landed'));
    const marks = await own.database.listen('mark', () => heard.push('mark'));

    await upload(name, data);
    await upload(name.replace('FI', 'FS'), data);
    await own.knex.raw(`select pg_notify('mark', '')`);
    await heardSome('anything');
    expect(heard).toEqual(['mark']);

    await upload('GO.MEDC.123456.20260115.00001.R.1', Buffer.alloc(0));
    await heardSome('landed');
    heard.length = 0;

    await upload(name.replace('.1.1', '.1.2'), data);
    await heardSome('landed');

    await landings.stop();
    await marks.stop();
    await own.drop();
  });
});

describe('uploads of a process that died', () => {
  it('become partial with the bytes that reached the spool, and cannot land any more', async () => {
    const dead = aMailbox(randomUUID());
    const upload = await dead.create({ directory: 'IN', name, truncate: true, exclusive: false });
    await upload.write({ at: 0, data });

    const lost = await recoverUploads(database.knex, {
      blobs,
      nodeId: randomUUID(),
      silentMs: 1_000,
      at: noon,
    });

    expect(lost.map((one) => one.name)).toContain(name);
    expect(await rows(name)).toMatchObject([{ state: 'PARTIAL', bytes: BigInt(data.length) }]);
    await expect(upload.land()).rejects.toMatchObject({ refusal: { status: 'failure' } });
    expect((await rows(name)).map(({ state }) => state)).toEqual(['PARTIAL']);
  });
});

describe('two sessions at one name at the same moment', () => {
  it('each begin their file when they may replace, and the later one counts', async () => {
    await upload(name, data);
    const anew = { directory: 'IN', name, truncate: true, exclusive: false } as const;

    const uploads = await Promise.all([1, 2, 3, 4].map(() => mailbox.create(anew)));
    const ends = await Promise.allSettled(
      uploads.map(async (one, n) => {
        await one.write({ at: 0, data: Buffer.from(`file ${String(n)}`) });
        await one.land();
      }),
    );

    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const landed = ends.findIndex(({ status }) => status === 'fulfilled');
    expect(await contentOf(name)).toBe(`file ${String(landed)}`);
  });

  it('rename one after the other, when they may replace', async () => {
    for (let round = 0; round < 5; round += 1) {
      for (const file of ['p.tmp', 'q.tmp']) await upload(file, Buffer.from(file));

      await Promise.all(
        ['p.tmp', 'q.tmp'].map((from) =>
          mailbox.rename({ directory: 'IN', from, to: name, replace: true }),
        ),
      );

      expect(await mailbox.list('IN', undefined, 10)).toHaveLength(1);
      await mailbox.remove('IN', name);
    }
  });
});

describe('an upload that cannot land or begin', () => {
  const whole = { directory: 'IN', name, truncate: true, exclusive: false } as const;
  const goingOn = { ...whole, truncate: false };
  const files = recordedFileSystem();
  let broken: BlobStore;
  beforeAll(async () => {
    broken = await openBlobStore(directory, files);
  });
  afterEach(() => {
    files.failFrom(Number.POSITIVE_INFINITY, '');
  });

  it('is begun again by who does not truncate either, as scp does not', async () => {
    const failing = aMailbox(randomUUID(), database, broken);
    const first = await failing.create(whole);
    await first.write({ at: 0, data });
    files.failFrom(1, 'EIO');
    await expect(first.land()).rejects.toMatchObject({ code: 'EIO' });
    files.failFrom(Number.POSITIVE_INFINITY, '');

    // What the kernel may have dropped is not gone on with.
    expect(await rows(name)).toMatchObject([{ state: 'PARTIAL', bytes: 0n }]);
    const second = await failing.create(goingOn);
    expect(second.bytes).toBe(0);
    await second.write({ at: 0, data });
    await second.land();

    expect(await contentOf(name)).toBe(data.toString());
  });

  it('is settled by the heart of its own process once the database is back', async () => {
    const own = await testDatabase();
    const nodeId = randomUUID();
    const theirs = aMailbox(nodeId, own);
    const [landing, leaving, writing] = [
      await theirs.create(whole),
      await theirs.create({ ...whole, name: 'left' }),
      await theirs.create({ ...whole, name: 'written' }),
    ];
    for (const one of [landing, leaving, writing]) await one.write({ at: 0, data });
    await own.knex.raw('alter table landed_file rename to away');
    await expect(landing.land()).rejects.toMatchObject({ code: '42P01' });
    await expect(leaving.abandon('connection-lost')).rejects.toMatchObject({ code: '42P01' });
    await own.knex.raw('alter table away rename to landed_file');

    await own.knex.raw('insert into node (id) values (?)', [nodeId]);
    const lost = await recoverUploads(own.knex, { blobs, nodeId, silentMs: 60_000, at: noon });

    expect(lost.map((one) => one.name).sort()).toEqual([name, 'left'].sort());
    expect(await theirs.stat('IN', name)).toMatchObject({ bytes: 0 });
    expect(await theirs.stat('IN', 'left')).toMatchObject({ bytes: data.length });
    await writing.land();
    expect(await theirs.stat('IN', 'written')).toMatchObject({ bytes: data.length });
    await own.drop();
  });

  it('leaves the file that stands there when its bytes cannot be copied', async () => {
    await upload(name, data);
    const failing = aMailbox(randomUUID(), database, broken);
    files.failFrom(2, 'ENOSPC');

    await expect(failing.create(goingOn)).rejects.toMatchObject({ code: 'storage.disk-full' });
    files.failFrom(Number.POSITIVE_INFINITY, '');

    expect((await rows(name)).map(({ state }) => state)).toEqual(['LANDED']);
    expect((await failing.create(goingOn)).bytes).toBe(data.length);
  });

  it('is not gone on with where its sender believes it ended when those bytes are gone', async () => {
    const first = await mailbox.create(whole);
    await first.write({ at: 0, data });
    await first.abandon('connection-lost');
    for (const id of await spooled()) await blobs.spool.remove(id);

    await expect(mailbox.create(goingOn)).rejects.toMatchObject({
      refusal: { text: expect.stringContaining('from its start') },
    });

    expect(await mailbox.stat('IN', name)).toMatchObject({ bytes: 0 });
    const second = await mailbox.create(goingOn);
    expect(second.bytes).toBe(0);
    await second.abandon('connection-lost');
  });
});
