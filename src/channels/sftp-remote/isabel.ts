import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { elementsOf, type Environment, type SenderNumber } from '../../vocabulary/index.ts';
import type { HeaderFault } from '../ports.ts';
import type { PartnerLink } from './partner-link.ts';
import type { Partner } from './ports.ts';
import { readRemote, statRemote } from './transfer.ts';

/** Behind the name of a file: the envelope its hub wrote for it. */
export const envelopeSuffix = '.isabel';

const envelopeBytesMax = 16 * 1024;
const zipMagic = Buffer.from('PK\u0003\u0004', 'latin1');

/** What is known of a file beside its envelope. */
export interface Delivered {
  readonly sender: SenderNumber;
  readonly environment: Environment;
  readonly name: string;
  /** Lowercase hex. */
  readonly sha256: string;
  readonly isZip: boolean;
}

/**
 * Judges the envelope of a file that came by the hub. It is text, a field on each line, the signature
 * of the hub over everything before it last:
 *
 *     Mailbox: BOX1
 *     User: JANSSENS
 *     Status: ok
 *     Digest: <SHA-256 of the file, hex>
 *     Signature: <base64>
 *
 * The first fault that is found makes the others moot: nothing an envelope says counts before its
 * signature does.
 *
 * @returns reception codes 038, 039, 140, 141, 143, 156 and 171; empty for a sound delivery.
 */
export function envelopeFaults(
  envelope: Buffer | undefined,
  partner: Pick<Partner, 'hubKey' | 'destinations' | 'productionUsers'>,
  file: Delivered,
): readonly HeaderFault[] {
  if (envelope === undefined || partner.hubKey === undefined) {
    return [fault('156', 'the hub delivered no readable envelope')];
  }
  const { fields, signed, signature } = readEnvelope(envelope);
  if (signature === undefined) return [fault('171', 'the envelope bears no signature')];
  if (!isSigned(createPublicKey(partner.hubKey), signed, signature)) {
    return [fault('038', 'the signature of the envelope is not that of the hub')];
  }
  return judge(fields, partner, file);
}

function judge(
  fields: ReadonlyMap<string, string>,
  partner: Pick<Partner, 'destinations' | 'productionUsers'>,
  file: Delivered,
): readonly HeaderFault[] {
  const status = fields.get('status');
  if (status === 'duplicate') return [fault('143', 'the hub tells that it was sent before')];
  if (status !== 'ok') return [fault('156', `the hub tells: ${status ?? 'no status'}`)];
  if (fields.get('digest')?.toLowerCase() !== file.sha256) {
    return [fault('141', 'the digest of the envelope is not that of the file')];
  }
  const own = partner.destinations.find(({ number }) => number === file.sender)?.mailbox;
  if (own === undefined || fields.get('mailbox') !== own) {
    return [fault('140', `mailbox ${fields.get('mailbox') ?? '(none)'} is not the registered one`)];
  }
  const user = fields.get('user') ?? '';
  if (file.environment === 'R' && !partner.productionUsers.includes(user)) {
    return [fault('039', `user ${user === '' ? '(none)' : user} may not send to production`)];
  }
  // Data is compressed on this channel; signatures and GO are not.
  if (elementsOf(file.name)?.prefix === 'FI' && !file.isZip) {
    return [fault('171', 'the file is not compressed')];
  }
  return [];
}

function fault(code: string, detail: string): HeaderFault {
  return { code, detail };
}

interface Envelope {
  readonly fields: ReadonlyMap<string, string>;
  /** The bytes before the line of the signature. */
  readonly signed: Buffer;
  readonly signature: Buffer | undefined;
}

const valueCharactersMax = 128;

function readEnvelope(bytes: Buffer): Envelope {
  const text = bytes.toString('latin1');
  const at = /^Signature:/m.exec(text)?.index;
  const head = at === undefined ? text : text.slice(0, at);
  const fields = new Map<string, string>();
  for (const line of head.split(/\r?\n/)) {
    const [, name, value] = /^([A-Za-z]{1,20}): ?(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    // Told in answers: one line, no control characters.
    fields.set(name.toLowerCase(), value.replace(/\p{C}/gu, '').slice(0, valueCharactersMax));
  }
  const base64 = at === undefined ? '' : text.slice(at + 'Signature:'.length).replace(/\s/g, '');
  return {
    fields,
    signed: Buffer.from(head, 'latin1'),
    signature: base64 === '' ? undefined : Buffer.from(base64, 'base64'),
  };
}

/** Ed25519 over the bytes; RSA and ECDSA with SHA-256. */
function isSigned(key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  const edwards = key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyType === 'ed448';
  try {
    return verify(edwards ? null : 'sha256', signed, key, signature);
  } catch {
    // A signature that is none for this kind of key.
    return false;
  }
}

/** Reads what the envelope is judged with: the envelope, and the file once, for its digest. */
export async function deliveredFaults(
  link: PartnerLink,
  partner: Partner,
  o: {
    readonly path: string;
    readonly envelopePath: string;
    readonly bytes: number;
    readonly name: string;
    readonly sender: SenderNumber;
    readonly environment: Environment;
  },
): Promise<readonly HeaderFault[]> {
  const hash = createHash('sha256');
  let start = Buffer.alloc(0);
  for await (const piece of readRemote(link, { path: o.path, from: 0, bytes: o.bytes })) {
    if (start.length < zipMagic.length) start = Buffer.concat([start, piece]);
    hash.update(piece);
  }
  const isZip = start.subarray(0, zipMagic.length).equals(zipMagic);
  const { name, sender, environment } = o;
  const file = { name, sender, environment, sha256: hash.digest('hex'), isZip };
  return envelopeFaults(await readSmall(link, o.envelopePath), partner, file);
}

async function readSmall(link: PartnerLink, path: string): Promise<Buffer | undefined> {
  const found = await statRemote(link, path);
  if (found === undefined || found.bytes > envelopeBytesMax) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of readRemote(link, { path, from: 0, bytes: found.bytes })) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
