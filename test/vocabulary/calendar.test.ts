import { describe, expect, it } from '@jest/globals';
import { dateAfter, isRealDate } from '../../src/vocabulary/index.ts';

describe('calendar', () => {
  it('agrees with the calendar of the runtime on every day of four centuries', () => {
    const wrong: string[] = [];
    for (let year = 1800; year <= 2200; year += 1) {
      for (let month = 0; month <= 13; month += 1) {
        for (const day of [0, 1, 28, 29, 30, 31, 32]) {
          const pad = (value: number): string => String(value).padStart(2, '0');
          const text = `${String(year)}-${pad(month)}-${pad(day)}`;
          const instant = new Date(Date.UTC(year, month - 1, day));
          const real = instant.toISOString().startsWith(text);
          if (isRealDate(text) !== real) wrong.push(text);
        }
      }
    }

    expect(wrong).toEqual([]);
  });

  it.each(['', '2026-1-15', '20260115', '2026-01-15T00:00:00', ' 2026-01-15', '٢٠٢٦-01-15'])(
    'takes %j for no date',
    (text) => {
      expect(isRealDate(text)).toBe(false);
    },
  );

  it.each([
    ['2026-03-28', 1, '2026-03-29'],
    ['2026-03-29', 1, '2026-03-30'],
    ['2026-10-25', 1, '2026-10-26'],
    ['2024-02-28', 1, '2024-02-29'],
    ['2026-01-01', -1, '2025-12-31'],
    ['2026-12-31', 366, '2028-01-01'],
  ])(
    'counts days by the calendar, the change of the hour included: %s and %d',
    (from, days, to) => {
      expect(dateAfter(from, days)).toBe(to);
    },
  );
});
