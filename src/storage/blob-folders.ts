import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import type { FileSystem } from './file-system.ts';

/** Blobs named one after the other share a folder, so that few of them wait for one to be made. */
const blobsAFolderMax = 1_000;
const folderCharacters = 4;

/**
 * The folders of the fan-out, `aa/bb`. Each is made and made durable once in the life of a process;
 * there are no more than 65,536 of them.
 */
export class BlobFolders {
  readonly #files: FileSystem;
  readonly #made = new Map<string, Promise<void>>();
  readonly #syncs = new Map<string, Sync>();
  #current = '';
  #left = 0;

  constructor(files: FileSystem) {
    this.#files = files;
  }

  /**
   * A name nobody has: a UUID of which the characters that name its folder stay the same for a
   * while. 106 random bits are left.
   */
  nextName(): string {
    const name = randomUUID();
    if (this.#left === 0) {
      this.#current = name.slice(0, folderCharacters);
      this.#left = blobsAFolderMax;
    }
    this.#left -= 1;
    return this.#current + name.slice(folderCharacters);
  }

  /** Resolves when a power cut would leave the folder there, for everybody who waits for it. */
  async make(folder: string): Promise<void> {
    const making = this.#made.get(folder) ?? this.#makeAnew(folder);
    this.#made.set(folder, making);
    try {
      await making;
    } catch (error) {
      this.forget(folder);
      throw error;
    }
  }

  /** It was not there after all: somebody tidied up. */
  forget(folder: string): void {
    this.#made.delete(folder);
  }

  /** Makes durable what was put there before the call; those that wait at one moment share a sync. */
  sync(folder: string): Promise<void> {
    const sync = this.#syncs.get(folder);
    if (sync === undefined) return this.#beginSync(folder);
    // The one under way may have looked already: whoever comes meanwhile needs the one after it.
    const after = (): Promise<void> => this.#beginSync(folder);
    sync.next ??= sync.running.then(after, after);
    return sync.next;
  }

  #beginSync(folder: string): Promise<void> {
    const running = this.#files.syncDirectory(folder);
    const sync: Sync = { running, next: undefined };
    this.#syncs.set(folder, sync);
    const over = (): void => {
      if (this.#syncs.get(folder) === sync) this.#syncs.delete(folder);
    };
    running.then(over, over);
    return running;
  }

  /** One that is there already is synced too: whoever made it may not have come that far. */
  async #makeAnew(folder: string): Promise<void> {
    const outer = dirname(folder);
    await this.#files.makeDirectory(outer);
    await this.#files.syncDirectory(dirname(outer));
    await this.#files.makeDirectory(folder);
    await this.#files.syncDirectory(outer);
  }
}

interface Sync {
  readonly running: Promise<void>;
  next: Promise<void> | undefined;
}
