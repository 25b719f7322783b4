import { createTask, schedule, validate, type ScheduledTask } from 'node-cron';

/** Legal hours are those of Brussels, summer and winter. */
const timezone = 'Europe/Brussels';
const minuteMs = 60_000;

/** Whether text is a schedule of five fields: minute, hour, day, month, day of the week. */
export function isSchedule(text: string): boolean {
  return text.trim().split(/\s+/).length === 5 && validate(text);
}

/**
 * The last slot of a schedule after `after` and not after `until`, and how many there were before
 * it in that time: nobody runs those any more. Looks back at most `minutesMax`.
 */
export function latestSlot(
  expression: string,
  o: { readonly after: Date; readonly until: Date; readonly minutesMax: number },
): { readonly slot: Date; readonly missed: number } | undefined {
  const task = matcherOf(expression);
  const last = Math.floor(o.until.getTime() / minuteMs) * minuteMs;
  const first = Math.max(o.after.getTime() + 1, last - o.minutesMax * minuteMs);
  let slot: Date | undefined;
  let count = 0;
  for (let at = last; at >= first; at -= minuteMs) {
    const instant = new Date(at);
    if (!task.match(instant)) continue;
    slot ??= instant;
    count += 1;
  }
  return slot === undefined ? undefined : { slot, missed: count - 1 };
}

/** The first slot of a schedule after an instant; undefined when none comes within `minutesMax`. */
export function nextSlot(
  expression: string,
  o: { readonly after: Date; readonly minutesMax: number },
): Date | undefined {
  const task = matcherOf(expression);
  const start = Math.floor(o.after.getTime() / minuteMs) * minuteMs;
  for (let minutes = 1; minutes <= o.minutesMax; minutes += 1) {
    const instant = new Date(start + minutes * minuteMs);
    if (task.match(instant)) return instant;
  }
  return undefined;
}

const matchersMax = 1_000;
const matchers = new Map<string, ScheduledTask>();

/** A task that is never started: it only knows which instants belong to its schedule. */
function matcherOf(expression: string): ScheduledTask {
  const known = matchers.get(expression);
  if (known !== undefined) return known;
  const made = createTask(expression, () => undefined, { timezone });
  if (matchers.size >= matchersMax) matchers.clear();
  matchers.set(expression, made);
  return made;
}

/**
 * Calls at every slot of a schedule, never twice at once; a slot may be missed when all is busy.
 * `told` hears of that, in the library's words, which would go to the console otherwise.
 */
export function wakeOn(
  expression: string,
  run: () => void,
  told: (text: string) => void = unheard,
): { stop(): Promise<void> } {
  const tell = (message: string | Error): void => {
    told(typeof message === 'string' ? message : message.message);
  };
  const logger = { info: unheard, debug: unheard, warn: tell, error: tell };
  const task = schedule(expression, run, { timezone, noOverlap: true, logger });
  return {
    async stop() {
      await task.destroy();
    },
  };
}

function unheard(): void {
  // What is missed here the next slot makes up for.
}
