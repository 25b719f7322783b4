import type { Attributes } from 'ssh2';
import type { Download } from '../ports.ts';
import { fileAttributes } from './attributes.ts';
import type { OpenFile } from './open-file.ts';
import { RequestLine } from './request-line.ts';
import { Refused } from './status.ts';

/** A file being read. It counts as collected when its last byte was sent and CLOSE came. */
export class DownloadFile implements OpenFile {
  readonly line = new RequestLine();
  readonly name: string;
  readonly writing = false;
  readonly #download: Download;
  readonly #modifiedAt: Date;
  #sentTo = 0;
  #failed = false;
  #sent = 0;

  constructor(options: {
    readonly name: string;
    readonly download: Download;
    readonly modifiedAt: Date;
  }) {
    this.name = options.name;
    this.#download = options.download;
    this.#modifiedAt = options.modifiedAt;
  }

  get sent(): number {
    return this.#sent;
  }

  async read(at: number, bytes: number): Promise<Buffer> {
    if (at >= this.#download.bytes) return Buffer.alloc(0);
    try {
      return await this.#download.read({ at, bytes });
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  /** Told when the answer has been sent, which is later than when it was read. */
  noteSent(at: number, bytes: number): void {
    this.#sent += bytes;
    this.#sentTo = Math.max(this.#sentTo, at + bytes);
  }

  attributes(): Attributes {
    return fileAttributes({ bytes: this.#download.bytes, modifiedAt: this.#modifiedAt });
  }

  resize(): Promise<void> {
    return Promise.reject(new Refused('permission-denied', 'This file is open for reading'));
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    const whole = this.#sentTo >= this.#download.bytes;
    await this.#download.close({ readToEnd: whole && !this.#failed });
  }

  async drop(): Promise<void> {
    await this.#download.close({ readToEnd: false });
  }
}
