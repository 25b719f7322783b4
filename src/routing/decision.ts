import type {
  EmployerRef,
  EnterpriseNumber,
  Environment,
  Finding,
  Quarter,
} from '../vocabulary/index.ts';
import type { MandateStanding } from './ports.ts';
import type { Curatorship, RecipientChannel, RoutingRule, RuleBook } from './rule-book.ts';

/** What routing needs of one declaration. */
export interface RoutableDeclaration {
  readonly number: number;
  readonly employers: readonly EmployerRef[];
  /** YYYYQ; undefined = the quarter of reception. */
  readonly quarter?: number;
  /** The root element, e.g. `ZIMA001`. */
  readonly scenario?: string;
}

export interface RoutingContext {
  /** The enterprise the sender number belongs to. */
  readonly sender: EnterpriseNumber;
  readonly receivedIn: Quarter;
  readonly mandateObject: string;
  readonly messageType: string;
  /** Only declarations of social risk are routed; all others are for the authority. */
  readonly socialRisk: boolean;
  readonly environment: Environment;
}

/** What decided: a refusal, or the first step of the order that had an answer. */
export type RouteRule =
  | 'no-employer'
  | 'unknown-employer'
  | 'no-mandate'
  | 'mandate-ended'
  | 'not-routed'
  | 'curatorship'
  | 'rule-for-scenario'
  | 'rule-for-type'
  | 'mandatary-default'
  | 'employer-default';

export interface Decision {
  readonly number: number;
  /** The first employer that was resolved. */
  readonly employer: EnterpriseNumber | undefined;
  /** Class B, at most a hundred; with any, there is neither recipient nor channel. */
  readonly findings: readonly Finding[];
  /** An enterprise number, or `authority`. */
  readonly recipient?: string;
  readonly channel?: RecipientChannel | 'authority';
  readonly rule: RouteRule;
  /** One sentence that names what decided. */
  readonly explanation: string;
}

/** `Known` as plain data, to be handed to a thread. */
export interface LookedUp extends Omit<Known, 'rules'> {
  readonly rules: readonly RoutingRule[];
  readonly curatorships: readonly Curatorship[];
}

/** Everything looked up beforehand, so that deciding needs nothing but memory. */
export interface Known {
  /** By `employerKey`. */
  readonly enterprises: ReadonlyMap<string, EnterpriseNumber>;
  /** Mandates of the sender for the object, by `${mandator}/${quarter}`. */
  readonly mandates: ReadonlyMap<string, MandateStanding>;
  readonly rules: RuleBook;
}
