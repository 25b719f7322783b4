import type { Attributes, FileEntry } from 'ssh2';
import type { Clock } from '../../vocabulary/index.ts';
import type { Directory, Entry, Mailbox } from '../ports.ts';
import { directoryAttributes, fileAttributes, longName } from './attributes.ts';
import { listingPageBytesMax, listingPageMax } from './limits.ts';
import type { OpenFile } from './open-file.ts';
import { directories } from './paths.ts';
import { RequestLine } from './request-line.ts';
import { Refused } from './status.ts';

/** Entries asked of the mailbox at a time: one question for ten answers. */
const fetchMax = 1_000;
/** Two length fields and the attributes, beside the two names. */
const entryOverheadBytes = 64;

/** A directory being listed, page by page, in the order of names. */
export class Listing implements OpenFile {
  readonly line = new RequestLine();
  readonly name: string;
  readonly writing = false;
  readonly #mailbox: Mailbox;
  readonly #directory: Directory | undefined;
  readonly #clock: Clock;
  #ready: FileEntry[];
  #ended: boolean;
  #after: string | undefined;

  constructor(options: {
    readonly mailbox: Mailbox;
    /** Undefined lists the root. */
    readonly directory: Directory | undefined;
    readonly clock: Clock;
  }) {
    this.name = options.directory ?? '';
    this.#mailbox = options.mailbox;
    this.#directory = options.directory;
    this.#clock = options.clock;
    const now = this.#clock.now();
    const fixed = options.directory === undefined ? ['.', '..', ...directories] : ['.', '..'];
    this.#ready = fixed.map((name) => directoryLine(name, now));
    this.#ended = options.directory === undefined;
  }

  /** The next names; none at the end. */
  async page(): Promise<readonly FileEntry[]> {
    if (this.#ready.length < listingPageMax && !this.#ended) await this.#fetch();
    let bytes = 0;
    const taken = this.#ready.slice(0, listingPageMax).findIndex((entry) => {
      bytes += Buffer.byteLength(entry.filename) + Buffer.byteLength(entry.longname);
      bytes += entryOverheadBytes;
      return bytes > listingPageBytesMax;
    });
    return this.#ready.splice(0, taken === -1 ? listingPageMax : taken);
  }

  attributes(): Attributes {
    return directoryAttributes(this.#clock.now());
  }

  resize(): Promise<void> {
    return Promise.reject(new Refused('permission-denied', 'This is a directory'));
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  drop(): Promise<void> {
    return Promise.resolve();
  }

  async #fetch(): Promise<void> {
    if (this.#directory === undefined) return;
    const entries = await this.#mailbox.list(this.#directory, this.#after, fetchMax);
    const now = this.#clock.now();
    this.#ready.push(...entries.map((entry) => fileLine(entry, now)));
    this.#after = entries.at(-1)?.name ?? this.#after;
    this.#ended = entries.length < fetchMax;
  }
}

function directoryLine(name: string, now: Date): FileEntry {
  const longname = longName({ name, directory: true, bytes: 0, modifiedAt: now, now });
  return { filename: name, longname, attrs: directoryAttributes(now) };
}

function fileLine(entry: Entry, now: Date): FileEntry {
  const { name, bytes, modifiedAt } = entry;
  const longname = longName({ name, directory: false, bytes, modifiedAt, now });
  return { filename: name, longname, attrs: fileAttributes(entry) };
}
