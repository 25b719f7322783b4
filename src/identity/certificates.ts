import { randomUUID } from 'node:crypto';
import { readCertificates } from '../seal/index.ts';
import { Failure } from '../vocabulary/index.ts';
import { readSshBlob, rsaBitsMin } from './ssh-key.ts';
import { canonicalUsername } from './technical-user-name.ts';
import { oneLine } from './text.ts';
import type { CertificateFacts } from '../seal/index.ts';
import type { Clock } from '../vocabulary/index.ts';
import type {
  CertificateRecord,
  CredentialRecord,
  IdentityJournal,
  OwnedCertificate,
  RegistrationStore,
  TechnicalUserRecord,
} from './ports.ts';

export interface CertificateRows {
  readonly certificates: readonly CertificateRecord[];
  /** The login keys read from the certificates. */
  readonly credentials: readonly CredentialRecord[];
}

/**
 * Certificates of technical users: they prove who signed a batch, and their keys open SFTP. An old
 * and a new one may be valid side by side, so that a renewal locks nobody out.
 */
export interface Certificates {
  /**
   * Registers the certificate of a file (PEM, DER, p7b). Of a chain, the one that is no authority.
   *
   * @throws Failure `seal.unreadable`, `registration.invalid` (expired, or several in the file),
   * `registration.exists` (for this user, or linked to another), `registration.unknown` (the user)
   */
  add(o: {
    readonly username: string;
    readonly file: Buffer;
    readonly by: string;
  }): Promise<CertificateRecord>;
  /** From now on it proves nothing; signatures made before stay what they were. */
  retire(o: {
    readonly username: string;
    readonly fingerprint: string;
    readonly by: string;
  }): Promise<CertificateRecord>;
  /** Whose certificate it was at the instant (reception check 153); undefined = nobody's. */
  ownerOf(fingerprint: string, at: Date): Promise<OwnedCertificate | undefined>;
  list(o: {
    readonly username?: string;
    readonly retired?: boolean;
    /** Only those valid then, and not blocked or revoked by then as a person's certificate. */
    readonly goodAt?: Date;
    readonly max: number;
  }): Promise<readonly OwnedCertificate[]>;
}

interface Tools {
  readonly store: RegistrationStore;
  readonly journal: IdentityJournal;
  readonly clock: Clock;
}

export function openCertificates(tools: Tools): Certificates {
  const { store } = tools;
  return {
    add: (wish) => add(tools, wish),
    retire: (wish) => retire(tools, wish),
    ownerOf: (fingerprint, at) => store.certificates.ownerAt(fingerprint, at),
    list: ({ username, retired = false, goodAt, max }) => {
      const whose = username === undefined ? {} : { username: username.toLowerCase() };
      const when = goodAt === undefined ? {} : { goodAt };
      return store.certificates.list({ ...whose, ...when, retired, max });
    },
  };
}

async function add(
  tools: Tools,
  wish: { readonly username: string; readonly file: Buffer; readonly by: string },
): Promise<CertificateRecord> {
  const user = await userOf(tools, wish.username);
  const now = tools.clock.now();
  const rows = certificateRows({
    certificates: leafCertificates([wish.file], now),
    technicalUserId: user.id,
    now,
  });
  const [certificate] = rows.certificates;
  if (certificate === undefined) throw new Failure('seal.unreadable', { what: 'certificate' });
  if ((await tools.store.certificates.insert(rows)) === 'taken') {
    const owner = await tools.store.certificates.current(certificate.fingerprint);
    throw new Failure('registration.exists', {
      what: 'certificate',
      fingerprint: certificate.fingerprint,
      ...(owner?.technicalUserId === user.id
        ? {}
        : { why: 'the certificate is linked to another technical user' }),
    });
  }
  await record(tools, { code: 'identity.certificate-added', user, certificate, by: wish.by });
  return certificate;
}

async function retire(
  tools: Tools,
  wish: { readonly username: string; readonly fingerprint: string; readonly by: string },
): Promise<CertificateRecord> {
  const user = await userOf(tools, wish.username);
  const fingerprint = wish.fingerprint.replaceAll(':', '').toLowerCase();
  const certificate = await tools.store.certificates.current(fingerprint);
  const at = tools.clock.now();
  const done =
    certificate?.technicalUserId === user.id &&
    (await tools.store.certificates.retire({ id: certificate.id, at }));
  if (!done) {
    throw new Failure('registration.unknown', {
      what: 'certificate',
      fingerprint: oneLine(wish.fingerprint),
      username: user.username,
    });
  }
  await record(tools, { code: 'identity.certificate-retired', user, certificate, by: wish.by });
  return { ...certificate, retiredAt: at };
}

async function userOf(tools: Tools, text: string): Promise<TechnicalUserRecord> {
  const username = canonicalUsername(text);
  const user = username === undefined ? undefined : await tools.store.technicalUsers.find(username);
  if (user !== undefined && user.state !== 'removed') return user;
  throw new Failure('registration.unknown', { what: 'technical user', username: oneLine(text) });
}

async function record(
  tools: Tools,
  o: {
    readonly code: string;
    readonly user: TechnicalUserRecord;
    readonly certificate: CertificateRecord;
    readonly by: string;
  },
): Promise<void> {
  const { fingerprint, subject, notAfter } = o.certificate;
  await tools.journal.record({
    level: 'info',
    code: o.code,
    sender: o.user.sender,
    username: o.user.username,
    facts: {
      operator: o.by,
      fingerprint,
      subject: oneLine(subject),
      notAfter: notAfter.toISOString(),
    },
  });
}

/** One certificate of each file: the only one, or of a chain the one that is no authority. */
export function leafCertificates(files: readonly Buffer[], now: Date): CertificateFacts[] {
  return files.map((file) => {
    const all = readCertificates(file);
    const leaves = all.length === 1 ? all : all.filter((one) => !one.isAuthority);
    const [leaf, second] = leaves;
    if (leaf === undefined || second !== undefined) {
      throw refused('the file must hold one certificate, or a chain with one that is no authority');
    }
    if (leaf.notAfter <= now) {
      throw refused(`the certificate expired on ${leaf.notAfter.toISOString().slice(0, 10)}`);
    }
    const bits = Number(/^rsa-(\d+)$/.exec(leaf.keyAlgorithm)?.[1] ?? rsaBitsMin);
    if (bits < rsaBitsMin) {
      throw refused(`RSA keys need at least ${rsaBitsMin} bits; this one has ${bits}`);
    }
    return leaf;
  });
}

function refused(why: string): Failure {
  return new Failure('registration.invalid', { what: 'certificate', why });
}

/** What is stored of certificates: each its row and, when SSH can use its key, that key. */
export function certificateRows(o: {
  readonly certificates: readonly CertificateFacts[];
  readonly technicalUserId: string;
  readonly now: Date;
}): CertificateRows {
  const { technicalUserId, now } = o;
  const certificates: CertificateRecord[] = [];
  const credentials: CredentialRecord[] = [];
  for (const facts of o.certificates) {
    const id = randomUUID();
    const { fingerprint, der, subject, issuer, serial, notBefore, notAfter } = facts;
    certificates.push({
      ...{ id, technicalUserId, fingerprint, der, subject, issuer, serial },
      ...{ notBefore, notAfter, addedAt: now },
    });
    const reading = facts.sshPublicKey && readSshBlob(facts.sshPublicKey);
    if (!reading?.ok) continue;
    const { algorithm, blob, fingerprint: keyFingerprint } = reading.key;
    credentials.push({
      ...{ id: randomUUID(), technicalUserId, certificateId: id, kind: 'certificate-key' },
      ...{ algorithm, blob, fingerprint: keyFingerprint, comment: '', addedAt: now },
    });
  }
  return { certificates, credentials };
}
