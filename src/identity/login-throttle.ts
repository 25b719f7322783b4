import { createHash } from 'node:crypto';
import { accountRule, charge, isLocked, pairRule, sourceRule } from './throttle.ts';
import type { Clock } from '../vocabulary/index.ts';
import type { IdentityJournal, ThrottleKey, ThrottleRow, ThrottleStore } from './ports.ts';
import type { ThrottleRule } from './throttle.ts';

const rules: Readonly<Record<ThrottleKey['scope'], ThrottleRule>> = {
  pair: pairRule,
  source: sourceRule,
  account: accountRule,
};

const knownSourceMs = 90 * 86_400_000;
/** As often a source that is known is written again. */
const rememberedMs = 86_400_000;
const sweepRowsMax = 500;

export interface Attempt {
  readonly username: string;
  readonly source: string;
}

/** What the throttle says to somebody at the door. */
export interface Admission {
  readonly admitted: boolean;
  /** His source was remembered today and has no wrong guess against it: a right login changes nothing. */
  readonly settled: boolean;
}

/** The throttle on its store: who may try, what a wrong guess costs, and a journal of every lock. */
export interface LoginThrottle {
  /** Refuses while this source, or this source for this account, has to wait. */
  look(o: Attempt & { readonly passwordAlone: boolean }): Promise<Admission>;
  /** The same, for those who do not care about the rest. */
  admits(o: Attempt & { readonly passwordAlone: boolean }): Promise<boolean>;
  punish(
    o: Attempt & {
      readonly points: number;
      readonly passwordAlone: boolean;
      readonly accountExists: boolean;
    },
  ): Promise<void>;
  /** A right login: the score of this source with this account is forgotten, the source is known. */
  reward(o: Attempt): Promise<void>;
  /** Ends every lock of an account by hand; gives how many were in force. */
  release(o: { readonly username: string; readonly by: string }): Promise<number>;
  locks(max: number): Promise<readonly ThrottleRow[]>;
  /** Journals the locks that ran out with nobody coming back, and forgets old rows. */
  sweep(): Promise<number>;
}

export function loginThrottle(tools: {
  readonly store: ThrottleStore;
  readonly journal: IdentityJournal;
  readonly clock: Clock;
}): LoginThrottle {
  const { store, journal, clock } = tools;

  const ended = async (row: ThrottleRow, facts: Record<string, string>): Promise<void> => {
    await journal.record({
      level: 'info',
      code: 'identity.lock-ended',
      ...whoOf(row),
      facts: { scope: row.scope, refused: row.refused, ...facts },
    });
  };
  const endLapsed = async (rows: readonly ThrottleRow[], now: Date): Promise<void> => {
    for (const row of rows) {
      if (!row.locked || row.until === undefined || isLocked(row, now)) continue;
      const refused = await store.endLock({ key: row.key, until: row.until });
      if (refused !== undefined) await ended({ ...row, refused }, { by: 'time' });
    }
  };
  const punishOne = async (key: ThrottleKey, points: number): Promise<void> => {
    const now = clock.now();
    const rule = rules[key.scope];
    let lapsed: ThrottleRow | undefined;
    const row = await store.change(key, (before) => {
      const after = charge({ state: before, points, rule, now });
      lapsed = before?.locked === true && !isLocked(before, now) ? before : undefined;
      const refused = lapsed === undefined ? (before?.refused ?? 0) : 0;
      return { ...key, ...after, locked: isLocked(after, now), refused };
    });
    if (lapsed !== undefined) await ended(lapsed, { by: 'time' });
    if (!row.locked || row.until === undefined) return;
    await journal.record({
      level: 'warn',
      code: 'identity.locked',
      ...whoOf(row),
      facts: {
        scope: row.scope,
        seconds: Math.ceil((row.until.getTime() - now.getTime()) / 1000),
        until: row.until.toISOString(),
      },
    });
  };

  const look: LoginThrottle['look'] = async (attempt) => {
    const now = clock.now();
    const keys = keysOf(attempt, true);
    const { rows, knownAt } = await store.look({
      keys: keys.map(({ key }) => key),
      username: attempt.username,
      source: attempt.source,
      since: new Date(now.getTime() - knownSourceMs),
    });
    await endLapsed(rows, now);
    const stops = (row: ThrottleRow): boolean =>
      row.scope === 'pair' ||
      (knownAt === undefined && (row.scope === 'source' || attempt.passwordAlone));
    const lock = rows.find((row) => stops(row) && isLocked(row, now));
    if (lock !== undefined) {
      await store.countRefusals(lock.key, 1);
      return { admitted: false, settled: false };
    }
    const isFresh = knownAt !== undefined && now.getTime() - knownAt.getTime() < rememberedMs;
    return { admitted: true, settled: isFresh && rows.every(({ scope }) => scope !== 'pair') };
  };

  return {
    look,
    admits: async (attempt) => (await look(attempt)).admitted,
    async punish({ points, passwordAlone, accountExists, ...attempt }) {
      for (const key of keysOf(attempt, accountExists)) {
        if (key.scope !== 'account' || passwordAlone) await punishOne(key, points);
      }
    },
    async reward(attempt) {
      const now = clock.now();
      for (const row of await store.succeed({ ...attempt, key: pairKey(attempt), at: now })) {
        if (row.locked) await ended(row, { by: isLocked(row, now) ? 'login' : 'time' });
      }
    },
    async release({ username, by }) {
      const locks = (await store.clear({ username })).filter(({ locked }) => locked);
      for (const row of locks) await ended(row, { by: 'operator', operator: by });
      return locks.length;
    },
    locks: (max) => store.locked({ at: clock.now(), max }),
    async sweep() {
      const now = clock.now();
      await endLapsed(await store.lapsed({ at: now, max: sweepRowsMax }), now);
      return store.prune({
        rowsBefore: new Date(now.getTime() - pairRule.forgetMs),
        sourcesBefore: new Date(now.getTime() - knownSourceMs),
        at: now,
      });
    },
  };
}

function whoOf(row: ThrottleRow): { source?: string; username?: string } {
  return {
    ...(row.source === undefined ? {} : { source: row.source }),
    ...(row.username === undefined ? {} : { username: row.username }),
  };
}

/** Names are hashed into the keys: what people type as a name is sometimes a password. */
function keyOf(scope: ThrottleKey['scope'], ...pieces: readonly string[]): string {
  return `${scope}:${createHash('sha256').update(pieces.join('\0')).digest('hex')}`;
}

function pairKey({ source, username }: Attempt): string {
  return keyOf('pair', source, username);
}

/** In an order all nodes share, so that two of them never wait for each other's rows. */
function keysOf(attempt: Attempt, accountExists: boolean): ThrottleKey[] {
  const { source, username } = attempt;
  const named = accountExists ? { username } : {};
  return [
    { key: keyOf('account', username), scope: 'account', ...named },
    { key: pairKey(attempt), scope: 'pair', source, ...named },
    { key: keyOf('source', source), scope: 'source', source },
  ];
}
