import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { AdmissionTask } from './admission.ts';
import { judgeAdmission } from './admission-thread.ts';
import { judgeChunk, syntaxDetail } from './chunk.ts';
import type { ChunkResult } from './chunk.ts';
import { Failure } from '../vocabulary/index.ts';
import type { FailureCode, Facts } from '../vocabulary/index.ts';
import { FormsWriter } from './judged-text.ts';
import type { FormsText } from './judged-text.ts';
import type { Encoding } from './encoding.ts';
import { compileSchema, judgeDocument } from './engine.ts';
import type { CompiledSchema } from './engine.ts';
import type { JudgeContext, ReaderOf } from './ports.ts';
import type { SchemaPack } from './schema-pack.ts';

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

export type Job = ChunkJob | EnvelopeJob | CarryJob;
export type Result = ChunkReply | EnvelopeResult | { readonly carried: unknown };
/** Packs travel once: afterwards a job carries the fingerprint alone. */
export type PostedJob = Exclude<Job, ChunkJob> | PostedChunkJob;
type PostedChunkJob = Omit<ChunkJob, 'pack'> & { pack?: SchemaPack | string };
export type Reply =
  | { readonly result: Result }
  | { readonly missing: string }
  | { readonly failure: { readonly code: FailureCode; readonly facts: Facts } }
  | { readonly defect: string };

const compiledMax = 64;

/**
 * What a thread does. One of the pool answers job after job and keeps each compiled schema by its
 * fingerprint; one that was started for an admission judges that and is done.
 */
export async function runThread(readerOf: ReaderOf, carry: Carry): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('a validation thread cannot be the main thread');
  if (isAdmission(workerData)) {
    port.postMessage(await judgeAdmission(workerData));
    return;
  }
  const compiled = new Map<string, CompiledSchema>();
  port.on('message', (job: PostedJob) => {
    const handOver: ArrayBufferLike[] = [];
    const reply = answer(job, { compiled, readerOf, carry, handOver });
    port.postMessage(reply, handOver as ArrayBuffer[]);
  });
}

function isAdmission(data: unknown): data is AdmissionTask {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'admission';
}

interface Means {
  readonly compiled: Map<string, CompiledSchema>;
  readonly readerOf: ReaderOf;
  readonly carry: Carry;
  /** Filled with the buffers that go over with the reply. */
  readonly handOver: ArrayBufferLike[];
}

function answer(job: PostedJob, means: Means): Reply {
  try {
    switch (job.kind) {
      case 'envelope':
        return { result: judgeEnvelope(job) };
      case 'chunk':
        return answerChunk(job, means);
      case 'carry': {
        const { result, handOver } = means.carry(job.work);
        means.handOver.push(...handOver);
        return { result: { carried: result } };
      }
    }
  } catch (error) {
    if (error instanceof Failure) return { failure: { code: error.code, facts: error.facts } };
    return { defect: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function answerChunk(job: PostedChunkJob, { compiled, readerOf, handOver }: Means): Reply {
  const { pack } = job;
  if (typeof pack === 'string' && !compiled.has(pack)) return { missing: pack };
  const schema = pack === undefined ? undefined : schemaOf(pack, compiled);
  const forms = new FormsWriter();
  const judged = judgeBytes(job, schema, { readerOf, forms });
  const text = forms.text();
  handOver.push(text.forms.buffer);
  return { result: { ...judged, text } };
}

/** Takes from the cache or compiles; the schema that was not used for longest makes room. */
function schemaOf(
  pack: SchemaPack | string,
  compiled: Map<string, CompiledSchema>,
): CompiledSchema {
  const key = typeof pack === 'string' ? pack : pack.sha256;
  const known = compiled.get(key);
  if (known === undefined && typeof pack === 'string') throw new Error(`no schema ${key}`);
  const schema = known ?? compileSchema(pack as SchemaPack);
  compiled.delete(key);
  compiled.set(key, schema);
  const [oldest] = compiled.keys();
  if (compiled.size > compiledMax && oldest !== undefined) {
    compiled.get(oldest)?.validator.dispose();
    compiled.delete(oldest);
  }
  return schema;
}

function judgeEnvelope(job: EnvelopeJob): EnvelopeResult {
  const verdict = judgeDocument(job.bytes);
  if (verdict.wellFormed) return {};
  const { message, line, column } = verdict.error;
  return { problem: { detail: syntaxDetail(message), line, column } };
}

function judgeBytes(
  job: Omit<ChunkJob, 'pack'>,
  schema: CompiledSchema | undefined,
  { readerOf, forms }: { readonly readerOf: ReaderOf; readonly forms: FormsWriter },
): ChunkResult {
  const bytes = Buffer.allocUnsafe(job.prefix.length + job.to - job.from + job.suffix.length);
  bytes.set(job.prefix, 0);
  readInto(bytes.subarray(job.prefix.length, bytes.length - job.suffix.length), job);
  bytes.set(job.suffix, bytes.length - job.suffix.length);
  const { encoding, elementsBefore, firstForm, findingsMax, from, context } = job;
  const sizes = { prefixBytes: job.prefix.length, suffixBytes: job.suffix.length };
  return judgeChunk(
    { bytes, ...sizes, from, encoding, elementsBefore, firstForm, findingsMax },
    {
      ...{ schema, context },
      reader: readerOf(job.root),
      take: (form) => {
        forms.add(form);
      },
    },
  );
}

function readInto(target: Buffer, job: Pick<ChunkJob, 'path' | 'from'>): void {
  const file = openSync(job.path, 'r');
  try {
    let done = 0;
    while (done < target.length) {
      const read = readSync(file, target, done, target.length - done, job.from + done);
      if (read === 0) throw new Error('the file became shorter while it was judged');
      done += read;
    }
  } finally {
    closeSync(file);
  }
}
