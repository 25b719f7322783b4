import ssh2 from 'ssh2';
import type { AuthContext, PasswordAuthContext, PublicKeyAuthContext } from 'ssh2';
import type { LoginAccount, LoginReason, Logins } from '../ports.ts';
import type { Clock } from '../../vocabulary/index.ts';
import { passwordCharactersMax } from './limits.ts';
import { isCertificateAlgorithm, judgeCertificate } from './ssh-certificate.ts';
import { isSignedBy, signatureAlgorithm } from './ssh-signature.ts';

type Method = 'publickey' | 'password';

/** What one attempt led to. `offered` answers a key without a signature: it proves nothing yet. */
type Verdict =
  | ({ readonly kind: 'accepted'; readonly method: string } & Accepted)
  | { readonly kind: 'offered' }
  | ({ readonly kind: 'next' } & Accepted)
  | { readonly kind: 'refused'; readonly reason: LoginReason; readonly method: string };

/** Who was let in, and by what. */
export interface Accepted {
  readonly account: LoginAccount;
  /** Whether the key that let him in would still do so, by what the register says of the account now. */
  readonly holds: (now: LoginAccount) => boolean;
}

export interface LoginOptions {
  readonly logins: Logins;
  readonly source: string;
  readonly clock: Clock;
  readonly triesMax: number;
  readonly onAccepted: (accepted: Accepted) => void;
  /** Too many attempts: the connection is to be closed. */
  readonly onExhausted: () => void;
  /** The register could not be asked: the connection is to be closed, and somebody should know. */
  readonly onTrouble: (error: unknown) => void;
}

interface Attempt {
  readonly username: string;
  readonly reason: LoginReason;
  readonly method: string;
}

/** The dialogue of one connection until it is logged in. */
export interface Login {
  attempt(context: AuthContext): void;
  /** The connection ended without a login, or its time is up. */
  end(reason: 'grace-expired' | 'closed'): void;
}

const signatureHashes: ReadonlySet<string> = new Set(['sha256', 'sha512']);

/**
 * Asks for a key first and for a password only after a valid signature by that key, unless the
 * account may use a password alone. Every refusal looks the same from outside; the journal learns
 * the reason.
 */
export function openLogin(options: LoginOptions): Login {
  const { logins, source } = options;
  let proven: Accepted | undefined;
  let tries = 0;
  let last: Attempt | undefined;
  let tried = false;
  let done = false;
  let queue: Promise<void> = Promise.resolve();

  async function judge(context: AuthContext): Promise<Verdict> {
    if (proven !== undefined && proven.account.username !== context.username) proven = undefined;
    const method = context.method;
    if (context.method === 'publickey') return judgeKey(context);
    if (context.method === 'password') return judgePassword(context);
    return { kind: 'refused', reason: 'method-not-allowed', method };
  }

  async function judgeKey(context: PublicKeyAuthContext): Promise<Verdict> {
    const { username } = context;
    const refused = (reason: LoginReason): Verdict => ({
      ...{ kind: 'refused', reason, method: 'publickey' },
    });
    if (!(await logins.admit({ username, source, method: 'publickey' })))
      return refused('throttled');
    const account = await logins.accountFor(username);
    if (account === undefined) return refused('unknown-account');
    const key = keyFor(context, account, { clock: options.clock, source });
    if ('reason' in key) return refused(key.reason);
    if (account.auth === 'password') return refused('method-not-allowed');
    if (account.blocked) return refused('blocked');
    if (context.signature === undefined) return { kind: 'offered' };
    const wrong = signatureFault(context, key, account);
    if (wrong !== undefined) return refused(wrong);
    const holds = (now: LoginAccount): boolean =>
      !('reason' in keyFor(context, now, { clock: options.clock, source }));
    if (account.auth === 'publickey+password') return { kind: 'next', account, holds };
    const method = key.certificate ? 'certificate' : 'publickey';
    return { kind: 'accepted', account, holds, method };
  }

  async function judgePassword(context: PasswordAuthContext): Promise<Verdict> {
    const { username } = context;
    // A request to change the password comes as an object, whatever the types say.
    const given: unknown = context.password;
    const first = proven;
    const method = first === undefined ? 'password' : 'publickey+password';
    const refused = (reason: LoginReason): Verdict => ({ kind: 'refused', reason, method });
    if (
      !(await logins.admit({
        username,
        source,
        method: first === undefined ? 'password' : 'publickey',
      }))
    ) {
      return refused('throttled');
    }
    const account = await logins.accountFor(username);
    const password = typeof given === 'string' ? given.slice(0, passwordCharactersMax + 1) : '';
    // Hashed whoever asks, so that the time it takes tells nothing.
    const matches = await logins.passwordMatches(account, password);
    if (account === undefined) return refused('unknown-account');
    if (account.blocked) return refused('blocked');
    const allowed = account.auth === 'password' || first !== undefined;
    if (!allowed || account.auth === 'publickey' || typeof given !== 'string') {
      return refused('method-not-allowed');
    }
    if (!matches || password.length > passwordCharactersMax) return refused('wrong-password');
    return { kind: 'accepted', account, holds: first?.holds ?? (() => true), method };
  }

  async function answer(context: AuthContext): Promise<void> {
    if (done) return;
    if (context.method === 'none') {
      context.reject(await methodsOffered());
      return;
    }
    tries += 1;
    tried = true;
    await conclude(context, await judge(context));
  }

  /** A refusal would tell the client that its credentials are wrong, and they may be right. */
  function giveUp(error: unknown): void {
    done = true;
    options.onTrouble(error);
  }

  async function conclude(context: AuthContext, verdict: Verdict): Promise<void> {
    const { username } = context;
    switch (verdict.kind) {
      case 'offered':
        context.accept();
        break;
      case 'next':
        proven = verdict;
        context.reject(['password'], true);
        break;
      case 'accepted': {
        done = true;
        const { method } = verdict;
        await logins.note({ username, source, outcome: 'accepted', reason: 'ok', method });
        options.onAccepted(verdict);
        context.accept();
        break;
      }
      case 'refused': {
        const { reason, method } = verdict;
        const attempt = { username, reason, method };
        // Agents offer every key they hold: which of them fits is known when they have run out, and
        // a key that is known but of no use tells more than the strange ones behind it.
        if (last === undefined || reason !== 'wrong-key') last = attempt;
        if (context.method !== 'publickey' || context.signature !== undefined) {
          await logins.note({ ...attempt, source, outcome: 'refused' });
          tried = false;
        }
        context.reject(await methodsOffered());
      }
    }
    if (tries < options.triesMax || verdict.kind !== 'refused') return;
    if (tried) await note('too-many-attempts');
    exhaust();
  }

  function exhaust(): void {
    if (tries < options.triesMax) return;
    done = true;
    options.onExhausted();
  }

  async function note(reason: LoginReason): Promise<void> {
    tried = false;
    if (last === undefined) return;
    const { username, method } = last;
    await logins.note({ username, source, outcome: 'refused', reason, method });
  }

  /** The same list for every account, known or not. */
  async function methodsOffered(): Promise<Method[]> {
    if (proven !== undefined) return ['password'];
    return (await logins.offersPassword()) ? ['publickey', 'password'] : ['publickey'];
  }

  return {
    attempt(context) {
      queue = queue.then(() => answer(context)).catch(giveUp);
    },
    end(reason) {
      if (done) return;
      done = true;
      if (!tried) return;
      queue = queue
        .then(() => note(reason === 'closed' ? (last?.reason ?? 'wrong-key') : reason))
        .catch(giveUp);
    },
  };
}

interface UsableKey {
  readonly algorithm: string;
  readonly blob: Buffer;
  readonly certificate: boolean;
}

/** The key a signature has to be made with: the one offered, when it is registered. */
function keyFor(
  context: Pick<PublicKeyAuthContext, 'key' | 'username'>,
  account: LoginAccount,
  o: { readonly clock: Clock; readonly source: string },
): UsableKey | { readonly reason: LoginReason } {
  const { algo, data } = context.key;
  if (isCertificateAlgorithm(algo)) {
    const judged = judgeCertificate(data, {
      account,
      source: o.source,
      now: o.clock.now(),
      username: context.username,
    });
    return judged.ok
      ? { algorithm: judged.algorithm, blob: judged.key, certificate: true }
      : { reason: 'certificate-refused' };
  }
  const key = account.keys.find(({ blob }) => blob.equals(data));
  if (key === undefined) return { reason: 'wrong-key' };
  return { algorithm: key.algorithm, blob: key.blob, certificate: false };
}

function signatureFault(
  context: PublicKeyAuthContext,
  key: UsableKey,
  account: LoginAccount,
): LoginReason | undefined {
  const { blob, signature } = context;
  if (blob === undefined || signature === undefined) return 'bad-signature';
  // For certificates the library leaves the frame `string algorithm, string signature` in place.
  if (key.certificate) {
    if (signatureAlgorithm(signature) === 'ssh-rsa') return 'sha1-refused';
    return isSignedBy(key, { data: blob, signature }) ? undefined : 'bad-signature';
  }
  const { hashAlgo } = context as { hashAlgo?: string };
  const sha1 = key.algorithm === 'ssh-rsa' && !signatureHashes.has(hashAlgo ?? '');
  if (sha1 && !account.allowSshRsa) return 'sha1-refused';
  const parsed = ssh2.utils.parseKey(sshPublicKeyLine(key));
  if (parsed instanceof Error || Array.isArray(parsed)) return 'bad-signature';
  // The library answers with an Error where its types promise a boolean.
  const verified: unknown = parsed.verify(blob, signature, hashAlgo);
  return verified === true ? undefined : 'bad-signature';
}

function sshPublicKeyLine({ algorithm, blob }: UsableKey): string {
  return `${algorithm} ${blob.toString('base64')}`;
}
