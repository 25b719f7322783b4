import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Failure } from '../../vocabulary/index.ts';
import type { SealedBox } from './ports.ts';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM under one key: nonce, tag and cipher text in one piece. */
export function sealedBox(key: Buffer): SealedBox {
  return {
    seal(plain) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce);
      const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    },
    open(sealed) {
      try {
        const nonce = sealed.subarray(0, nonceBytes);
        const opener = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
        opener.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
        const rest = sealed.subarray(nonceBytes + tagBytes);
        return Buffer.concat([opener.update(rest), opener.final()]);
      } catch (error) {
        throw new Failure('gateway.defect', { what: 'a sealed secret does not open' }, error);
      }
    },
  };
}
