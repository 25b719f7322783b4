/**
 * How wrong guesses slow their author down. Pure: states in, states out; who stores them and what
 * the clock says is the caller's business. `docs/decisions/0014-throttle.md` gives the reasons.
 */
export interface ThrottleState {
  /** Points gathered by wrong guesses since the last right login or the last long silence. */
  readonly score: number;
  /** Nothing is tried before this instant; undefined = never locked. */
  readonly until?: Date;
  readonly lastAt: Date;
}

export interface ThrottleRule {
  /** Points that cost nothing. */
  readonly freePoints: number;
  /** First wait; it doubles with every ten points more. */
  readonly delayMs: number;
  readonly delayMsMax: number;
  /** So long after the last guess and the last lock everything is forgotten. */
  readonly forgetMs: number;
}

const minute = 60_000;

/** One source guessing at one account: the only score that a single guesser can drive up. */
export const pairRule: ThrottleRule = {
  freePoints: 50,
  delayMs: 30_000,
  delayMsMax: 15 * minute,
  forgetMs: 60 * minute,
};

/** One source guessing at many accounts. Accounts that logged in from there before are exempt. */
export const sourceRule: ThrottleRule = { ...pairRule, freePoints: 300 };

/** Many sources guessing the password of one account; stops passwords from unknown sources only. */
export const accountRule: ThrottleRule = { ...pairRule, freePoints: 1000 };

/** What a wrong password weighs; a key that does not fit is normal for clients that try several. */
export const passwordPoints = 10;
export const keyPoints = 1;

export function isLocked(state: ThrottleState | undefined, now: Date): boolean {
  return state?.until !== undefined && now < state.until;
}

/** Whether the state says nothing any more and may be thrown away. */
export function isForgotten(state: ThrottleState, rule: ThrottleRule, now: Date): boolean {
  const quietSince = Math.max(state.lastAt.getTime(), state.until?.getTime() ?? 0);
  return now.getTime() - quietSince >= rule.forgetMs;
}

/** The state after one more wrong guess. A guess made during a lock is refused unheard, so it never lengthens the lock. */
export function charge(o: {
  readonly state: ThrottleState | undefined;
  readonly points: number;
  readonly rule: ThrottleRule;
  readonly now: Date;
}): ThrottleState {
  const { rule, now } = o;
  const kept = o.state === undefined || isForgotten(o.state, rule, now) ? undefined : o.state;
  const score = (kept?.score ?? 0) + o.points;
  const wait = waitMs(score, rule);
  if (wait === 0) return { score, lastAt: now };
  const until = new Date(Math.max(now.getTime() + wait, kept?.until?.getTime() ?? 0));
  return { score, until, lastAt: now };
}

const doublingsMax = 30;

function waitMs(score: number, rule: ThrottleRule): number {
  if (score < rule.freePoints) return 0;
  const doublings = Math.min(Math.floor((score - rule.freePoints) / 10), doublingsMax);
  return Math.min(rule.delayMs * 2 ** doublings, rule.delayMsMax);
}
