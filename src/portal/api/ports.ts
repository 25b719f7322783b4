import type {
  Action,
  Applications,
  Audit,
  Caller,
  EnterpriseAccess,
  OpenSession,
  People,
  Qualities,
  Roles,
  SigningIn,
} from '../../identity/index.ts';

/** What the endpoints need of the room of identity. */
export interface ApiIdentity extends SigningIn {
  readonly people: People;
  readonly roles: Roles;
  readonly qualities: Qualities;
  readonly applications: Applications;
  readonly enterpriseAccess: EnterpriseAccess;
  readonly audit: Audit;
}

/** What the frame asks before it lets a request through to its act. */
export interface Access {
  /** Sessions at any stage; nothing for a token that is unknown, ended or timed out. */
  openSession(token: string, o: { readonly source: string }): Promise<OpenSession | undefined>;
  openToken(token: string, o: { readonly source: string }): Promise<Caller | undefined>;
  /** Whether the matrix has this action. */
  knows(action: Action): boolean;
  /** Whether the matrix gives the action to the role, on whatever target. */
  mayEver(role: Caller['role'], action: Action): boolean;
  /** Writes down that a caller was turned away by his role. */
  refused(caller: Caller, o: { readonly action: string; readonly target: string }): Promise<void>;
}
