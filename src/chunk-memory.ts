import type { JudgedForm } from './vocabulary/index.ts';

/** Judged forms a process remembers, about 2 KiB each: past it, the rows are read back. */
const formsMax = 12_000;

/**
 * Judged forms between inspection and the chunk step, so that the usual case, both in one process
 * and seconds apart, does not read back what it just wrote. The rows stay the truth: what is not
 * here is read from them.
 */
export interface ChunkMemory {
  keep(batchId: number, seq: number, forms: readonly JudgedForm[]): void;
  /** The forms, once: they are forgotten with it. */
  take(batchId: number, seq: number): readonly JudgedForm[] | undefined;
  drop(batchId: number): void;
  read(result: Buffer): readonly JudgedForm[];
}

export function openChunkMemory(): ChunkMemory {
  const chunks = new Map<string, readonly JudgedForm[]>();
  let kept = 0;

  function forget(key: string): readonly JudgedForm[] | undefined {
    const forms = chunks.get(key);
    if (forms === undefined) return undefined;
    chunks.delete(key);
    kept -= forms.length;
    return forms;
  }

  return {
    keep(batchId, seq, forms) {
      forget(`${String(batchId)}/${String(seq)}`);
      if (kept + forms.length > formsMax) return;
      chunks.set(`${String(batchId)}/${String(seq)}`, forms);
      kept += forms.length;
    },
    take: (batchId, seq) => forget(`${String(batchId)}/${String(seq)}`),
    drop(batchId) {
      for (const key of chunks.keys()) if (key.startsWith(`${String(batchId)}/`)) forget(key);
    },
    read: (result) => JSON.parse(result.toString('utf8')) as readonly JudgedForm[],
  };
}
