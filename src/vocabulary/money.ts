/** An amount in whole euro cents. Never a float: `bigint` inside, a decimal string on the wire. */
export type Cents = bigint;

export type RoundingMode = 'half-up' | 'half-even' | 'down' | 'up';

/** An exact decimal: `digits` × 10^−`scale`. Rates and percentages are of this form. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const amountDigitsMax = 15;

/** Reads `1234.56`, `1234.5` or `1234` (a sign allowed) as cents; anything else is undefined. */
export function parseEuro(text: string): Cents | undefined {
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  if (whole.length > amountDigitsMax) return undefined;
  const cents = BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'));
  return sign === '-' ? -cents : cents;
}

/** Two decimals, a point, no grouping: `1234.56`. */
export function formatEuro(cents: Cents): string {
  const sign = cents < 0n ? '-' : '';
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Reads `0.2868` exactly; exponents and signs are refused. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,12}))?$/.exec(text);
  if (match === null) return undefined;
  const fraction = match[2] ?? '';
  return { digits: BigInt(`${match[1] ?? ''}${fraction}`), scale: fraction.length };
}

/** cents × rate %, rounded once to the cent by the mode named. */
export function percentageOf(cents: Cents, percent: Decimal, mode: RoundingMode): Cents {
  return divide(cents * percent.digits, 100n * 10n ** BigInt(percent.scale), mode);
}

/** Integer division with the rounding named; symmetric around zero. `by` is positive. */
export function divide(value: bigint, by: bigint, mode: RoundingMode): bigint {
  const negative = value < 0n;
  const absolute = negative ? -value : value;
  const quotient = absolute / by;
  const twice = (absolute % by) * 2n;
  const rounded = quotient + (roundsUp(quotient, twice, by, mode) ? 1n : 0n);
  return negative ? -rounded : rounded;
}

function roundsUp(quotient: bigint, twice: bigint, by: bigint, mode: RoundingMode): boolean {
  switch (mode) {
    case 'down':
      return false;
    case 'up':
      return twice > 0n;
    case 'half-up':
      return twice >= by;
    case 'half-even':
      return twice > by || (twice === by && quotient % 2n === 1n);
  }
}
