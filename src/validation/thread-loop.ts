import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { AdmissionTask } from './admission.ts';
import { judgeAdmission } from './admission-thread.ts';
import { judgeChunk, syntaxDetail } from './chunk.ts';
import type { ChunkResult } from './chunk.ts';
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

export type Job = ChunkJob | EnvelopeJob;
/** Packs travel once: afterwards a job carries the fingerprint alone. */
export type PostedJob = EnvelopeJob | (Omit<ChunkJob, 'pack'> & { pack?: SchemaPack | string });
export type Reply =
  | { readonly result: ChunkResult | EnvelopeResult }
  | { readonly missing: string }
  | { readonly defect: string };

const compiledMax = 64;

/**
 * What a thread does. One of the pool answers job after job and keeps each compiled schema by its
 * fingerprint; one that was started for an admission judges that and is done.
 */
export async function runThread(readerOf: ReaderOf): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('a validation thread cannot be the main thread');
  if (isAdmission(workerData)) {
    port.postMessage(await judgeAdmission(workerData));
    return;
  }
  const compiled = new Map<string, CompiledSchema>();
  port.on('message', (job: PostedJob) => {
    port.postMessage(answer(job, compiled, readerOf));
  });
}

function isAdmission(data: unknown): data is AdmissionTask {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'admission';
}

function answer(job: PostedJob, compiled: Map<string, CompiledSchema>, readerOf: ReaderOf): Reply {
  try {
    if (job.kind === 'envelope') return { result: judgeEnvelope(job) };
    const { pack } = job;
    if (typeof pack === 'string' && !compiled.has(pack)) return { missing: pack };
    const schema = pack === undefined ? undefined : schemaOf(pack, compiled);
    return { result: judgeBytes(job, schema, readerOf) };
  } catch (error) {
    return { defect: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
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
  readerOf: ReaderOf,
): ChunkResult {
  const bytes = Buffer.allocUnsafe(job.prefix.length + job.to - job.from + job.suffix.length);
  bytes.set(job.prefix, 0);
  readInto(bytes.subarray(job.prefix.length, bytes.length - job.suffix.length), job);
  bytes.set(job.suffix, bytes.length - job.suffix.length);
  const { encoding, elementsBefore, firstForm, findingsMax, from, context } = job;
  const sizes = { prefixBytes: job.prefix.length, suffixBytes: job.suffix.length };
  return judgeChunk(
    { bytes, ...sizes, from, encoding, elementsBefore, firstForm, findingsMax },
    { schema, reader: readerOf(job.root), context },
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
