import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Failure } from '../../vocabulary/index.ts';
import type { Clock } from '../../vocabulary/index.ts';
import type { IdentityKeys } from '../identity-keys.ts';
import type { Caller } from './caller.ts';
import type { ActivationWish } from './qualities.ts';
import type { RoleWish } from './roles.ts';

/**
 * What lies between the two steps of an act. It is nowhere but in the caller's hands: sealed, so that
 * nobody reads or changes it, and bound to who prepared it, for what, and until when.
 */
export interface Confirmations {
  seal<Kind extends keyof Confirmed>(caller: Caller, kind: Kind, content: Confirmed[Kind]): string;
  /** @throws Failure `access.confirmation` when it is not this caller's, of this kind, or too old */
  open<Kind extends keyof Confirmed>(
    caller: Caller,
    kind: Kind,
    confirmation: string,
  ): Confirmed[Kind];
}

/** What is sealed, by kind of act. */
export interface Confirmed {
  readonly role: { readonly wish: RoleWish; readonly ground: string };
  readonly quality: ActivationWish;
  readonly closing: { readonly number: string };
}

const validMs = 15 * 60_000;
const charactersMax = 64 * 1024;
const nonceBytes = 12;
const tagBytes = 16;

interface Sealed {
  readonly kind: string;
  readonly until: number;
  readonly content: unknown;
}

export function confirmations({
  keys,
  clock,
}: {
  readonly keys: IdentityKeys;
  readonly clock: Clock;
}): Confirmations {
  return {
    seal(caller, kind, content) {
      const sealed: Sealed = { kind, until: clock.now().getTime() + validMs, content };
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', keys.key('confirmation'), nonce);
      cipher.setAAD(ownerOf(caller));
      const body = Buffer.concat([cipher.update(JSON.stringify(sealed), 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },
    open<Kind extends keyof Confirmed>(
      caller: Caller,
      kind: Kind,
      confirmation: string,
    ): Confirmed[Kind] {
      const sealed = opened(keys.key('confirmation'), ownerOf(caller), confirmation);
      if (sealed?.kind !== kind) throw new Failure('access.confirmation', { why: 'not valid' });
      if (sealed.until < clock.now().getTime()) {
        throw new Failure('access.confirmation', { why: 'too old' });
      }
      // What we sealed ourselves is what we made it.
      return sealed.content as Confirmed[Kind];
    },
  };
}

/** The same person in another role is another caller. */
function ownerOf(caller: Caller): Buffer {
  const { name, role, personId = '', assignmentId = '', qualityId = '' } = caller;
  return Buffer.from(JSON.stringify([name, role, personId, assignmentId, qualityId]));
}

function opened(key: Buffer, owner: Buffer, confirmation: string): Sealed | undefined {
  if (confirmation.length > charactersMax) return undefined;
  const bytes = Buffer.from(confirmation, 'base64url');
  if (bytes.length <= nonceBytes + tagBytes) return undefined;
  const nonce = bytes.subarray(0, nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(owner);
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    const body = [decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()];
    return JSON.parse(Buffer.concat(body).toString()) as Sealed;
  } catch {
    // Changed, of another caller, or made up.
    return undefined;
  }
}
