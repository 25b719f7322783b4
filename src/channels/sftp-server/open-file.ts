import type { Attributes } from 'ssh2';
import type { AbandonReason } from '../ports.ts';
import type { RequestLine } from './request-line.ts';

/** What stands behind a handle. Calls come through `line`, so that they keep their order. */
export interface OpenFile {
  readonly line: RequestLine;
  /** For the journal; empty for the root. */
  readonly name: string;
  readonly writing: boolean;
  attributes(): Attributes;
  resize(bytes: number): Promise<void>;
  sync(): Promise<void>;
  /** The client's CLOSE: the only way a transfer counts as finished. */
  close(): Promise<void>;
  /** The client is gone without a CLOSE. */
  drop(reason: AbandonReason): Promise<void>;
}
