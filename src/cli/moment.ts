import { parseDuration } from '../settings.ts';
import { Failure, type Clock } from '../vocabulary/index.ts';

/**
 * Reads `2h` or `3d` (so long ago), a date, or an instant.
 *
 * @throws Failure `cli.usage`
 */
export function parseMoment(text: string, clock: Clock): Date {
  const ago = parseDuration(text);
  if (ago !== undefined) return new Date(clock.now().getTime() - ago);
  const moment = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(moment.getTime())) {
    throw new Failure('cli.usage', { time: text, expected: '2h, 3d, 2026-01-15 or an instant' });
  }
  return moment;
}
