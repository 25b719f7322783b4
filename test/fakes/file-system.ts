import { nodeFileSystem, type FileSystem, type OpenFile } from '../../src/storage/index.ts';

export interface RecordedFileSystem extends FileSystem {
  /** Every call that changes something, in the order it returned. */
  readonly calls: readonly string[];
  /** From now on the n-th changing call (from 1) fails with this code, and all after it. */
  failFrom(call: number, code: string): void;
}

/**
 * The real file system, with a record of what was done and a switch that cuts the power: after the
 * call named nothing more happens, as if the process had died there.
 */
export function recordedFileSystem(): RecordedFileSystem {
  const calls: string[] = [];
  let failing = { from: Number.POSITIVE_INFINITY, code: '' };
  let started = 0;
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    started += 1;
    if (started >= failing.from) {
      throw Object.assign(new Error(`${failing.code}: ${name}`), { code: failing.code });
    }
    const result = await work();
    calls.push(name);
    return result;
  };
  const recorded = (file: OpenFile): OpenFile => ({
    write: (o) => step('write', () => file.write(o)),
    read: (o) => file.read(o),
    truncate: (bytes) => step('truncate', () => file.truncate(bytes)),
    sync: () => step('fsync', () => file.sync()),
    close: () => file.close(),
  });
  const real = nodeFileSystem;
  return {
    calls,
    failFrom: (call, code) => {
      started = 0;
      failing = { from: call, code };
    },
    create: (path) => step('create', async () => recorded(await real.create(path))),
    reopen: async (path) => recorded(await real.reopen(path)),
    openForReading: (path) => real.openForReading(path),
    rename: (from, to) => step('rename', () => real.rename(from, to)),
    remove: (path) => step('remove', () => real.remove(path)),
    makeDirectory: (path) => step('mkdir', () => real.makeDirectory(path)),
    syncDirectory: (path) => step('fsync directory', () => real.syncDirectory(path)),
    stat: (path) => real.stat(path),
    entries: (path) => real.entries(path),
    freeBytes: (path) => real.freeBytes(path),
  };
}
