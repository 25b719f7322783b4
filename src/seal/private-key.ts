import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Failure } from '../vocabulary/index.ts';

const pemBytesMax = 64 * 1024;

/**
 * Reads a private key in PEM (PKCS #8, PKCS #1 or SEC 1), encrypted or not.
 *
 * @throws Failure `seal.unreadable`; the facts never hold any of the key
 */
export function readPrivateKey(pem: string | Buffer, passphrase?: string): KeyObject {
  if (pem.length > pemBytesMax) throw unreadable('the file is too large');
  try {
    return createPrivateKey({ key: pem, format: 'pem', passphrase: passphrase ?? '' });
  } catch (error) {
    const encrypted = /-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem.toString());
    throw unreadable(encrypted ? 'the passphrase is missing or wrong' : 'it is no PEM key', error);
  }
}

function unreadable(reason: string, cause?: unknown): Failure {
  return new Failure('seal.unreadable', { what: 'private key', reason }, cause);
}
