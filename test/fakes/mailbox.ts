import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, open, rename, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  AbandonReason,
  Directory,
  Download,
  Entry,
  Mailbox,
  RefusalStatus,
  Upload,
} from '../../src/channels/index.ts';

/** What a test may do to a mailbox: wait, or throw. */
export interface MailboxHooks {
  beforeCreate?: (name: string) => Promise<void>;
  beforeWrite?: (part: { readonly at: number; readonly bytes: number }) => Promise<void>;
  beforeRead?: (part: { readonly at: number; readonly bytes: number }) => Promise<void>;
  beforeLand?: (name: string) => Promise<void>;
  beforeRemove?: (name: string) => Promise<void>;
  /** Stands in for the files on disk. */
  list?: (after: string | undefined, max: number) => readonly Entry[];
}

/** A mailbox over a directory, with a record of what became of each file. */
export interface FakeMailbox extends Mailbox {
  readonly path: string;
  readonly hooks: MailboxHooks;
  /** `land IN/name`, `abandon IN/name connection-lost`, `collect OUT/name`, `remove IN/name`, … */
  readonly events: readonly string[];
  /** Calls the port's contract forbids, such as a write after the landing. */
  readonly breaches: readonly string[];
  /** Uploads neither landed nor abandoned, and downloads not closed. */
  readonly openFiles: () => number;
  readonly peakWrites: () => number;
  landed(path: string): Buffer;
  partial(path: string): Buffer;
}

const directories = ['IN', 'INTEST', 'INTEST-S', 'OUT', 'OUTTEST', 'OUTTEST-S'];

class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: { readonly status: RefusalStatus; readonly text: string };

  constructor(status: RefusalStatus, text: string) {
    super(text);
    this.refusal = { status, text };
  }
}

interface Books {
  readonly path: string;
  readonly hooks: MailboxHooks;
  readonly events: string[];
  readonly breaches: string[];
  open: number;
  peak: number;
}

/** Files landed lie at `path/IN/name`; those under way or broken off at `path/.partial/IN/name`. */
export function fakeMailbox(path: string, hooks: MailboxHooks = {}): FakeMailbox {
  for (const name of directories) {
    mkdirSync(join(path, name), { recursive: true });
    mkdirSync(join(path, '.partial', name), { recursive: true });
  }
  const books: Books = { path, hooks, events: [], breaches: [], open: 0, peak: 0 };
  return {
    ...{ path, hooks, events: books.events, breaches: books.breaches },
    openFiles: () => books.open,
    peakWrites: () => books.peak,
    landed: (name) => readFileSync(join(path, name)),
    partial: (name) => readFileSync(join(path, '.partial', name)),
    list: (directory, after, max) => Promise.resolve(list(books, directory, after, max)),
    stat: (directory, name) => Promise.resolve(entryOf(books, directory, name)),
    create: (o) => create(books, o),
    rename: (o) => move(books, o),
    remove: (directory, name) => remove(books, directory, name),
    open: (directory, name) => download(books, directory, name),
  };
}

function list(
  { path, hooks }: Books,
  directory: Directory,
  after: string | undefined,
  max: number,
): readonly Entry[] {
  if (hooks.list !== undefined) return hooks.list(after, max);
  const names = new Set([
    ...readdirSync(join(path, directory)),
    ...readdirSync(join(path, '.partial', directory)),
  ]);
  const ordered = [...names].sort().filter((name) => after === undefined || name > after);
  return ordered.slice(0, max).flatMap((name) => entryOf({ path }, directory, name) ?? []);
}

function entryOf(
  { path }: Pick<Books, 'path'>,
  directory: Directory,
  name: string,
): Entry | undefined {
  for (const place of [join(path, directory, name), join(path, '.partial', directory, name)]) {
    if (!existsSync(place)) continue;
    const { size, mtime } = statSync(place);
    return { name, bytes: size, modifiedAt: mtime };
  }
  return undefined;
}

async function create(books: Books, o: Parameters<Mailbox['create']>[0]): Promise<Upload> {
  const { path, hooks } = books;
  await hooks.beforeCreate?.(o.name);
  const landed = join(path, o.directory, o.name);
  const partial = join(path, '.partial', o.directory, o.name);
  const there = entryOf(books, o.directory, o.name) !== undefined;
  if (there && o.exclusive) throw new Refused('exists', 'the file exists');
  if (!o.truncate && existsSync(landed) && !existsSync(partial)) await copyFile(landed, partial);
  const file = await open(partial, existsSync(partial) && !o.truncate ? 'r+' : 'w+');
  const { size } = await file.stat();
  books.open += 1;
  return upload(books, { file, bytes: size, partial, landed, name: `${o.directory}/${o.name}` });
}

interface Opened {
  readonly file: FileHandle;
  readonly bytes: number;
  readonly partial: string;
  readonly landed: string;
  readonly name: string;
}

function upload(books: Books, { file, bytes, partial, landed, name }: Opened): Upload {
  const { hooks, events, breaches } = books;
  const underWay = new Set<{ readonly at: number; readonly end: number }>();
  let ended = false;
  const check = (what: string, alone: boolean): void => {
    if (ended) breaches.push(`${what} after the end of ${name}`);
    if (alone && underWay.size > 0) breaches.push(`${what} beside a write to ${name}`);
  };
  return {
    bytes,
    async write({ at, data }) {
      check('write', false);
      const range = { at, end: at + data.length };
      for (const other of underWay) {
        if (at < other.end && other.at < range.end) breaches.push(`writes overlap in ${name}`);
      }
      underWay.add(range);
      books.peak = Math.max(books.peak, underWay.size);
      try {
        await hooks.beforeWrite?.({ at, bytes: data.length });
        for (let done = 0; done < data.length;) {
          done += (await file.write(data, done, data.length - done, at + done)).bytesWritten;
        }
      } finally {
        underWay.delete(range);
      }
    },
    async truncate(size) {
      check('truncate', true);
      await file.truncate(size);
    },
    async sync() {
      check('sync', true);
      await file.datasync();
      events.push(`sync ${name}`);
    },
    async land() {
      check('land', true);
      ended = true;
      await hooks.beforeLand?.(name);
      await file.close();
      await rename(partial, landed);
      books.open -= 1;
      events.push(`land ${name}`);
    },
    async abandon(reason: AbandonReason) {
      check('abandon', true);
      ended = true;
      await file.close();
      books.open -= 1;
      events.push(`abandon ${name} ${reason}`);
    },
  };
}

async function move(books: Books, o: Parameters<Mailbox['rename']>[0]): Promise<void> {
  const { path, events } = books;
  if (entryOf(books, o.directory, o.from) === undefined) {
    throw new Refused('no-such-file', 'no such file');
  }
  if (!o.replace && entryOf(books, o.directory, o.to) !== undefined) {
    throw new Refused('exists', 'the new name is taken');
  }
  const from = join(path, o.directory, o.from);
  if (!existsSync(from)) throw new Refused('failure', 'the file is not finished');
  await rename(from, join(path, o.directory, o.to));
  events.push(`rename ${o.directory}/${o.from} ${o.to}${o.replace ? ' replacing' : ''}`);
}

async function remove(books: Books, directory: Directory, name: string): Promise<void> {
  const { path, hooks, events } = books;
  await hooks.beforeRemove?.(name);
  if (entryOf(books, directory, name) === undefined) {
    throw new Refused('no-such-file', 'no such file');
  }
  await rm(join(path, directory, name), { force: true });
  await rm(join(path, '.partial', directory, name), { force: true });
  events.push(`remove ${directory}/${name}`);
}

async function download(books: Books, directory: Directory, name: string): Promise<Download> {
  const { path, hooks, events, breaches } = books;
  if (!directory.startsWith('OUT')) {
    throw new Refused('permission-denied', 'files handed in are not read back');
  }
  const place = join(path, directory, name);
  if (!existsSync(place)) throw new Refused('no-such-file', 'no such file');
  const file = await open(place, 'r');
  const { size } = await stat(place);
  books.open += 1;
  let ended = false;
  return {
    bytes: size,
    async read({ at, bytes }) {
      if (ended) breaches.push(`read after the end of ${name}`);
      await hooks.beforeRead?.({ at, bytes });
      const buffer = Buffer.alloc(bytes);
      const { bytesRead } = await file.read(buffer, 0, bytes, at);
      return buffer.subarray(0, bytesRead);
    },
    async close({ readToEnd }) {
      if (ended) breaches.push(`closed twice: ${name}`);
      ended = true;
      await file.close();
      books.open -= 1;
      events.push(`${readToEnd ? 'collect' : 'leave'} ${directory}/${name}`);
    },
  };
}

/** Makes a file of a size without writing it. */
export async function sparseFile(path: string, bytes: number): Promise<void> {
  const name = `${path}.${randomUUID()}`;
  await (await open(name, 'w')).close();
  await truncate(name, bytes);
  await rename(name, path);
}
