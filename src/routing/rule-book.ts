import type { EnterpriseNumber, Quarter } from '../vocabulary/index.ts';

/** How answers on a declaration of social risk travel; `paper` is noted, nothing is delivered. */
export type RecipientChannel = 'ebox' | 'sftp' | 'amqp' | 'paper';

/** What an enterprise has asked for: which recipient gets the answers, over which channel. */
export interface RoutingRule {
  readonly enterprise: EnterpriseNumber;
  /** Absent: the default of the enterprise for every type. */
  readonly messageType?: string;
  /** Root element, e.g. `ZIMA001`. Absent: every scenario of the type. */
  readonly scenario?: string;
  readonly recipient: EnterpriseNumber;
  readonly channel: RecipientChannel;
  readonly from: Quarter;
}

/** A bankrupt enterprise and the curator who answers for it. */
export interface Curatorship {
  readonly enterprise: EnterpriseNumber;
  readonly curator: EnterpriseNumber;
  readonly from: Quarter;
}

export interface RuleQuestion {
  readonly enterprise: EnterpriseNumber;
  readonly messageType?: string;
  readonly scenario?: string;
}

/** The rules in force, in memory. */
export interface RuleBook {
  curatorOf(enterprise: EnterpriseNumber): EnterpriseNumber | undefined;
  /** The rule for exactly what is asked; one for every scenario is another question. */
  find(question: RuleQuestion): Pick<RoutingRule, 'recipient' | 'channel'> | undefined;
}

/** Of rules for the same thing, the one that began later counts. */
export function ruleBookOf(o: {
  readonly rules: readonly RoutingRule[];
  readonly curatorships: readonly Curatorship[];
}): RuleBook {
  const rules = new Map<string, RoutingRule>();
  for (const rule of o.rules) keepLater(rules, keyOf(rule), rule);
  const curatorships = new Map<string, Curatorship>();
  for (const one of o.curatorships) keepLater(curatorships, one.enterprise, one);
  return {
    curatorOf: (enterprise) => curatorships.get(enterprise)?.curator,
    find: (question) => rules.get(keyOf(question)),
  };
}

function keyOf({ enterprise, messageType = '', scenario = '' }: RuleQuestion): string {
  return `${enterprise}/${messageType}/${scenario}`;
}

function keepLater<T extends { readonly from: Quarter }>(
  kept: Map<string, T>,
  key: string,
  candidate: T,
): void {
  const present = kept.get(key);
  if (present === undefined || present.from < candidate.from) kept.set(key, candidate);
}
