import { parseDuration } from '../settings.ts';
import { Failure, isRealDate, type Clock } from '../vocabulary/index.ts';

/**
 * Reads `--since`: an instant with its zone, a date (from midnight UTC), or a duration back from now.
 *
 * @throws Failure `cli.usage`
 */
export function parseSince(text: string, clock: Clock): Date {
  const back = parseDuration(text);
  if (back !== undefined) return new Date(clock.now().getTime() - back);
  const date = text.slice(0, 10);
  const instant =
    /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;
  if (instant.test(text) && isRealDate(date)) return new Date(text);
  throw new Failure('cli.usage', {
    since: text,
    expected: '2026-01-31T10:00:00Z, 2026-01-31 or 2h',
  });
}
