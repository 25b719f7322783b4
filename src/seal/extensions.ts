import { AsnConvert } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  CRLDistributionPoints,
  ExtendedKeyUsage,
  IssuingDistributionPoint,
  KeyUsage,
  KeyUsageFlags,
  SubjectKeyIdentifier,
} from '@peculiar/asn1-x509';
import type { DistributionPointName } from '@peculiar/asn1-x509';
import { DerFault, fieldsOf, elementsOf, oidOf, soleElement, tags } from './der.ts';
import type { Element } from './der.ts';

/** Extensions by OID; `value` is what stands inside the OCTET STRING. */
export type Extensions = ReadonlyMap<
  string,
  { readonly critical: boolean; readonly value: Buffer }
>;

export const extensionOids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  issuingDistributionPoint: '2.5.29.28',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  qcStatements: '1.3.6.1.5.5.7.1.3',
} as const;

const extensionsMax = 64;

/** Reads SEQUENCE OF Extension; one that stands twice makes the certificate unreadable. */
export function extensionsIn(list: Element): Extensions {
  const extensions = new Map<string, { critical: boolean; value: Buffer }>();
  for (const element of elementsOf(list, extensionsMax)) {
    const fields = fieldsOf(element);
    const oid = oidOf(fields.take(tags.oid));
    const critical = (fields.takeIf(tags.boolean)?.value[0] ?? 0) !== 0;
    const { value } = fields.take(tags.octetString);
    fields.end();
    if (extensions.has(oid)) throw new DerFault(`extension ${oid} stands twice`);
    extensions.set(oid, { critical, value });
  }
  return extensions;
}

/** The OIDs of critical extensions other than those the caller acts upon. */
export function unknownCritical(extensions: Extensions, known: readonly string[]): string[] {
  return [...extensions]
    .filter(([oid, { critical }]) => critical && !known.includes(oid))
    .map(([oid]) => oid);
}

export function basicConstraintsIn(extensions: Extensions): BasicConstraints {
  return (
    valueOf(extensions, extensionOids.basicConstraints, BasicConstraints) ?? new BasicConstraints()
  );
}

/** Undefined when the certificate does not restrict the usage of its key. */
export function keyUsageIn(extensions: Extensions): ReadonlySet<KeyUse> | undefined {
  const usage = valueOf(extensions, extensionOids.keyUsage, KeyUsage)?.toNumber();
  if (usage === undefined) return undefined;
  return new Set(keyUses.filter((use) => (usage & KeyUsageFlags[use]) !== 0));
}

const keyUses = ['digitalSignature', 'nonRepudiation', 'keyCertSign', 'cRLSign'] as const;
export type KeyUse = (typeof keyUses)[number];

/** Undefined when the certificate does not restrict its purposes. */
export function purposesIn(extensions: Extensions): readonly string[] | undefined {
  const purposes = valueOf(extensions, extensionOids.extendedKeyUsage, ExtendedKeyUsage);
  return purposes === undefined ? undefined : [...purposes];
}

export function subjectKeyIdentifierIn(extensions: Extensions): Buffer | undefined {
  const identifier = valueOf(extensions, extensionOids.subjectKeyIdentifier, SubjectKeyIdentifier);
  return identifier === undefined ? undefined : Buffer.from(identifier.buffer);
}

/** Addresses where the lists that may revoke this certificate are published. */
export function distributionPointsIn(extensions: Extensions): string[] {
  const points = valueOf(extensions, extensionOids.crlDistributionPoints, CRLDistributionPoints);
  return Array.from(points ?? []).flatMap((point) => addressesIn(point.distributionPoint));
}

/** What an issuer states of a qualified certificate (ETSI EN 319 412-5, 4.2). */
const qcStatements = {
  compliance: '0.4.0.1862.1.1',
  secureDevice: '0.4.0.1862.1.4',
} as const;

const statementsMax = 32;

/** Whether the issuer calls the certificate qualified, and its key one on a secure device. */
export function qualityIn(extensions: Extensions): {
  readonly qualified: boolean;
  readonly onSecureDevice: boolean;
} {
  const extension = extensions.get(extensionOids.qcStatements);
  if (extension === undefined) return { qualified: false, onSecureDevice: false };
  const list = elementsOf(soleElement(extension.value), statementsMax);
  const stated = list.map((statement) => oidOf(fieldsOf(statement).take(tags.oid)));
  return {
    qualified: stated.includes(qcStatements.compliance),
    onSecureDevice: stated.includes(qcStatements.secureDevice),
  };
}

/** What part of its issuer's certificates a revocation list speaks about. */
export interface Scope {
  /** Empty: not bound to an address. */
  readonly addresses: readonly string[];
  readonly signersOnly: boolean;
  readonly authoritiesOnly: boolean;
  /** Only some reasons, only attribute certificates, certificates of other issuers. */
  readonly odd: boolean;
}

export function scopeIn(extensions: Extensions): Scope {
  const point = valueOf(
    extensions,
    extensionOids.issuingDistributionPoint,
    IssuingDistributionPoint,
  );
  const addresses = addressesIn(point?.distributionPoint);
  return {
    addresses,
    signersOnly: point?.onlyContainsUserCerts ?? false,
    authoritiesOnly: point?.onlyContainsCACerts ?? false,
    odd:
      point !== undefined &&
      (point.onlySomeReasons !== undefined ||
        point.indirectCRL ||
        point.onlyContainsAttributeCerts ||
        (point.distributionPoint !== undefined && addresses.length === 0)),
  };
}

function addressesIn(name: DistributionPointName | undefined): string[] {
  return (name?.fullName ?? [])
    .map(({ uniformResourceIdentifier }) => uniformResourceIdentifier)
    .filter((address) => address !== undefined);
}

function valueOf<T>(extensions: Extensions, oid: string, type: new () => T): T | undefined {
  const extension = extensions.get(oid);
  if (extension === undefined) return undefined;
  soleElement(extension.value);
  try {
    return AsnConvert.parse(extension.value, type);
  } catch (error) {
    throw new DerFault(`extension ${oid} is unreadable`, { cause: error });
  }
}
