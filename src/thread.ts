import { workerData } from 'node:worker_threads';
import { readParameterSets, type ParameterFile } from './computation/index.ts';
import { decideChunk, type ChunkWork } from './decide-chunk.ts';
import { readerOf } from './messages/index.ts';
import { runThread } from './validation/index.ts';

/** What a thread that decides is started with; one that only judges needs none of it. */
export interface Equipment {
  readonly parameters: readonly ParameterFile[];
}

const equipment = workerData as Partial<Equipment> | null;
const files = equipment?.parameters;
const parameters = files === undefined ? undefined : readParameterSets(files);

await runThread(readerOf, (work) => {
  if (parameters === undefined) throw new Error('this thread was started without parameters');
  const tables = decideChunk(work as ChunkWork, parameters);
  return { result: tables, handOver: tables.map(({ text }) => text.buffer) };
});
