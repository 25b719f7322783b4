import { once } from 'node:events';
import { connect } from 'node:net';
import { Failure } from '../../vocabulary/index.ts';
import type { ConnectionStep } from '../connection-test.ts';

/** What the test of an SFTP login asks about the login and what happens to it. */
export interface LoginWatch {
  /** Undefined when there is no such login. */
  account(): Promise<
    { readonly blocked: boolean; readonly keys: number; readonly hasPassword: boolean } | undefined
  >;
  /**
   * Logins of this account as they are judged: of every attempt made once the promise has resolved,
   * until the signal is aborted.
   */
  logins(signal: AbortSignal): Promise<AsyncIterable<JudgedLogin>>;
}

export interface JudgedLogin {
  readonly outcome: 'accepted' | 'refused';
  readonly reason: string;
  readonly source: string;
}

const loginWaitMs = 10 * 60_000;
const bannerBytesMax = 1_024;

/**
 * Tests the way in over SFTP: the login is registered, the server answers, and then a person tries:
 * every attempt is told as it comes, and the first that is accepted ends the test.
 */
export function sftpInletSteps(o: {
  readonly host: string;
  readonly port: number;
  readonly watch: LoginWatch;
  readonly loginWaitMs?: number;
}): readonly ConnectionStep[] {
  const [account, login] = loginSteps(o.watch, o.loginWaitMs);
  const greeting = {
    step: 'TCP and greeting',
    run: (signal: AbortSignal) => greetingStep(o, signal),
  };
  return [account, greeting, { ...login, step: 'login' }];
}

/** The account, and its first login, which is waited for live: of every channel logins come by. */
export function loginSteps(
  watch: LoginWatch,
  waitMs = loginWaitMs,
): readonly [ConnectionStep, ConnectionStep] {
  return [
    { step: 'account', run: () => accountStep(watch) },
    {
      step: 'first login',
      stepMs: waitMs,
      run: (signal, note) => loginStep(watch, signal, note),
    },
  ];
}

async function accountStep(watch: LoginWatch): Promise<string> {
  const account = await watch.account();
  if (account === undefined) throw refusal('there is no technical user of this name');
  if (account.blocked) throw refusal('the technical user, its sender or its channel is blocked');
  if (account.keys === 0 && !account.hasPassword) throw refusal('it has neither key nor password');
  return `${String(account.keys)} keys, ${account.hasPassword ? 'a password' : 'no password'}`;
}

function refusal(why: string): Failure {
  return new Failure('identity.refused', { why });
}

async function greetingStep(
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<string> {
  const socket = connect({ host, port, signal });
  try {
    const banner = await firstLine(socket, signal);
    if (banner.startsWith('SSH-2.0-')) return banner;
    throw new Failure('channel.unreachable', { why: 'what answers there does not speak SSH' });
  } finally {
    socket.destroy();
  }
}

async function firstLine(socket: ReturnType<typeof connect>, signal: AbortSignal): Promise<string> {
  let text = '';
  while (!text.includes('\n')) {
    const [data] = (await once(socket, 'data', { signal })) as [Buffer];
    text += data.toString('latin1');
    if (text.length > bannerBytesMax) break;
  }
  return text.split('\r')[0]?.split('\n')[0] ?? '';
}

async function loginStep(
  watch: LoginWatch,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<string> {
  const logins = await watch.logins(signal);
  note('waiting for the first login: connect now with your client');
  for await (const { outcome, reason, source } of logins) {
    if (outcome === 'accepted') return `logged in from ${source}`;
    note(`refused from ${source}: ${reasons[reason] ?? reason}`);
  }
  throw new Failure('channel.timed-out');
}

/** What a refusal means to the person who tries, who the protocol tells nothing. */
const reasons: Readonly<Record<string, string>> = {
  blocked: 'the account is blocked',
  'wrong-key': 'the client offered a key that is not registered',
  'bad-signature': 'the client could not prove that it has the private key',
  'sha1-refused': 'the client signs with SHA-1 (ssh-rsa), which this account does not allow',
  'wrong-password': 'wrong password',
  'method-not-allowed': 'the client tried a way of logging in that this account does not have',
  throttled: 'too many failed attempts: wait, or have the lock released',
  'certificate-refused': 'the SSH certificate is expired, revoked or for another name',
  'too-many-attempts': 'the client offered too many keys: name the right one',
  'grace-expired': 'the client connected and did not log in',
};
