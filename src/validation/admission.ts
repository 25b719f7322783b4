import { Worker } from 'node:worker_threads';
import { Failure } from '../vocabulary/index.ts';
import type { ValidationPool } from './pool.ts';
import type { PackAnswer } from './read-packs.ts';
import type { SchemaFile, SchemaPack } from './schema-pack.ts';

export interface AdmissionOptions {
  readonly files: readonly SchemaFile[];
  /** Documents both engines must agree on. */
  readonly samples?: readonly SchemaFile[];
  /** The compiled `thread.js`. */
  readonly entry: URL;
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly timeLimitMs?: number;
}

/** What the disposable thread is given as its `workerData`. */
export interface AdmissionTask {
  readonly kind: 'admission';
  readonly files: readonly SchemaFile[];
  readonly samples: readonly SchemaFile[];
  readonly validity: { readonly validFrom?: string; readonly validTo?: string };
}

const timeLimitMsDefault = 60_000;
const heapMebibytesMax = 512;

/**
 * Admits schema documents that somebody brings: both engines must compile every pack in them and
 * agree on the samples. It happens in a thread of its own that is thrown away afterwards, for a
 * schema can be made to cost any amount of time and memory.
 *
 * @throws Failure `schema.refused`; the facts name the file and the reason.
 */
export async function admitSchemaPack(o: AdmissionOptions): Promise<SchemaPack[]> {
  const { files, samples = [], validFrom, validTo } = o;
  const validity = {
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validTo === undefined ? {} : { validTo }),
  };
  const task: AdmissionTask = { kind: 'admission', files, samples, validity };
  return packsFrom(await answerTo(task, o));
}

/**
 * The packs in schema documents that somebody judges with here and now, on files of their own. They
 * are not admitted to anything: one engine compiles the one that is asked for, when it is asked for,
 * and `judgeFile` fails with `schema.refused` when it cannot.
 *
 * @throws Failure `schema.refused`; the facts name the file and the reason.
 */
export async function readSchemaPacks(o: {
  readonly files: readonly SchemaFile[];
  readonly pool: ValidationPool;
}): Promise<SchemaPack[]> {
  return packsFrom(await o.pool.judge({ kind: 'schemas', files: o.files }));
}

/** What came over from a thread, with buffers again where it has plain byte arrays. */
function packsFrom(answer: PackAnswer): SchemaPack[] {
  if ('refused' in answer) throw new Failure('schema.refused', answer.refused);
  return answer.packs.map((pack) => ({
    ...pack,
    files: pack.files.map(({ name, content }) => ({ name, content: Buffer.from(content) })),
  }));
}

async function answerTo(task: AdmissionTask, o: AdmissionOptions): Promise<PackAnswer> {
  const worker = new Worker(o.entry, {
    workerData: task,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMebibytesMax },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<PackAnswer>((resolve, reject) => {
      const timeLimitMs = o.timeLimitMs ?? timeLimitMsDefault;
      timer = setTimeout(() => {
        resolve({ refused: { reason: `the engines took more than ${timeLimitMs} ms` } });
      }, timeLimitMs);
      worker.once('message', resolve);
      worker.once('error', (error) => {
        reject(new Failure('schema.refused', { reason: 'an engine broke down' }, error));
      });
      worker.once('exit', () => {
        resolve({ refused: { reason: 'an engine ended without an answer' } });
      });
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
