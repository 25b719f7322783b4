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
  SenderForm,
  SigningIn,
  TechnicalAccounts,
} from '../../identity/index.ts';
import type { Language } from '../../vocabulary/index.ts';

/** What the endpoints need of the room of identity. */
export interface ApiIdentity extends SigningIn {
  readonly people: People;
  readonly roles: Roles;
  readonly qualities: Qualities;
  readonly applications: Applications;
  readonly enterpriseAccess: EnterpriseAccess;
  readonly technicalAccounts: TechnicalAccounts;
  readonly senderForm: SenderForm;
  readonly audit: Audit;
}

export type LetterState = 'pending' | 'sent' | 'held' | 'dead';

/** A letter as operators see it. */
export interface LetterLine {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly language: Language;
  readonly subject: string;
  readonly secret: boolean;
  readonly state: LetterState;
  readonly attempts: number;
  readonly lastError?: string;
  readonly createdAt: Date;
  readonly sentAt?: Date;
}

/** Letters that left, wait or are held. */
export interface Outbox {
  /** Newest first; continues after the one named. */
  list(o: {
    readonly states?: readonly LetterState[];
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly LetterLine[]>;
  show(
    id: string,
    o: { readonly reveal: boolean },
  ): Promise<LetterLine & { readonly body: string }>;
  release(id: string): Promise<void>;
}

/** What became of a list of mandates. */
export interface MandateImportLine {
  readonly id: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly by: string;
  readonly sha256: string;
  /** Why the list was not read to its end. */
  readonly failure?: string;
  readonly added: number;
  readonly already: number;
  readonly refusedTotal: number;
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
}

/** Results of lists of mandates that were read in. */
export interface MandateImports {
  /** Newest first; continues after the one named. */
  imports(o: {
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly MandateImportLine[]>;
  /** @throws Failure `registration.unknown` */
  importNamed(id: string): Promise<MandateImportLine>;
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
