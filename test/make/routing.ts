import { enterpriseNumberOf, parseQuarter, quarterOfDate } from '../../src/vocabulary/index.ts';
import type { EmployerRef, EnterpriseNumber, Quarter } from '../../src/vocabulary/index.ts';
import { ruleBookOf } from '../../src/routing/index.ts';
import type {
  Curatorship,
  Known,
  MandateStanding,
  RoutableDeclaration,
  RoutingContext,
  RoutingRule,
} from '../../src/routing/index.ts';

export const secretariat = enterpriseNumberOf(4_030_192);
export const bakery = enterpriseNumberOf(2_067_316);
export const brewery = enterpriseNumberOf(4_280_911);

export function quarter(text: string): Quarter {
  return parseQuarter(text) ?? quarterOfDate('1970-01-01');
}

export function kbo(number: string): EmployerRef {
  return { kind: 'KBO', number };
}

/** One declaration of the bakery, unless told otherwise. */
export function aDeclaration(changes: Partial<RoutableDeclaration> = {}): RoutableDeclaration {
  return { number: 1, employers: [kbo(bakery)], ...changes };
}

/** The secretariat sends declarations of social risk in the first quarter of 2026. */
export function aContext(changes: Partial<RoutingContext> = {}): RoutingContext {
  return {
    sender: secretariat,
    receivedIn: quarter('2026Q1'),
    mandateObject: 'ZIMA',
    messageType: 'ZIMA',
    socialRisk: true,
    environment: 'R',
    ...changes,
  };
}

/** What is known: nothing, but what is named. */
export function known(
  o: {
    mandates?: Readonly<Record<string, MandateStanding>>;
    enterprises?: Readonly<Record<string, EnterpriseNumber>>;
    rules?: readonly RoutingRule[];
    curatorships?: readonly Curatorship[];
  } = {},
): Known {
  const { rules = [], curatorships = [] } = o;
  return {
    enterprises: new Map(Object.entries(o.enterprises ?? {})),
    mandates: new Map(Object.entries(o.mandates ?? {})),
    rules: ruleBookOf({ rules, curatorships }),
  };
}
