import { complement97 } from './check-digits.ts';

/** Ten digits, the first 0 or 1, the last two the check digits (KBO/BCE). */
export type EnterpriseNumber = string & { readonly __brand: 'EnterpriseNumber' };

/**
 * Reads an enterprise number, with or without dots and leading zero: messages may drop the zero
 * (nine digits), and 0 stands for "unknown" and is no number.
 *
 * Source: glossary zone 00014; last two digits = 97 − (first eight mod 97).
 */
export function parseEnterpriseNumber(text: string): EnterpriseNumber | undefined {
  const digits = text.replace(/[.\s]/g, '');
  if (!/^[01]?\d{9}$/.test(digits)) return undefined;
  const number = digits.padStart(10, '0');
  const base = BigInt(number.slice(0, 8));
  if (base === 0n || complement97(base) !== Number(number.slice(8))) return undefined;
  return number as EnterpriseNumber;
}

/** The enterprise number whose first eight digits are given: used to make test batches. */
export function enterpriseNumberOf(base: number): EnterpriseNumber {
  const first = String(base).padStart(8, '0');
  return `${first}${String(complement97(BigInt(base))).padStart(2, '0')}` as EnterpriseNumber;
}
