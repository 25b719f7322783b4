import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Insz } from '../../vocabulary/index.ts';
import type { IdentityKeys } from '../identity-keys.ts';

/** National numbers as the database may hold them: found by a keyed hash, read with a key. */
export interface InszVault {
  /** HMAC-SHA256, 32 bytes: equal for equal numbers, of no use without the key. */
  find(insz: Insz): Buffer;
  /** AES-256-GCM, bound to the person: moved to another row it cannot be opened. */
  seal(insz: Insz, personId: string): Buffer;
  /** Throws what node:crypto throws when the bytes were changed or belong to another person. */
  open(sealed: Buffer, personId: string): Insz;
}

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

export function inszVault(keys: IdentityKeys): InszVault {
  return {
    find: (insz) => createHmac('sha256', keys.key('insz-find')).update(insz).digest(),
    seal(insz, personId) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', keys.key('insz-seal'), nonce);
      cipher.setAAD(Buffer.from(personId));
      const content = Buffer.concat([cipher.update(insz, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.from([version]), nonce, cipher.getAuthTag(), content]);
    },
    open(sealed, personId) {
      if (sealed[0] !== version) throw new RangeError('sealed in an unknown way');
      const nonce = sealed.subarray(1, 1 + nonceBytes);
      const tag = sealed.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes);
      const key = keys.key('insz-seal');
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(personId));
      decipher.setAuthTag(tag);
      const content = sealed.subarray(1 + nonceBytes + tagBytes);
      return Buffer.concat([decipher.update(content), decipher.final()]).toString() as Insz;
    },
  };
}
