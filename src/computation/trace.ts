/** The steps of the computation, as `docs/computation.md` numbers them. */
export type RuleId =
  | 'R01'
  | 'R02'
  | 'R03'
  | 'R04a'
  | 'R04b'
  | 'R05'
  | 'R06'
  | 'R07'
  | 'R08'
  | 'R09'
  | 'R10'
  | 'R10m'
  | 'R11'
  | 'R12'
  | 'R13'
  | 'R14';

/** One step as it was taken: enough to follow the amount by hand. */
export interface TraceLine {
  readonly rule: RuleId;
  /** Where the rule stands: an article, a question of the published Q&A, or an ambiguity (A1..A18). */
  readonly basis: string;
  readonly text: string;
  readonly value: number | string;
}

const law = 'law of 20 July 2006';

/** Q = question of the agency's published questions and answers (March 2024). */
const bases: Readonly<Record<RuleId, string>> = {
  R01: `${law}, art. 14/9 and annex IX; Q1, Q3, Q7, Q15`,
  R02: `${law}, annex IX; Q14`,
  R03: `${law}, annex IX chapter III; Q4; A11, A12`,
  R04a: `${law}, annex IX chapter III; Q4`,
  R04b: `${law}, annex IX chapter III; Q4, Q17; A3`,
  R05: `${law}, annex IX; Q4; A1, A5`,
  R06: 'law of 15 December 2013, art. 61-62; Q3, Q4; A1, A2',
  R07: 'Q3; A4',
  R08: `${law}, art. 14/9; Q3, Q5`,
  R09: `${law}, art. 14/2 and 14/19; Q3, Q6; A7, A8, A10`,
  R10: `${law}, art. 14/2 and annex I.1; Q3, Q5; A9, A14, A18`,
  R10m: `${law}, art. 14/2 as it stood before 2023`,
  R11: 'Q3',
  R12: 'Q8',
  R13: `${law}, art. 14/17; Q8; A15`,
  R14: 'Q8; A16',
};

export function traceLine(rule: RuleId, text: string, value: number | string): TraceLine {
  return { rule, basis: bases[rule], text, value };
}
