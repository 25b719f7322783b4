import type { z } from 'zod';
import type { Action, Caller, OpenSession, SessionStage } from '../../identity/index.ts';
import type { Clock, Language } from '../../vocabulary/index.ts';
import type { ApiIdentity, EboxDesk, MandateImports, Outbox } from './ports.ts';
import type { ProblemCode } from './problem-codes.ts';
import type { Tag } from './tags.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call: anybody, whoever is logged in about his own login, or the roles that the matrix gives
 * the action to (or one of them, where the target decides which). The matrix is asked twice: here by
 * role alone, and by the act itself with its target.
 */
export type Permission = Action | readonly Action[] | 'public' | 'own';

/** Requests are counted by source and by session, and more narrowly where guessing would pay. */
export type Rate = 'usual' | 'login' | 'recovery';

/** What an act is told; everything in it was validated. */
export interface Ask<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly language: Language;
  /** Address of the client; behind a trusted proxy the one that the proxy saw. */
  readonly source: string;
  readonly userAgent: string;
  /** DER of the certificate whose key the client proved to hold: mutual TLS, or a trusted proxy. */
  readonly clientCertificate: Buffer | undefined;
  /** The text of `If-Match`, for endpoints that ask for one. */
  readonly version: string | undefined;
  readonly cookies: Cookies;
  readonly parts: ApiParts;
}

/** The actions of the matrix that let somebody call; none for the other two kinds. */
export function actionsOf({ action }: Pick<Endpoint, 'action'>): readonly Action[] {
  if (typeof action !== 'string') return action;
  return action === 'public' || action === 'own' ? [] : [action];
}

/** An ask with the session it came in, at whatever stage the endpoint admits. */
export interface SessionAsk<P, Q, B> extends Ask<P, Q, B> {
  readonly session: OpenSession;
}

/** An ask in a role, by session or by API token. */
export interface CallerAsk<P, Q, B> extends Ask<P, Q, B> {
  readonly caller: Caller;
  /** Absent when an API token was used. */
  readonly session: OpenSession | undefined;
}

export interface Cookies {
  /** Hands the client a session: every step of a login makes a new one. */
  give(grant: { readonly token: string; readonly csrf: string }): void;
  clear(): void;
}

/** What the endpoints work with. */
export interface ApiParts {
  readonly identity: ApiIdentity;
  readonly clock: Clock;
  readonly mail: Outbox;
  readonly mandates: MandateImports;
  readonly ebox: EboxDesk;
  readonly contact: ContactCentre;
}

/** Shown wherever somebody is stuck (ACC-91). */
export interface ContactCentre {
  readonly phone?: string;
  readonly email?: string;
  readonly url?: string;
  /** Of a working day, such as `7-20`. */
  readonly hours: string;
}

type AskFor<Perm extends Permission, P, Q, B> = Perm extends 'public'
  ? Ask<P, Q, B>
  : Perm extends 'own'
    ? SessionAsk<P, Q, B>
    : CallerAsk<P, Q, B>;

type Shown<T> = T extends Date
  ? T
  : T extends readonly (infer E)[]
    ? readonly Shown<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Shown<T[K]> }
      : T;

export interface Definition<
  Perm extends Permission,
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
> {
  readonly method: Method;
  /** Below `/api/v1`, with `:name` for parameters. */
  readonly path: `/${string}`;
  /** Name of the operation in the description; unique. */
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly action: Perm;
  /** Of the session; built in: open, that is, with a role. */
  readonly stages?: readonly SessionStage[];
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer?: A;
  /** Of success; built in: 200 with an answer, 204 without. */
  readonly status?: 200 | 201 | 202 | 204;
  /** What it may refuse with, besides what the frame adds by itself. */
  readonly errors?: readonly ProblemCode[];
  /** Longest body; less than the setting for the whole interface. */
  readonly bodyBytesMax?: number;
  readonly rate?: Rate;
  /** `If-Match` must be given: two people may edit the same record. */
  readonly asksVersion?: boolean;
  /** Whether an API token will do; built in: for actions of the matrix, not for one's own affairs. */
  readonly byToken?: boolean;
  act(ask: AskFor<Perm, z.output<P>, z.output<Q>, z.output<B>>): Promise<Shown<z.output<A>>>;
}

/** A definition whose types were checked and may be forgotten. */
export interface Endpoint extends Omit<
  Definition<Permission, z.ZodType, z.ZodType, z.ZodType, z.ZodType>,
  'act'
> {
  act(ask: unknown): Promise<unknown>;
}

/** One endpoint: validation, types, permission and description come from this one place. */
export function endpoint<
  const Perm extends Permission,
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
  A extends z.ZodType = z.ZodVoid,
>(definition: Definition<Perm, P, Q, B, A>): Endpoint {
  return definition;
}
