import type { EnterpriseNumber, Quarter } from '../vocabulary/index.ts';
import type { Known, LookedUp, RoutableDeclaration, RoutingContext } from './decision.ts';
import { employersNamed, enterpriseOf, nssoNumbersIn } from './employers.ts';
import { mandateQuarter } from './judge-mandate.ts';
import type {
  EmployerDirectory,
  MandateLookUp,
  MandatePair,
  MandateStanding,
  RoutingRules,
} from './ports.ts';
import type { Curatorship, RoutingRule } from './rule-book.ts';
import { ruleBookOf } from './rule-book.ts';

export interface Router {
  /**
   * What `route` has to know to decide on a chunk of declarations, or on the employers and quarters
   * that occur in it. Three look-ups at most per 10,000.
   */
  lookUp(
    declarations: readonly Pick<RoutableDeclaration, 'employers' | 'quarter'>[],
    context: RoutingContext,
  ): Promise<LookedUp>;
}

export interface RouterPorts {
  readonly directory: EmployerDirectory;
  readonly mandates: MandateLookUp;
  readonly rules: RoutingRules;
}

const lookUpMax = 10_000;

export function openRouter(ports: RouterPorts): Router {
  return {
    async lookUp(declarations, context) {
      const enterprises = await enterprisesOf(declarations, ports.directory);
      const pairs = pairsOf(declarations, context, enterprises);
      const mandates = await mandatesOf(pairs, context, ports.mandates);
      const spokenFor = pairs
        .filter(({ mandator, quarter }) => mandates.get(`${mandator}/${quarter}`) === 'active')
        .map(({ mandator }) => mandator);
      const rules = await rulesOf([context.sender, ...spokenFor], context, ports.rules);
      return { enterprises, mandates, ...rules };
    },
  };
}

/** What was looked up as `route` asks for it. */
export function knownFrom({ enterprises, mandates, rules, curatorships }: LookedUp): Known {
  return { enterprises, mandates, rules: ruleBookOf({ rules, curatorships }) };
}

async function enterprisesOf(
  declarations: readonly Pick<RoutableDeclaration, 'employers'>[],
  directory: EmployerDirectory,
): Promise<ReadonlyMap<string, EnterpriseNumber>> {
  const numbers = nssoNumbersIn(declarations.flatMap(({ employers }) => employers));
  const enterprises = new Map<string, EnterpriseNumber>();
  for (const some of chunks(numbers)) {
    const found = await directory.byNsso(some);
    for (const [nsso, number] of found) enterprises.set(`NSSO/${nsso}`, number);
  }
  return enterprises;
}

/** Each employer with the quarter a mandate is needed for, once; none for the sender itself. */
function pairsOf(
  declarations: readonly Pick<RoutableDeclaration, 'employers' | 'quarter'>[],
  context: RoutingContext,
  enterprises: ReadonlyMap<string, EnterpriseNumber>,
): MandatePair[] {
  const pairs = new Map<string, { mandator: EnterpriseNumber; quarter: Quarter }>();
  for (const declaration of declarations) {
    const quarter = mandateQuarter(declaration, context);
    for (const ref of employersNamed(declaration.employers)) {
      const mandator = enterpriseOf(ref, enterprises);
      if (mandator === undefined || mandator === context.sender) continue;
      pairs.set(`${mandator}/${quarter}`, { mandator, quarter });
    }
  }
  return [...pairs.values()];
}

async function mandatesOf(
  pairs: readonly MandatePair[],
  { sender, mandateObject }: RoutingContext,
  lookUp: MandateLookUp,
): Promise<ReadonlyMap<string, MandateStanding>> {
  const mandates = new Map<string, MandateStanding>();
  for (const some of chunks(pairs)) {
    const question = { mandatary: sender, object: mandateObject, pairs: some };
    for (const [key, standing] of await lookUp.standing(question)) mandates.set(key, standing);
  }
  return mandates;
}

/** Rules are asked for only where they can count, and only of those the sender may speak for. */
async function rulesOf(
  enterprises: readonly EnterpriseNumber[],
  { socialRisk, messageType, receivedIn: quarter }: RoutingContext,
  source: RoutingRules,
): Promise<{ rules: readonly RoutingRule[]; curatorships: readonly Curatorship[] }> {
  const rules: RoutingRule[] = [];
  const curatorships: Curatorship[] = [];
  if (!socialRisk) return { rules, curatorships };
  for (const some of chunks([...new Set(enterprises)])) {
    const found = await source.inForce({ enterprises: some, messageType, quarter });
    rules.push(...found.rules);
    curatorships.push(...found.curatorships);
  }
  return { rules, curatorships };
}

function* chunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += lookUpMax) yield all.slice(from, from + lookUpMax);
}
