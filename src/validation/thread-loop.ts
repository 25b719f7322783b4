import { parentPort, workerData } from 'node:worker_threads';
import type { FailureCode, Facts } from '../vocabulary/index.ts';
import type { AdmissionTask } from './admission.ts';
import type { ChunkResult } from './chunk.ts';
import type { Encoding } from './encoding.ts';
import type { FormsText } from './judged-text.ts';
import type { JudgeContext, ReaderOf } from './ports.ts';
import type { PackAnswer } from './read-packs.ts';
import type { SchemaFile, SchemaPack } from './schema-pack.ts';

/** A chunk to judge: the thread reads its bytes itself. */
export interface ChunkJob {
  readonly kind: 'chunk';
  readonly path: string;
  readonly from: number;
  readonly to: number;
  /** XML declaration and root start tag, and the root's end tag, as bytes of the file's encoding. */
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
  readonly encoding: Encoding;
  readonly root: string;
  /** Absent: well-formedness only. */
  readonly pack?: SchemaPack;
  readonly elementsBefore: number;
  readonly firstForm: number;
  readonly findingsMax: number;
  readonly context: JudgeContext;
}

/** A document without its forms: is it well-formed? */
export interface EnvelopeJob {
  readonly kind: 'envelope';
  readonly bytes: Uint8Array;
}

export interface EnvelopeResult {
  readonly problem?: { readonly detail: string; readonly line: number; readonly column: number };
}

/** Schema documents somebody brings, to be judged with here and now. */
export interface SchemasJob {
  readonly kind: 'schemas';
  readonly files: readonly SchemaFile[];
}

/** Work that is none of validation's, for the function the thread was started with. */
export interface CarryJob {
  readonly kind: 'carry';
  /** Anything that can be cloned. */
  readonly work: unknown;
}

/** What came of such work; the buffers named are handed over and not copied. */
export interface Carried {
  readonly result: unknown;
  readonly handOver: readonly ArrayBufferLike[];
}

export type Carry = (work: unknown) => Carried;

/** What became of a chunk: its forms as text, for objects are dear to hand over. */
export interface ChunkReply extends ChunkResult {
  readonly text: FormsText;
}

export type Job = ChunkJob | EnvelopeJob | SchemasJob | CarryJob;
export type Result = ChunkReply | EnvelopeResult | PackAnswer | { readonly carried: unknown };
/** Packs travel once: afterwards a job carries the fingerprint alone. */
export type PostedJob = Exclude<Job, ChunkJob> | PostedChunkJob;
export type PostedChunkJob = Omit<ChunkJob, 'pack'> & { pack?: SchemaPack | string };
export type Reply =
  | { readonly result: Result }
  | { readonly missing: string }
  | { readonly failure: { readonly code: FailureCode; readonly facts: Facts } }
  | { readonly defect: string };

/**
 * What a thread does. One of the pool answers job after job and keeps each compiled schema by its
 * fingerprint; one that was started for an admission judges that and is done. The engines are
 * loaded here and not with the module: whoever only sends jobs to threads needs none.
 */
export async function runThread(readerOf: ReaderOf, carry: Carry): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('a validation thread cannot be the main thread');
  if (isAdmission(workerData)) {
    const { judgeAdmission } = await import('./admission-thread.ts');
    port.postMessage(await judgeAdmission(workerData));
    return;
  }
  const { answerer } = await import('./thread-work.ts');
  const answer = answerer(readerOf, carry);
  port.on('message', (job: PostedJob) => {
    const { reply, handOver } = answer(job);
    port.postMessage(reply, handOver as readonly ArrayBuffer[]);
  });
}

function isAdmission(data: unknown): data is AdmissionTask {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'admission';
}
