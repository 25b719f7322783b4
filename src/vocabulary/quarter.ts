import { brusselsDate } from './time.ts';

/** A calendar quarter as the messages write it: YYYYQ. */
export type Quarter = number & { readonly __brand: 'Quarter' };

/** Reads `20261` or `2026Q1`. */
export function parseQuarter(text: string): Quarter | undefined {
  const match = /^(\d{4})Q?([1-4])$/.exec(text);
  if (match === null) return undefined;
  return Number(`${match[1] ?? ''}${match[2] ?? ''}`) as Quarter;
}

/** The quarter a legal date (YYYY-MM-DD) falls in. */
export function quarterOfDate(date: string): Quarter {
  const month = Number(date.slice(5, 7));
  return Number(`${date.slice(0, 4)}${String(Math.ceil(month / 3))}`) as Quarter;
}

/** The quarter an instant falls in, in Brussels time. */
export function quarterOfInstant(instant: Date): Quarter {
  return quarterOfDate(brusselsDate(instant));
}

/** `2026Q1`, as people write it. */
export function formatQuarter(quarter: Quarter): string {
  return `${String(Math.floor(quarter / 10))}Q${String(quarter % 10)}`;
}
