import { closeSync, openSync, readSync } from 'node:fs';
import { Failure } from '../vocabulary/index.ts';
import { judgeChunk, syntaxDetail } from './chunk.ts';
import type { ChunkResult } from './chunk.ts';
import { judgeDocument } from './engine.ts';
import type { CompiledSchema } from './engine.ts';
import { FormsWriter } from './judged-text.ts';
import type { ReaderOf } from './ports.ts';
import { asBuffer, compileOrRefuse, readPacks } from './read-packs.ts';
import type { SchemaPack } from './schema-pack.ts';
import type {
  Carry,
  ChunkJob,
  EnvelopeJob,
  EnvelopeResult,
  PostedChunkJob,
  PostedJob,
  Reply,
} from './thread-loop.ts';

const compiledMax = 64;

export interface Answer {
  readonly reply: Reply;
  /** Buffers that go over with the reply and are not copied. */
  readonly handOver: readonly ArrayBufferLike[];
}

/** Answers jobs, one after another; what was compiled for one is there for the next. */
export function answerer(readerOf: ReaderOf, carry: Carry): (job: PostedJob) => Answer {
  const compiled = new Map<string, CompiledSchema>();
  return (job) => {
    const handOver: ArrayBufferLike[] = [];
    return { reply: answer(job, { compiled, readerOf, carry, handOver }), handOver };
  };
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
      case 'schemas':
        return { result: readPacks(job.files.map(asBuffer)) };
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
  const schema = known ?? compiledFrom(pack as SchemaPack);
  compiled.delete(key);
  compiled.set(key, schema);
  const [oldest] = compiled.keys();
  if (compiled.size > compiledMax && oldest !== undefined) {
    compiled.get(oldest)?.validator.dispose();
    compiled.delete(oldest);
  }
  return schema;
}

function compiledFrom(pack: SchemaPack): CompiledSchema {
  const schema = compileOrRefuse(pack);
  if ('refused' in schema) throw new Failure('schema.refused', schema.refused);
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
