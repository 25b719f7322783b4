import { setTimeout as pause } from 'node:timers/promises';

/** The runs of every measurement; the median is taken of each contestant's. */
export const runs = 3;

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/**
 * Lets contestants run in turns, so that whatever else the machine does falls on all of them.
 * `contestants` are functions of the number of the run (from 0) that answer with a number or an
 * object of numbers; answers with the medians in the same shape.
 */
export async function inTurns(contestants) {
  const names = Object.keys(contestants);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const name of names) results[name].push(await contestants[name](run));
  }
  return Object.fromEntries(names.map((name) => [name, medianOf(results[name])]));
}

function medianOf(results) {
  const [first] = results;
  if (typeof first === 'number') return median(results);
  return Object.fromEntries(
    Object.keys(first).map((key) => [key, median(results.map((result) => result[key]))]),
  );
}

/** Asks again until the answer is something; throws when the time is over. */
export async function until(ask, { what, secondsMax, intervalMs }) {
  const attemptsEnd = Date.now() + secondsMax * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > attemptsEnd) throw new Error(`${what}: not in ${secondsMax} seconds`);
    await pause(intervalMs);
  }
}

export const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
export const times = (ratio) => `${ratio.toFixed(2)} ×`;
