import { createHash } from 'node:crypto';
import type { Algorithms, AuthHandlerMiddleware } from 'ssh2';
import type { PartnerAddress } from './ports.ts';

/** Partners run what they have: anything without SHA-1 and CBC is taken, the best first. */
export const algorithms: Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'],
  compress: ['none'],
};

/** `SHA256:…` of a host key in its wire form, as `ssh-keygen -l` prints it. */
export function shownHostKey(blob: Buffer): string {
  const digest = createHash('sha256').update(blob).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

/**
 * The key first, then the password, each once: an attempt that could not succeed would count
 * against us. A password is typed into a keyboard-interactive question when only that is offered,
 * and into no more than one question.
 */
export function loginSteps(address: PartnerAddress): AuthHandlerMiddleware {
  const { username, privateKey: key, password } = address;
  const tried = new Set<string>();
  return (left, partial, next) => {
    // The first question is asked before the server has said anything.
    const methods = (left as readonly string[] | null) ?? ['publickey', 'password'];
    const may = (method: string): boolean => methods.includes(method) && !tried.has(method);
    if (key !== undefined && may('publickey')) {
      tried.add('publickey');
      next({ type: 'publickey', username, key });
      return;
    }
    const asked = key === undefined || partial || !methods.includes('publickey');
    if (password !== undefined && asked && !tried.has('secret')) {
      const interactive = !methods.includes('password') && methods.includes('keyboard-interactive');
      if (interactive || methods.includes('password')) {
        tried.add('secret');
        next(interactive ? typed(username, password) : { type: 'password', username, password });
        return;
      }
    }
    // The declared type forgets that false ends the attempts.
    next(false as unknown as 'none');
  };
}

function typed(username: string, password: string) {
  return {
    type: 'keyboard-interactive' as const,
    username,
    prompt: (
      _name: string,
      _instructions: string,
      _language: string,
      prompts: readonly { readonly prompt: string; readonly echo?: boolean }[],
      finish: (answers: string[]) => void,
    ): void => {
      const [only] = prompts;
      finish(prompts.length === 1 && only?.echo !== true ? [password] : prompts.map(() => ''));
    },
  };
}
