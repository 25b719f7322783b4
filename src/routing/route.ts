import type { EnterpriseNumber } from '../vocabulary/index.ts';
import type { Decision, Known, RoutableDeclaration, RoutingContext } from './decision.ts';
import { judgeMandate } from './judge-mandate.ts';
import { recipientOf } from './recipient.ts';

/**
 * Decides for each declaration who receives it and over which channel, or why the sender may not
 * make it. Pure: all there is to know is handed in.
 *
 * The mandate is read before any rule: a sender who may not speak for an enterprise must not learn,
 * from the shape of our answer, where that enterprise has its declarations sent.
 */
export function route(
  declarations: readonly RoutableDeclaration[],
  context: RoutingContext,
  known: Known,
): readonly Decision[] {
  return declarations.map((declaration) => decide(declaration, context, known));
}

function decide(declaration: RoutableDeclaration, context: RoutingContext, known: Known): Decision {
  const { number, scenario } = declaration;
  const verdict = judgeMandate(declaration, context, known);
  if (!verdict.allowed) return { number, ...verdict.refusal };
  const { employer } = verdict;
  return { number, employer, findings: [], ...destination(employer, scenario, context, known) };
}

function destination(
  employer: EnterpriseNumber,
  scenario: string | undefined,
  context: RoutingContext,
  known: Known,
): Pick<Decision, 'rule' | 'explanation'> & Required<Pick<Decision, 'recipient' | 'channel'>> {
  if (context.socialRisk) return recipientOf({ employer, scenario, context, rules: known.rules });
  return {
    rule: 'not-routed',
    recipient: 'authority',
    channel: 'authority',
    explanation: `Declarations of type ${context.messageType} go to the authority itself.`,
  };
}
