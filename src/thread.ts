import { workerData } from 'node:worker_threads';
import type { ParameterFile } from './computation/index.ts';
import type { ChunkWork } from './decide-chunk.ts';
import { readerOf } from './messages/index.ts';
import { runThread, type Carry } from './validation/index.ts';

/** What a thread that decides is started with; one that only judges needs none of it. */
export interface Equipment {
  readonly parameters: readonly ParameterFile[];
}

const equipment = workerData as Partial<Equipment> | null;
const files = equipment?.parameters;

await runThread(readerOf, files === undefined ? judgeOnly : await deciding(files));

function judgeOnly(): never {
  throw new Error('this thread was started without parameters');
}

async function deciding(files: readonly ParameterFile[]): Promise<Carry> {
  const { readParameterSets } = await import('./computation/index.ts');
  const { decideChunk } = await import('./decide-chunk.ts');
  const parameters = readParameterSets(files);
  return (work) => {
    const tables = decideChunk(work as ChunkWork, parameters);
    return { result: tables, handOver: tables.map(({ text }) => text.buffer) };
  };
}
