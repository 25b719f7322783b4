import type { Caller } from '../../identity/index.ts';
import type { Language } from '../../vocabulary/index.ts';

export type Action = string & { readonly __action?: never };
export type SessionStage = 'password-change' | 'second-factor' | 'enrolment' | 'role' | 'open';

/** A session that was found by its token, at whatever stage of the login. */
export interface OpenSession {
  readonly id: string;
  readonly personId: string;
  readonly stage: SessionStage;
  readonly factors: readonly string[];
  readonly caller?: Caller;
  readonly language: Language;
  readonly csrfHash: Buffer;
  readonly authenticatedAt: Date;
}

/** What the frame asks before it lets a request through to its act. */
export interface Access {
  /** Sessions at any stage; nothing for a token that is unknown, ended or timed out. */
  openSession(token: string, o: { readonly source: string }): Promise<OpenSession | undefined>;
  openToken(token: string, o: { readonly source: string }): Promise<Caller | undefined>;
  /** Whether the matrix has this action. */
  knows(action: string): boolean;
  /** Whether the matrix gives the action to the role, on whatever target. */
  mayEver(role: Caller['role'], action: string): boolean;
  /** Writes down that a caller was turned away by his role. */
  refused(caller: Caller, o: { readonly action: string; readonly target: string }): Promise<void>;
}
