import { createHash, randomUUID, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { Failure } from '../vocabulary/index.ts';
import {
  isBlobId,
  makeFolder,
  moveIn,
  spoolPath,
  type BlobDirectory,
  type BlobId,
} from './blob-directory.ts';
import { translating } from './storage-failure.ts';
import { codeOf, type OpenFile } from './file-system.ts';

/** Files being uploaded. */
export interface Spool {
  create(): Promise<SpoolFile>;
  /** Opens one that was kept, to go on with it. Throws `storage.blob-missing`. */
  reopen(id: string): Promise<SpoolFile>;
  /** No error when it is gone already. */
  remove(id: string): Promise<void>;
  /** Those that uploads of this process have: from `create` or `reopen` to `release`. */
  inHand(): ReadonlySet<string>;
  /** All there are, also those nobody remembers: for sweeping by age. */
  list(): AsyncIterable<SpoolFacts>;
}

export interface SpoolFacts {
  readonly id: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

export interface LandedFile {
  readonly blob: BlobId;
  readonly bytes: number;
  readonly sha256: Buffer;
}

export function openSpool(directory: BlobDirectory): Spool {
  const { files, spool } = directory;
  const inHand = new Set<SpoolFile>();
  return {
    create: async () => {
      const id = randomUUID();
      const file = await translating(() => files.create(spoolPath(directory, id)));
      return new SpoolFile({ directory, id, file, bytes: 0, inHand });
    },
    reopen: async (id) => {
      const path = spoolPath(directory, id);
      try {
        const file = await files.reopen(path);
        const bytes = (await files.stat(path))?.bytes ?? 0;
        return new SpoolFile({ directory, id, file, bytes, inHand });
      } catch (error) {
        if (codeOf(error) === 'ENOENT') throw new Failure('storage.blob-missing', { id }, error);
        throw error;
      }
    },
    remove: (id) => files.remove(spoolPath(directory, id)),
    inHand: () => new Set([...inHand].map(({ id }) => id)),
    list: async function* () {
      for await (const { name } of files.entries(spool)) {
        const facts = isBlobId(name) ? await files.stat(join(spool, name)) : undefined;
        if (facts !== undefined) yield { id: name, ...facts };
      }
    },
  };
}

interface Opened {
  readonly directory: BlobDirectory;
  readonly id: string;
  readonly file: OpenFile;
  readonly bytes: number;
  readonly inHand: Set<SpoolFile>;
}

const rehashBytes = 1024 * 1024;

/**
 * One upload under way: random access, one call at a time. Ends in exactly one of `land`, `keep` or
 * `discard`. The hash is made while writing as long as writes come in order, as nearly all do.
 */
export class SpoolFile {
  readonly id: string;
  readonly #directory: BlobDirectory;
  readonly #file: OpenFile;
  #bytes: number;
  #hash: Hash | undefined;
  #hashed = 0;
  #broken: Error | undefined;
  readonly #inHand: Set<SpoolFile>;

  constructor({ directory, id, file, bytes, inHand }: Opened) {
    this.id = id;
    this.#inHand = inHand;
    inHand.add(this);
    this.#directory = directory;
    this.#file = file;
    this.#bytes = bytes;
    this.#hash = bytes === 0 ? createHash('sha256') : undefined;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws Failure `storage.disk-full`; after any error the file can no longer land. */
  async write({ at, data }: { readonly at: number; readonly data: Buffer }): Promise<void> {
    // Nothing, written beyond the end, lengthens no file.
    if (data.length === 0) return;
    if (at === this.#hashed) {
      this.#hash?.update(data);
      this.#hashed += data.length;
    } else {
      this.#hash = undefined;
    }
    await this.#guarded(() => this.#file.write({ at, data }));
    this.#bytes = Math.max(this.#bytes, at + data.length);
  }

  async truncate(bytes: number): Promise<void> {
    if (bytes === 0) {
      this.#hash = createHash('sha256');
      this.#hashed = 0;
    } else if (bytes !== this.#hashed) {
      this.#hash = undefined;
    }
    await this.#guarded(() => this.#file.truncate(bytes));
    this.#bytes = bytes;
  }

  async sync(): Promise<void> {
    await this.#guarded(() => this.#file.sync());
  }

  /**
   * Makes the upload a blob: content synced, then renamed, then the directory synced. When it
   * returns, no power cut can lose the file, and a row may say so.
   *
   * @param blob the name to land under, when a row has announced it; a new one otherwise
   */
  async land(blob: BlobId = this.#directory.folders.nextName()): Promise<LandedFile> {
    try {
      return await this.#guarded(async () => {
        const [sha256] = await Promise.all([
          this.#digest(),
          this.#file.sync(),
          makeFolder(this.#directory, blob),
        ]);
        await moveIn(this.#directory, { from: spoolPath(this.#directory, this.id), blob });
        return { blob, bytes: this.#bytes, sha256 };
      });
    } finally {
      await this.#file.close();
    }
  }

  /** Closes it and leaves it in the spool, so that the sender can go on later. */
  async keep(): Promise<void> {
    this.release();
    await this.#file.close();
  }

  /** Nothing more comes of it here; after `land` only, the others do it themselves. */
  release(): void {
    this.#inHand.delete(this);
  }

  async discard(): Promise<void> {
    this.release();
    await this.#file.close();
    await this.#directory.files.remove(spoolPath(this.#directory, this.id));
  }

  async #digest(): Promise<Buffer> {
    if (this.#hash !== undefined && this.#hashed === this.#bytes) return this.#hash.digest();
    const hash = createHash('sha256');
    for (let at = 0; at < this.#bytes;) {
      const data = await this.#file.read({ at, bytes: rehashBytes });
      if (data.length === 0) throw new Failure('storage.blob-missing', { id: this.id, endsAt: at });
      hash.update(data);
      at += data.length;
    }
    return hash.digest();
  }

  /** After a failed write or sync the kernel may have dropped the data: nothing is tried again. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      return await translating(work);
    } catch (thrown) {
      this.#broken = thrown instanceof Error ? thrown : new Error('unknown', { cause: thrown });
      throw thrown;
    }
  }
}
