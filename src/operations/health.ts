import { setTimeout as pause } from 'node:timers/promises';
import { failureOf, failures } from '../vocabulary/index.ts';

/** `warning`: it works and somebody should look. `wrong`: it does not work. */
export type HealthState = 'ok' | 'warning' | 'wrong';

export interface Verdict {
  readonly state: HealthState;
  /** What was found, in one line. */
  readonly says: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export interface HealthCheck {
  readonly name: string;
  run(): Promise<Verdict | readonly Verdict[]>;
}

export interface HealthLine extends Verdict {
  readonly name: string;
}

export interface HealthReport {
  /** The worst of the lines. */
  readonly state: HealthState;
  readonly lines: readonly HealthLine[];
}

const checkMsDefault = 10_000;

/** Runs all checks side by side. One that throws or does not return in time is wrong. */
export async function checkHealth(
  checks: readonly HealthCheck[],
  { checkMs = checkMsDefault }: { readonly checkMs?: number } = {},
): Promise<HealthReport> {
  const lines = (await Promise.all(checks.map((check) => linesOf(check, checkMs)))).flat();
  return { state: worstOf(lines), lines };
}

function worstOf(lines: readonly HealthLine[]): HealthState {
  const states = new Set(lines.map(({ state }) => state));
  if (states.has('wrong')) return 'wrong';
  return states.has('warning') ? 'warning' : 'ok';
}

async function linesOf(check: HealthCheck, checkMs: number): Promise<HealthLine[]> {
  const ended = new AbortController();
  const late = pause(checkMs, undefined, { signal: ended.signal }).then((): Verdict[] => [
    { state: 'wrong', says: `no answer within ${String(checkMs)} ms` },
  ]);
  // Aborting the pause rejects it, which is the normal end of it.
  late.catch(() => undefined);
  try {
    const verdicts = [await Promise.race([check.run(), late])].flat();
    return verdicts.map((verdict) => ({ name: check.name, ...verdict }));
  } catch (thrown) {
    const { code, facts } = failureOf(thrown);
    const reason = facts['reason'] ?? facts['said'];
    const says = `${failures[code].says} (${code})${reason === undefined ? '' : `: ${String(reason)}`}`;
    return [{ name: check.name, state: 'wrong', says, remedy: `see docs/failures.md, ${code}` }];
  } finally {
    ended.abort();
  }
}
