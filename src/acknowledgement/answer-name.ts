import { authoritySender, Failure, type Environment } from '../vocabulary/index.ts';

/** FO the answer, FS its signature, GO written last; CO instead of FO when the answer is zipped. */
export type AnswerPrefix = 'FO' | 'FS' | 'GO' | 'CO';

/** ACRF receipt, NOTI notification, STAT statement, ROUT one declaration for its recipient. */
export type AnswerKind = 'ACRF' | 'NOTI' | 'STAT' | 'ROUT';

export interface AnswerNameElements {
  readonly prefix: AnswerPrefix;
  readonly kind: AnswerKind;
  /** The day the answer was made, in Brussels: YYYYMMDD. */
  readonly date: string;
  /** Five characters, unique for the day and environment; see `sequenceOf`. */
  readonly sequence: string;
  readonly environment: Environment;
}

/**
 * The name of one file of an answer, in the layout without parts:
 * `FO.ACRF.999999.20260115.00001.R`. The files of one answer differ in the prefix alone. Throws
 * `gateway.defect` for elements that make no lawful name.
 */
export function answerName(elements: AnswerNameElements): string {
  const { prefix, kind, date, sequence, environment } = elements;
  if (!/^\d{8}$/.test(date) || !/^(?!0{5})[0-9A-Z]{5}$/.test(sequence)) {
    throw new Failure('gateway.defect', { kind, date, sequence });
  }
  return [prefix, kind, authoritySender, date, sequence, environment].join('.');
}
