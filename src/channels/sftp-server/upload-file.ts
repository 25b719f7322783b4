import type { Attributes } from 'ssh2';
import type { AbandonReason, Upload } from '../ports.ts';
import { fileAttributes } from './attributes.ts';
import type { OpenFile } from './open-file.ts';
import { RequestLine } from './request-line.ts';
import { Refused } from './status.ts';

/** A file being written. Landed by CLOSE only, and by no CLOSE once a write has failed. */
export class UploadFile implements OpenFile {
  readonly line = new RequestLine();
  readonly name: string;
  readonly writing = true;
  readonly #upload: Upload;
  readonly #append: boolean;
  readonly #openedAt: Date;
  #bytes: number;
  #appendAt: number;
  #queuedTo = 0;
  #failed = false;
  #received = 0;

  constructor(options: {
    readonly name: string;
    readonly upload: Upload;
    readonly append: boolean;
    readonly now: Date;
  }) {
    this.name = options.name;
    this.#upload = options.upload;
    this.#append = options.append;
    this.#openedAt = options.now;
    this.#bytes = options.upload.bytes;
    this.#appendAt = options.upload.bytes;
  }

  get received(): number {
    return this.#received;
  }

  /**
   * Where a WRITE goes and whether it must run alone, settled when it arrives. With APPEND the
   * client's offset does not count. Only a write beyond everything queued runs beside others, so
   * that two writes to one place keep their order.
   */
  place(offset: number, length: number): { readonly at: number; readonly alone: boolean } {
    const at = this.#append ? this.#appendAt : offset;
    if (this.#append) this.#appendAt += length;
    const alone = at < this.#queuedTo;
    this.#queuedTo = Math.max(this.#queuedTo, at + length);
    return { at, alone };
  }

  async write(at: number, data: Buffer): Promise<void> {
    if (this.#failed) throw new Refused('failure', 'An earlier write to this file failed');
    try {
      await this.#upload.write({ at, data });
    } catch (error) {
      this.#failed = true;
      throw error;
    }
    this.#received += data.length;
    this.#bytes = Math.max(this.#bytes, at + data.length);
  }

  attributes(): Attributes {
    return fileAttributes({ bytes: this.#bytes, modifiedAt: this.#openedAt });
  }

  async resize(bytes: number): Promise<void> {
    if (bytes === this.#bytes) return;
    try {
      await this.#upload.truncate(bytes);
    } catch (error) {
      this.#failed = true;
      throw error;
    }
    this.#bytes = bytes;
    this.#appendAt = bytes;
  }

  async sync(): Promise<void> {
    await this.#upload.sync();
  }

  async close(): Promise<void> {
    if (!this.#failed) {
      await this.#upload.land();
      return;
    }
    await this.#upload.abandon('write-failed');
    throw new Refused('failure', 'A write to this file failed; it was not accepted');
  }

  async drop(reason: AbandonReason): Promise<void> {
    await this.#upload.abandon(this.#failed ? 'write-failed' : reason);
  }
}
