/**
 * Working days of Belgium: Monday to Friday without the ten public holidays (Royal Decree of
 * 18 April 1974, article 1). Days are texts YYYY-MM-DD: a legal date has no hour and no zone.
 */

/** Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher). */
export function easterSunday(year: number): string {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const rest = h + l - 7 * m + 114;
  return dateOf(Date.UTC(year, Math.floor(rest / 31) - 1, (rest % 31) + 1));
}

const fixed = ['01-01', '05-01', '07-21', '08-15', '11-01', '11-11', '12-25'];
/** Easter Monday, Ascension Day and Whit Monday, in days after Easter Sunday. */
const afterEaster = [1, 39, 50];

/** The ten public holidays of a year, in order. */
export function publicHolidays(year: number): readonly string[] {
  const easter = easterSunday(year);
  return [
    ...fixed.map((day) => `${String(year)}-${day}`),
    ...afterEaster.map((days) => addDays(easter, days)),
  ].sort();
}

export function isWorkingDay(date: string): boolean {
  const weekday = new Date(instantOf(date)).getUTCDay();
  const weekend = weekday === 0 || weekday === 6;
  return !weekend && !publicHolidays(Number(date.slice(0, 4))).includes(date);
}

const daysMax = 366;

/** The date so many working days later; the day itself does not count. */
export function addWorkingDays(date: string, days: number): string {
  if (days < 0 || days > daysMax) throw new RangeError('that many working days are not reckoned');
  let at = date;
  for (let left = days; left > 0;) {
    at = addDays(at, 1);
    if (isWorkingDay(at)) left -= 1;
  }
  return at;
}

const dayMs = 86_400_000;

function addDays(date: string, days: number): string {
  return dateOf(instantOf(date) + days * dayMs);
}

function instantOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

function dateOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
