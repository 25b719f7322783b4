import type { EnterpriseNumber } from '../vocabulary/index.ts';
import type { RouteRule, RoutingContext } from './decision.ts';
import type { RecipientChannel, RuleBook } from './rule-book.ts';

export interface Destination {
  readonly rule: RouteRule;
  readonly recipient: string;
  readonly channel: RecipientChannel;
  readonly explanation: string;
}

interface Question {
  readonly employer: EnterpriseNumber;
  readonly scenario: string | undefined;
  readonly context: RoutingContext;
  readonly rules: RuleBook;
}

type Step = (question: Question) => Destination | undefined;

/** From the most particular to the most general; the first that has an answer decides. */
const steps: readonly Step[] = [curatorship, ruleForScenario, ruleForType, mandataryDefault];

/** Who receives the answers on a declaration of social risk that the sender may make. */
export function recipientOf(question: Question): Destination {
  for (const step of steps) {
    const destination = step(question);
    if (destination !== undefined) return destination;
  }
  return employerDefault(question);
}

function curatorship({ employer, rules }: Question): Destination | undefined {
  const curator = rules.curatorOf(employer);
  if (curator === undefined) return undefined;
  return {
    rule: 'curatorship',
    recipient: curator,
    channel: 'paper',
    explanation: `${employer} is under curatorship, so its curator ${curator} is written to.`,
  };
}

function ruleForScenario({
  employer,
  scenario,
  context,
  rules,
}: Question): Destination | undefined {
  if (scenario === undefined) return undefined;
  const { messageType } = context;
  const rule = rules.find({ enterprise: employer, messageType, scenario });
  if (rule === undefined) return undefined;
  const { recipient, channel } = rule;
  const explanation = `${employer} has a rule for ${messageType}, scenario ${scenario}.`;
  return { rule: 'rule-for-scenario', recipient, channel, explanation };
}

function ruleForType({ employer, context, rules }: Question): Destination | undefined {
  const { messageType } = context;
  const rule = rules.find({ enterprise: employer, messageType });
  if (rule === undefined) return undefined;
  const { recipient, channel } = rule;
  const explanation = `${employer} has a rule for ${messageType}, whatever the scenario.`;
  return { rule: 'rule-for-type', recipient, channel, explanation };
}

/** The one who declares for another gets the answers, by its chosen channel or the batch channel. */
function mandataryDefault({ employer, context, rules }: Question): Destination | undefined {
  const { sender } = context;
  if (sender === employer) return undefined;
  return {
    rule: 'mandatary-default',
    recipient: sender,
    channel: rules.find({ enterprise: sender })?.channel ?? 'sftp',
    explanation: `${employer} has no rule of its own, so its mandatary ${sender} receives the answer.`,
  };
}

/** Scenarios whose answers go to the e-Box of an employer that chose nothing, since January 2020. */
const electronicScenarios: ReadonlySet<string> = new Set(['ZIMA001', 'ZIMA006']);

function employerDefault({ employer, scenario, rules }: Question): Destination {
  const chosen = rules.find({ enterprise: employer });
  if (chosen !== undefined) {
    const { recipient, channel } = chosen;
    const explanation = `${employer} has chosen ${channel} for all its answers.`;
    return { rule: 'employer-default', recipient, channel, explanation };
  }
  const electronic = scenario !== undefined && electronicScenarios.has(scenario);
  return {
    rule: 'employer-default',
    recipient: employer,
    channel: electronic ? 'ebox' : 'paper',
    explanation: electronic
      ? `${employer} has chosen nothing, and answers on ${scenario} go to its e-Box.`
      : `${employer} has chosen nothing, so it is written to on paper.`,
  };
}
