import { DerFault } from './der.ts';

const columns = 76;

/** The bytes of an FS file: base64 in columns of 76, each closed by CR LF, no armour. */
export function sealText(der: Buffer): string {
  const text = der.toString('base64');
  const lines = text.match(new RegExp(`.{1,${String(columns)}}`, 'g')) ?? [];
  return lines.map((line) => `${line}\r\n`).join('');
}

/**
 * DER from what a sender put in the file: DER itself, or base64 whose lines end in CR, LF, CR LF or
 * not at all, with or without an armour of any label.
 */
export function unarmoured(bytes: Buffer): Buffer {
  if (bytes[0] === 0x30) return bytes;
  const text = bytes.toString('latin1').trim();
  const label = /^-----BEGIN ([^\r\n-]{1,64})-----/.exec(text);
  if (label === null) return decoded(text);
  const [begin, name = ''] = label;
  const end = `-----END ${name}-----`;
  if (!text.endsWith(end)) throw new DerFault('the armour is not closed by its own label');
  return decoded(text.slice(begin.length, -end.length));
}

/** Base64 without anything foreign in it, in its one canonical form. */
export function decoded(text: string): Buffer {
  const dense = text.replace(/[\r\n\t ]+/g, '');
  const der = Buffer.from(dense, 'base64');
  if (dense === '' || der.toString('base64') !== dense) throw new DerFault('it is not base64');
  return der;
}
