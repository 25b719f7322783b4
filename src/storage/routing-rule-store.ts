import type { Knex } from 'knex';
import type { Curatorship, RecipientChannel, RoutingRule, RoutingRules } from '../routing/index.ts';
import type { EnterpriseNumber, Quarter } from '../vocabulary/index.ts';
import { translating } from './storage-failure.ts';

interface RuleRow {
  readonly enterprise: EnterpriseNumber;
  readonly message_type: string | null;
  readonly scenario: string | null;
  readonly from_quarter: Quarter;
  readonly recipient: EnterpriseNumber;
  readonly channel: RecipientChannel;
}

interface CuratorshipRow {
  readonly enterprise: EnterpriseNumber;
  readonly curator: EnterpriseNumber;
  readonly from_quarter: Quarter;
}

const covers = 'from_quarter <= ?::integer and coalesce(to_quarter, ?::integer) >= ?::integer';

/** Routing rules and curatorships in PostgreSQL. */
export function routingRuleStore(knex: Knex): RoutingRules {
  return {
    inForce: ({ enterprises, messageType, quarter }) =>
      translating(async () => {
        const numbers = [...enterprises];
        const quarters = [quarter, quarter, quarter];
        const rules = await knex.raw<{ rows: RuleRow[] }>(
          `select enterprise, message_type, scenario, from_quarter, recipient, channel
           from routing_rule
           where enterprise = any(?::char(10)[])
             and (message_type is null or message_type = ?) and ${covers}`,
          [numbers, messageType, ...quarters],
        );
        const curatorships = await knex.raw<{ rows: CuratorshipRow[] }>(
          `select enterprise, curator, from_quarter from curatorship
           where enterprise = any(?::char(10)[]) and ${covers}`,
          [numbers, ...quarters],
        );
        return {
          rules: rules.rows.map(ruleOf),
          curatorships: curatorships.rows.map(curatorshipOf),
        };
      }),
  };
}

function ruleOf(row: RuleRow): RoutingRule {
  const { enterprise, recipient, channel } = row;
  return {
    ...{ enterprise, recipient, channel, from: row.from_quarter },
    ...(row.message_type === null ? {} : { messageType: row.message_type }),
    ...(row.scenario === null ? {} : { scenario: row.scenario }),
  };
}

function curatorshipOf({ enterprise, curator, from_quarter: from }: CuratorshipRow): Curatorship {
  return { enterprise, curator, from };
}
