import type { ThrottleStore } from '../identity/index.ts';

/** As long a lock that was lifted by another process may still be in force in this one. */
const rememberedMs = 1_000;
const rememberedMax = 10_000;

type Looked = Awaited<ReturnType<ThrottleStore['look']>>;

/**
 * Remembers for a second who is locked, and gathers the count of those turned away: of a storm of
 * guesses only the first in a second asks the database and one writes to it, so that it does not take
 * the machine from those who work. Whatever this process itself changes counts at once.
 */
export function rememberingLocks(store: ThrottleStore): ThrottleStore {
  const recent = new Map<string, { readonly atMs: number; readonly looked: Looked }>();
  const refusals = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const counts = [...refusals];
    refusals.clear();
    for (const [key, count] of counts) await store.countRefusals(key, count);
  };
  /** What is read or changed must see every refusal so far, and be seen by the next attempt. */
  const after = async <T>(work: () => Promise<T>): Promise<T> => {
    await flush();
    recent.clear();
    return work();
  };
  const later = (): void => {
    timer ??= setTimeout(() => {
      // A database that is away keeps no count; whoever asks it next says so.
      flush().catch(() => undefined);
    }, rememberedMs).unref();
  };

  return {
    async look(o) {
      const key = o.keys.join(' ');
      const known = recent.get(key);
      if (known !== undefined && performance.now() - known.atMs < rememberedMs) return known.looked;
      recent.delete(key);
      if (refusals.size > 0) await flush();
      const looked = await store.look(o);
      if (looked.rows.some(({ locked }) => locked)) {
        if (recent.size >= rememberedMax) recent.clear();
        recent.set(key, { atMs: performance.now(), looked });
      }
      return looked;
    },
    countRefusals(key, count) {
      refusals.set(key, (refusals.get(key) ?? 0) + count);
      later();
      return Promise.resolve();
    },
    change: (key, next) => after(() => store.change(key, next)),
    endLock: (o) => after(() => store.endLock(o)),
    clear: (o) => after(() => store.clear(o)),
    succeed: (o) => after(() => store.succeed(o)),
    locked: (o) => after(() => store.locked(o)),
    lapsed: (o) => after(() => store.lapsed(o)),
    prune: (o) => store.prune(o),
  };
}
