import type { Caller, OpenSession } from '../../identity/index.ts';

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
