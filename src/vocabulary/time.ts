/** Where every instant comes from; tests hand in a fixed one. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

const brussels = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Brussels',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
});

function partsOf(instant: Date): Record<string, string> {
  return Object.fromEntries(brussels.formatToParts(instant).map((part) => [part.type, part.value]));
}

/** The legal date of an instant: YYYY-MM-DD in Brussels. */
export function brusselsDate(instant: Date): string {
  const { year, month, day } = partsOf(instant) as Record<'year' | 'month' | 'day', string>;
  return `${year}-${month}-${day}`;
}

/** The legal hour of an instant: HH:MM:SS.sss in Brussels, as form headers carry it. */
export function brusselsHour(instant: Date): string {
  const part = partsOf(instant) as Record<
    'hour' | 'minute' | 'second' | 'fractionalSecond',
    string
  >;
  return `${part.hour}:${part.minute}:${part.second}.${part.fractionalSecond}`;
}

/** Whether text is a real calendar date written YYYY-MM-DD. */
export function isRealDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return false;
  const month = Number(match[2]);
  const day = Number(match[3]);
  return day >= 1 && day <= daysOf(Number(match[1]), month);
}

/** The date so many days after a date YYYY-MM-DD; before it when negative. */
export function dateAfter(date: string, days: number): string {
  const instant = new Date(`${date}T00:00:00Z`);
  instant.setUTCDate(instant.getUTCDate() + days);
  return instant.toISOString().slice(0, 10);
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Days of a month from 1 to 12; 0 for any other number. */
function daysOf(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (monthDays[month - 1] ?? 0);
}
