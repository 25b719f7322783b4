import type { FileHandle } from 'node:fs/promises';

type Open =
  | { readonly path: string; readonly file: FileHandle }
  | { readonly path: string; readonly names: string[] };

/** The files and listings one channel has open, by the four bytes its client knows each as. */
export class Handles {
  readonly #open = new Map<number, Open>();
  #next = 1;

  addFile(path: string, file: FileHandle): Buffer {
    return this.#add({ path, file });
  }

  addListing(path: string, names: readonly string[]): Buffer {
    return this.#add({ path, names: [...names] });
  }

  /** Empty for a handle that is not open. */
  pathOf(handle: Buffer): string {
    return this.#find(handle)?.path ?? '';
  }

  /** Throws when the handle is no open file. */
  file(handle: Buffer): FileHandle {
    const open = this.#find(handle);
    if (open === undefined || !('file' in open)) throw new Error('No such handle');
    return open.file;
  }

  /** The next names of a listing. Throws when the handle is none. */
  takeNames(handle: Buffer, max: number): readonly string[] {
    const open = this.#find(handle);
    if (open === undefined || !('names' in open)) throw new Error('No such handle');
    return open.names.splice(0, max);
  }

  async close(handle: Buffer): Promise<void> {
    const open = this.#find(handle);
    if (open === undefined) throw new Error('No such handle');
    this.#open.delete(handle.readUInt32BE());
    if ('file' in open) await open.file.close();
  }

  async closeAll(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    for (const open of all) if ('file' in open) await open.file.close();
  }

  #add(open: Open): Buffer {
    const number = this.#next;
    this.#next += 1;
    this.#open.set(number, open);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(number);
    return handle;
  }

  #find(handle: Buffer): Open | undefined {
    return handle.length === 4 ? this.#open.get(handle.readUInt32BE()) : undefined;
  }
}
