import { Failure } from '../../vocabulary/index.ts';
import type { Caller } from '../people/caller.ts';
import type { SignInPerson } from './ports.ts';
import { requirePassword } from './proof.ts';
import { tellPerson } from './passwords.ts';
import { canonicalCode, newCode } from './secret-codes.ts';
import { trySecondFactor } from './second-factor.ts';
import { callerOf, type OpenSession } from './sessions.ts';
import { requireStage } from './stages.ts';
import type { SignInTools } from './tools.ts';
import { newTotpSecret, stepOfCode, totpSheet, type TotpSheet } from './totp.ts';

export interface BackupSheet {
  /** Each with its number, which is asked for together with it. */
  readonly codes: readonly { readonly number: number; readonly code: string }[];
}

export interface FactorState {
  readonly app: 'none' | 'active' | 'disabled';
  readonly activatedAt?: Date;
  readonly backupCodesLeft: number;
}

/** The authenticator app and its back-up codes. */
export interface Factors {
  state(session: OpenSession): Promise<FactorState>;
  /**
   * Begins the enrolment of an app, or of another one in its place: the password again (and the code
   * of the present app, where there is one), then what the app needs. The present app stays in force
   * until `activate`.
   *
   * @throws Failure `identity.refused`, `signin.code-refused`, `signin.stage`
   */
  begin(
    session: OpenSession,
    o: { readonly password?: string; readonly code?: string },
  ): Promise<TotpSheet>;
  /**
   * Proves the app by a code and hands out the back-up codes: this once, and not yet in force.
   *
   * @throws Failure `signin.code-refused`, `signin.stage`
   */
  prove(session: OpenSession, o: { readonly code: string }): Promise<BackupSheet>;
  /**
   * "Activate and print": app and codes are in force from now on. `signIn.advance(session, 'totp')`
   * moves a login on.
   *
   * @throws Failure `signin.stage` when the app was not proven in this session, or too long ago
   */
  activate(session: OpenSession): Promise<void>;
  /** New back-up codes; the old ones are void. Asks for password and code. */
  regenerate(
    session: OpenSession,
    o: { readonly password: string; readonly code: string },
  ): Promise<BackupSheet>;
}

const enrolmentMs = 15 * 60_000;
export const backupCodesCount = 10;
/** Wrong codes while an app is set up: a new secret is needed after them. */
const provingTriesMax = 10;

export function openFactors(tools: SignInTools): Factors {
  const { store, clock } = tools;
  return {
    async state({ personId }) {
      const totp = await store.factors.totp(personId);
      const codes = await store.factors.backupCodes(personId);
      const backupCodesLeft = codes.filter(({ usedAt }) => usedAt === undefined).length;
      if (totp === undefined) return { app: 'none', backupCodesLeft };
      const app = totp.disabledAt === undefined ? 'active' : 'disabled';
      return { app, activatedAt: totp.activatedAt, backupCodesLeft };
    },
    begin: (session, o) => begin(tools, session, o),
    prove: (session, o) => prove(tools, session, o.code),
    async activate(session) {
      requireStage(session, 'enrolment', 'open');
      const person = await personOf(tools, session);
      const at = clock.now();
      await store.atomically(async (inside, trx) => {
        const done = await inside.factors.activate(person.id, session.id, at);
        if (!done) throw new Failure('signin.stage', { stage: session.stage });
        if (session.stage === 'open') {
          const end = { personId: person.id, except: session.id, at, reason: 'factor-changed' };
          await inside.sessions.endOf(end);
        }
        await recordChange(tools, callerOf(session), person, 'factor.activate', trx);
        await tellPerson(tools, person, 'factor-changed', trx);
      });
    },
    regenerate: (session, o) => regenerate(tools, session, o),
  };
}

async function personOf({ store }: SignInTools, session: OpenSession): Promise<SignInPerson> {
  const person = await store.persons.byId(session.personId);
  if (person === undefined) throw new Failure('signin.stage', { stage: 'ended' });
  return person;
}

async function begin(
  tools: SignInTools,
  session: OpenSession,
  o: Parameters<Factors['begin']>[1],
): Promise<TotpSheet> {
  requireStage(session, 'enrolment', 'open');
  const person = await requirePassword(tools, session, o.password);
  const present = await tools.store.factors.totp(person.id);
  if (present !== undefined) {
    // Whoever has lost the app shows a back-up code instead.
    const typed = o.code ?? '';
    const isBackup = canonicalCode(typed) !== undefined;
    await trySecondFactor(tools, session, isBackup ? { backupCode: typed } : { code: typed });
  }
  const secret = newTotpSecret();
  const startedAt = tools.clock.now();
  await tools.store.factors.saveEnrolment({
    ...{ personId: person.id, sessionId: session.id, codeHashes: [], startedAt },
    sealed: tools.box.seal(Buffer.from(secret)),
    expiresAt: new Date(startedAt.getTime() + enrolmentMs),
  });
  return totpSheet({ secret, issuer: tools.rules.issuer, account: person.username });
}

async function prove(
  tools: SignInTools,
  session: OpenSession,
  typed: string,
): Promise<BackupSheet> {
  requireStage(session, 'enrolment', 'open');
  const { factors } = tools.store;
  const enrolment = await factors.enrolment(session.personId);
  const now = tools.clock.now();
  const mine = enrolment?.sessionId === session.id && enrolment.expiresAt > now;
  if (!mine || enrolment.step !== undefined) {
    throw new Failure('signin.stage', { stage: session.stage });
  }
  const step = stepOfCode(tools.box.open(enrolment.sealed).toString('utf8'), typed, now);
  if (step === undefined) {
    const tries = await factors.failEnrolment(session.personId);
    if (tries >= provingTriesMax) await factors.dropEnrolment(session.personId);
    throw new Failure('signin.code-refused');
  }
  const { sheet, hashes } = await newBackupCodes(tools);
  const done = await factors.proveEnrolment(session.personId, { step, codeHashes: hashes });
  if (!done) throw new Failure('signin.stage', { stage: session.stage });
  return sheet;
}

async function newBackupCodes(
  tools: SignInTools,
): Promise<{ readonly sheet: BackupSheet; readonly hashes: readonly string[] }> {
  const codes = Array.from({ length: backupCodesCount }, (_, index) => ({
    number: index + 1,
    code: newCode(),
  }));
  const hashes = await Promise.all(
    codes.map(({ code }) => tools.hash.make(canonicalCode(code) ?? code)),
  );
  return { sheet: { codes }, hashes };
}

async function regenerate(
  tools: SignInTools,
  session: OpenSession,
  o: { readonly password: string; readonly code: string },
): Promise<BackupSheet> {
  requireStage(session, 'open');
  const person = await requirePassword(tools, session, o.password);
  await trySecondFactor(tools, session, { code: o.code });
  const { sheet, hashes } = await newBackupCodes(tools);
  await tools.store.atomically(async (store, trx) => {
    await store.factors.replaceBackupCodes(person.id, hashes);
    await recordChange(tools, callerOf(session), person, 'factor.regenerate', trx);
    await tellPerson(tools, person, 'factor-changed', trx);
  });
  return sheet;
}

async function recordChange(
  tools: SignInTools,
  caller: Caller,
  person: SignInPerson,
  action: string,
  trx: object,
): Promise<void> {
  await tools.audit.record(
    caller,
    { event: 'authn_factor_change', action, target: person.username, result: 'done' },
    trx,
  );
}
