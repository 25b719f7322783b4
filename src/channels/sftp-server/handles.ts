import type { AbandonReason } from '../ports.ts';
import type { OpenFile } from './open-file.ts';
import { Refused } from './status.ts';

/**
 * The open files of one session. A handle means nothing from the moment its CLOSE arrives, so that
 * a file is landed once and written to never afterwards, whatever a client sends behind.
 */
export class Handles {
  readonly #filesMax: number;
  readonly #open = new Map<number, OpenFile>();
  /** Their CLOSE waits for the requests before it. */
  readonly #closing = new Set<OpenFile>();
  /** Their CLOSE is under way: they are neither abandoned nor counted as idle. */
  readonly #ending = new Set<OpenFile>();
  #opening = 0;
  #next = 1;
  #over: AbandonReason | undefined;

  constructor(filesMax: number) {
    this.#filesMax = filesMax;
  }

  /** Whether anything is being written, opened or landed. */
  get writing(): boolean {
    return this.#opening > 0 || this.#all().some(({ writing }) => writing);
  }

  find(handle: Buffer): OpenFile | undefined {
    return handle.length === 4 ? this.#open.get(handle.readUInt32BE(0)) : undefined;
  }

  /** Gives a file its handle. What is opened after the session ended is dropped again. */
  async open(make: () => Promise<OpenFile>): Promise<Buffer> {
    if (this.#all().length + this.#opening >= this.#filesMax) {
      throw new Refused('failure', 'Too many open files');
    }
    this.#opening += 1;
    let file: OpenFile;
    try {
      file = await make();
    } finally {
      this.#opening -= 1;
    }
    if (this.#over !== undefined) {
      await file.drop(this.#over);
      throw new Refused('failure', 'The session has ended');
    }
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(this.#next);
    this.#open.set(this.#next, file);
    this.#next += 1;
    return handle;
  }

  /** The CLOSE of a file arrived. */
  retire(handle: Buffer): void {
    const file = this.find(handle);
    if (file === undefined) return;
    this.#open.delete(handle.readUInt32BE(0));
    this.#closing.add(file);
  }

  /** The CLOSE of a file has its turn. */
  async close(file: OpenFile): Promise<void> {
    this.#closing.delete(file);
    this.#ending.add(file);
    try {
      await file.close();
    } finally {
      this.#ending.delete(file);
    }
  }

  /** Resolves once every CLOSE of a written file that has arrived is done. */
  async closed(): Promise<void> {
    const under = [...this.#closing, ...this.#ending].filter(({ writing }) => writing);
    await Promise.all(under.map(({ line }) => line.idle()));
  }

  pump(): void {
    for (const file of this.#all()) file.line.pump();
  }

  /** Ends every file as unfinished, except those whose CLOSE is under way: these are waited for. */
  async drop(
    reason: AbandonReason,
    told: (file: OpenFile, failed: unknown) => void,
  ): Promise<void> {
    this.#over = reason;
    const unfinished = [...this.#open.values(), ...this.#closing];
    const ending = [...this.#ending];
    this.#open.clear();
    this.#closing.clear();
    for (const file of unfinished) file.line.forget();
    for (const file of unfinished) {
      await file.line.idle();
      try {
        await file.drop(reason);
        told(file, undefined);
      } catch (error) {
        told(file, error);
      }
    }
    for (const { line } of ending) await line.idle();
  }

  #all(): OpenFile[] {
    return [...this.#open.values(), ...this.#closing, ...this.#ending];
  }
}
