import { remainder97 } from './check-digits.ts';

/** `+++NNN/NNNN/NNNNN+++` of a ten-digit base: check digits = base mod 97, 0 written as 97. */
export function structuredCommunication(base10: string): string | undefined {
  if (!/^\d{10}$/.test(base10)) return undefined;
  const all = `${base10}${String(remainder97(BigInt(base10))).padStart(2, '0')}`;
  return `+++${all.slice(0, 3)}/${all.slice(3, 7)}/${all.slice(7)}+++`;
}
