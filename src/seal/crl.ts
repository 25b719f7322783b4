import { Failure } from '../vocabulary/index.ts';
import { algorithmOf } from './algorithms.ts';
import { sealedOf } from './certificate.ts';
import type { Sealed } from './certificate.ts';
import { unarmoured } from './armour.ts';
import {
  DerFault,
  eachElement,
  elementAt,
  fieldsOf,
  instantOf,
  smallInteger,
  soleElement,
  tags,
} from './der.ts';
import type { Element } from './der.ts';
import { write } from './der-writing.ts';
import { extensionOids, extensionsIn, scopeIn, unknownCritical } from './extensions.ts';
import type { Extensions, Scope } from './extensions.ts';

/** A list of revoked certificates (RFC 5280, 5), read but not yet verified. */
export interface Crl {
  readonly der: Buffer;
  /** DER of the issuer's name. */
  readonly issuer: Buffer;
  readonly thisUpdate: Date;
  /** A list without is never fresh. */
  readonly nextUpdate: Date | undefined;
  readonly scope: Scope;
  /** Critical extensions we do not act upon: the list cannot be used. */
  readonly unknownCritical: readonly string[];
  /** The list of entries as it stood: scanned, never unfolded, since there may be 100,000s. */
  readonly entries: Element | undefined;
  readonly seal: Sealed;
}

export const crlBytesMax = 64 * 1024 * 1024;

/**
 * Reads a CRL file, PEM or DER.
 *
 * @throws Failure `seal.unreadable`
 */
export function readCrl(bytes: Buffer): Crl {
  try {
    return crlOf(unarmoured(bytes));
  } catch (error) {
    if (!(error instanceof DerFault)) throw error;
    throw new Failure('seal.unreadable', { what: 'CRL', reason: error.message }, error);
  }
}

function crlOf(der: Buffer): Crl {
  if (der.length > crlBytesMax) throw new DerFault('the list is too large');
  const whole = fieldsOf(soleElement(der));
  const body = whole.take(tags.sequence);
  const fields = fieldsOf(body);
  const version = fields.takeIf(tags.integer);
  if (version !== undefined && smallInteger(version) !== 1) throw new DerFault('version unknown');
  const inner = algorithmOf(fields.take(tags.sequence));
  const issuer = fields.take(tags.sequence).raw;
  const thisUpdate = instantOf(fields.take());
  const next = fields.takeIf(tags.utcTime, tags.generalizedTime);
  const entries = fields.takeIf(tags.sequence);
  const field = fields.takeIf(tags.context(0));
  fields.end();
  const extensions: Extensions =
    field === undefined ? new Map() : extensionsIn(soleElement(field.value));
  return {
    der,
    issuer,
    thisUpdate,
    nextUpdate: next === undefined ? undefined : instantOf(next),
    scope: scopeIn(extensions),
    unknownCritical: unknownCritical(extensions, [
      extensionOids.authorityKeyIdentifier,
      extensionOids.crlNumber,
      extensionOids.issuingDistributionPoint,
    ]),
    entries,
    seal: sealedOf({ body, inner, rest: whole }),
  };
}

/** When the certificate of this serial number was revoked, if it is on the list. */
export function revokedAt(crl: Crl, serial: Buffer): Date | undefined {
  const wanted = write(tags.integer, serial);
  // One native search settles nearly every question, however long the list is.
  if (crl.entries?.value.includes(wanted) !== true) return undefined;
  for (const entry of eachElement(crl.entries)) {
    if (!elementAt(entry.value).raw.equals(wanted)) continue;
    const fields = fieldsOf(entry);
    fields.take(tags.integer);
    return instantOf(fields.take());
  }
  return undefined;
}
