/** NSSO (RSZ/ONSS) registration number: 9 digits, or 10 for a provisional one. */
export type NssoNumber = string & { readonly __brand: 'NssoNumber' };

const ranges: readonly (readonly [bigint, bigint])[] = [
  [100_006n, 199_999_934n],
  [5_000_000_120n, 5_999_999_989n],
];

/**
 * Reads a definitive (9 digits) or provisional (10 digits) NSSO number: the whole number is
 * congruent to 96 modulo 97. Leading zeros may be dropped; 0 stands for "unknown".
 *
 * Source: glossary zones 00011 and 00948; the congruence is derived from every published value.
 */
export function parseNssoNumber(text: string): NssoNumber | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const value = BigInt(text);
  const inRange = ranges.some(([from, to]) => value >= from && value <= to);
  if (!inRange || value % 97n !== 96n) return undefined;
  return value.toString().padStart(9, '0') as NssoNumber;
}
