import { createHash, randomBytes } from 'node:crypto';

/** Crockford's base32: no I, L, O or U, so that what is read aloud or off paper is typed right. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const bitsPerCharacter = 5;
const groupCharacters = 4;

export const codeBits = 80;
const codeCharacters = codeBits / bitsPerCharacter;

/** A random code of 80 bits, as people get to see it: `7K3M-9QXE-2HBV-4RTD`. */
export function newCode(): string {
  const bytes = randomBytes(codeCharacters);
  // 256 is a multiple of 32: every character is equally likely.
  const text = Array.from(bytes, (byte) => alphabet.charAt(byte % alphabet.length)).join('');
  return text.replace(new RegExp(`.{${String(groupCharacters)}}(?=.)`, 'g'), '$&-');
}

/**
 * The code in what somebody typed: case, dashes and blanks do not matter, and the letters that look
 * like digits are read as such. Undefined when it cannot be a code.
 */
export function canonicalCode(typed: string): string | undefined {
  if (typed.length > 2 * codeCharacters) return undefined;
  const text = typed
    .toUpperCase()
    .replace(/[\s-]+/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  const valid = Array.from(text).every((one) => alphabet.includes(one));
  return valid && text.length === codeCharacters ? text : undefined;
}

const tokenBytes = 32;

/** A reference token of 256 bits, and what is kept of it. */
export function newToken(): { readonly token: string; readonly hash: Buffer } {
  const token = randomBytes(tokenBytes).toString('base64url');
  return { token, hash: tokenHash(token) };
}

/** SHA-256: enough for 256 random bits, and quick enough for every request. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Whether a text has the form of a token: what has not is not looked for. */
export function isToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}
