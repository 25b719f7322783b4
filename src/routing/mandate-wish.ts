import { Failure, parseEnterpriseNumber, parseQuarter } from '../vocabulary/index.ts';
import type { EnterpriseNumber, Quarter } from '../vocabulary/index.ts';
import type { MandateRecord } from './ports.ts';

/** A mandate as people write it. */
export interface MandateWish {
  readonly mandator: string;
  readonly mandatary: string;
  readonly object: string;
  /** `2026Q1` */
  readonly from: string;
  readonly to?: string;
}

/** @throws Failure `registration.invalid` */
export function mandateIn(wish: MandateWish): Omit<MandateRecord, 'addedAt'> {
  const mandator = enterpriseIn(wish.mandator, 'mandator');
  const mandatary = enterpriseIn(wish.mandatary, 'mandatary');
  const object = objectIn(wish.object);
  const from = quarterIn(wish.from, 'from');
  if (mandator === mandatary) {
    throw invalid('mandatary', 'an enterprise needs no mandate to declare for itself');
  }
  if (wish.to === undefined) return { mandator, mandatary, object, from };
  const to = quarterIn(wish.to, 'to');
  if (to < from) throw invalid('to', 'the last quarter lies before the first');
  return { mandator, mandatary, object, from, to };
}

/** @throws Failure `registration.invalid` */
export function enterpriseIn(text: string, what: 'mandator' | 'mandatary'): EnterpriseNumber {
  const number = parseEnterpriseNumber(text);
  if (number !== undefined) return number;
  throw invalid(what, 'an enterprise number has ten digits, the last two being check digits');
}

/** @throws Failure `registration.invalid` */
export function objectIn(text: string): string {
  if (/^[A-Z0-9]{1,20}$/.test(text)) return text;
  throw invalid('object', 'an object is written in 1 to 20 capitals and digits, such as MEDC');
}

/** @throws Failure `registration.invalid` */
export function quarterIn(text: string, what: 'from' | 'to'): Quarter {
  const quarter = parseQuarter(text);
  if (quarter !== undefined) return quarter;
  throw invalid(what, 'a quarter is written 2026Q1');
}

function invalid(what: string, why: string): Failure {
  return new Failure('registration.invalid', { what, why });
}
