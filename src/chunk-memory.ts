/** Bytes of judged chunks a process remembers; past it, the rows are read back. */
const bytesMax = 32 * 1024 * 1024;

/**
 * Judged chunks between inspection and the chunk step, so that the usual case, both in one process
 * and seconds apart, does not read back what it just wrote. The rows stay the truth: what is not
 * here is read from them.
 */
export interface ChunkMemory {
  keep(batchId: number, seq: number, judged: Buffer): void;
  /** The chunk, once: it is forgotten with it. */
  take(batchId: number, seq: number): Buffer | undefined;
  drop(batchId: number): void;
}

export function openChunkMemory(): ChunkMemory {
  const chunks = new Map<string, Buffer>();
  let kept = 0;

  function forget(key: string): Buffer | undefined {
    const judged = chunks.get(key);
    if (judged === undefined) return undefined;
    chunks.delete(key);
    kept -= judged.length;
    return judged;
  }

  return {
    keep(batchId, seq, judged) {
      forget(`${String(batchId)}/${String(seq)}`);
      if (kept + judged.length > bytesMax) return;
      chunks.set(`${String(batchId)}/${String(seq)}`, judged);
      kept += judged.length;
    },
    take: (batchId, seq) => forget(`${String(batchId)}/${String(seq)}`),
    drop(batchId) {
      for (const key of chunks.keys()) if (key.startsWith(`${String(batchId)}/`)) forget(key);
    },
  };
}
