import { Failure } from '../../vocabulary/index.ts';
import { passwordPoints } from '../throttle.ts';
import { failuresMax, lockName, nameOf, tellDisabled } from './proof.ts';
import type { Factor, SignInPerson } from './ports.ts';
import { canonicalCode } from './secret-codes.ts';
import { callerOf, type OpenSession } from './sessions.ts';
import type { SignInTools } from './tools.ts';
import { stepOfCode } from './totp.ts';

export type SecondFactorWish =
  | { readonly code: string }
  /** `number` is the one printed before the code; without it the codes are tried in turn. */
  | { readonly backupCode: string; readonly number?: number };

const fewCodes = 3;

/**
 * Tries a code of the app or a back-up code, under one throttle for both and for all sessions.
 *
 * @throws Failure `signin.code-refused`, which says neither why nor whether a lock is in force
 */
export async function trySecondFactor(
  tools: SignInTools,
  session: OpenSession,
  wish: SecondFactorWish,
): Promise<Extract<Factor, 'totp' | 'backup-code'>> {
  const { store, throttle } = tools;
  const { username, source } = session;
  const person = await store.persons.byId(session.personId);
  if (person === undefined) throw new Failure('signin.stage', { stage: 'ended' });
  const attempt = { username: lockName('second-factor', username), source };
  // Whoever tries has shown a password: guesses from elsewhere never lock him out.
  const admitted = await throttle.admits({ ...attempt, passwordAlone: false });
  if (!admitted) throw new Failure('signin.code-refused');
  const right =
    'code' in wish ? await isCode(tools, person, wish.code) : await isBackup(tools, person, wish);
  const factor = 'code' in wish ? 'totp' : 'backup-code';
  if (right) {
    await throttle.reward(attempt);
    return factor;
  }
  await throttle.punish({
    ...attempt,
    points: passwordPoints,
    passwordAlone: false,
    accountExists: true,
  });
  await countWrong(tools, person);
  await tools.audit.record(callerOf(session), {
    ...{
      event: 'authn_login_fail',
      action: `login.${factor}`,
      target: username,
      result: 'refused',
    },
  });
  throw new Failure('signin.code-refused');
}

async function isCode(tools: SignInTools, person: SignInPerson, typed: string): Promise<boolean> {
  const totp = await tools.store.factors.totp(person.id);
  if (totp === undefined || totp.disabledAt !== undefined) return false;
  const secret = tools.box.open(totp.sealed).toString('utf8');
  const step = stepOfCode(secret, typed, tools.clock.now());
  return step !== undefined && (await tools.store.factors.takeStep(person.id, step));
}

async function isBackup(
  tools: SignInTools,
  person: SignInPerson,
  wish: Extract<SecondFactorWish, { readonly backupCode: string }>,
): Promise<boolean> {
  const code = canonicalCode(wish.backupCode);
  if (code === undefined) return false;
  const codes = await tools.store.factors.backupCodes(person.id);
  const open = codes.filter(({ usedAt }) => usedAt === undefined);
  const tried = wish.number === undefined ? open : open.filter((one) => one.number === wish.number);
  for (const { number, hash } of tried) {
    if (!(await tools.hash.matches(hash, code))) continue;
    const mine = await tools.store.factors.useBackupCode(person.id, number, tools.clock.now());
    if (mine) await tellUse(tools, person, open.length - 1);
    return mine;
  }
  return false;
}

async function tellUse(tools: SignInTools, person: SignInPerson, left: number): Promise<void> {
  await tools.store.factors.succeed(person.id);
  if (left > fewCodes || person.email === undefined) return;
  await tools.letters.send({
    template: 'backup-codes-low',
    to: person.email,
    language: person.language,
    data: { name: nameOf(person), left: String(left) },
  });
}

async function countWrong(tools: SignInTools, person: SignInPerson): Promise<void> {
  const at = tools.clock.now();
  const { failures, disabled } = await tools.store.factors.fail(person.id, failuresMax, at);
  if (disabled) await tellDisabled(tools, person, 'totp', failures);
}
