import { judgeCertificate, readCertificates, type CertificateFacts } from '../../seal/index.ts';
import { Failure } from '../../vocabulary/index.ts';
import { keyPoints } from '../throttle.ts';
import { lockName } from './proof.ts';
import type { PersonCertificateRecord, SignInPerson } from './ports.ts';
import type { SignInProblem } from './sign-in-problems.ts';
import { nobodyAt, personAsCaller, type SignInTools } from './tools.ts';

/** Why a certificate does not open an account; `problem` leads to an article for the person. */
export interface CertificateProblem {
  readonly code: Extract<
    SignInProblem,
    'AUTH_CERT_NOT_LINKED' | 'AUTH_CERT_MISMATCH' | 'AUTH_CERT_REFUSED' | 'AUTH_PASSWORD_NEEDED'
  >;
  /** Until when the linked one holds: told only to whoever has shown the password. */
  readonly linkedUntil?: Date;
}

export type LinkedCertificate =
  | { readonly ok: true; readonly certificate: PersonCertificateRecord }
  | { readonly ok: false; readonly problem: CertificateProblem };

/**
 * Whether the certificate of a TLS connection opens an account: that of `person`, or anybody's when
 * none is named. The handshake has proven that the key is there; recognised issuer, validity,
 * revocation and the link are judged here, at every login.
 */
export async function linkedCertificate(
  tools: SignInTools,
  o: { readonly der: Buffer; readonly person?: SignInPerson; readonly source: string },
): Promise<LinkedCertificate> {
  const shown = factsOf(o.der);
  const attempt = {
    username: lockName('certificate', o.person?.username ?? shown?.fingerprint ?? ''),
    source: o.source,
  };
  const admitted = await tools.throttle.admits({ ...attempt, passwordAlone: false });
  const found = admitted ? await judged(tools, o.person, shown) : refused('AUTH_CERT_REFUSED');
  if (found.ok) {
    await tools.throttle.reward(attempt);
    return found;
  }
  if (admitted) {
    await tools.throttle.punish({
      ...{ ...attempt, points: keyPoints, passwordAlone: false },
      accountExists: o.person !== undefined,
    });
    await recordProblem(tools, o, shown, found.problem);
  }
  return found;
}

function factsOf(der: Buffer): CertificateFacts | undefined {
  try {
    return readCertificates(der)[0];
  } catch (error) {
    if (error instanceof Failure && error.code === 'seal.unreadable') return undefined;
    throw error;
  }
}

async function judged(
  tools: SignInTools,
  person: SignInPerson | undefined,
  shown: CertificateFacts | undefined,
): Promise<LinkedCertificate> {
  if (shown === undefined) return refused('AUTH_CERT_REFUSED');
  const { store } = tools;
  const own = person === undefined ? [] : await store.certificates.of(person.id);
  const linked = own.filter(({ state }) => state === 'active');
  const record = await store.certificates.byFingerprint(shown.fingerprint);
  const mine = record !== undefined && (person === undefined || record.personId === person.id);
  if (!mine) return notLinked(tools, person, linked, shown);
  if (record.state !== 'active') return refused('AUTH_CERT_REFUSED');
  const trust = await tools.trust.trustList();
  const verdict = judgeCertificate({ der: shown.der, trust, at: tools.clock.now() });
  return verdict.ok ? { ok: true, certificate: record } : refused('AUTH_CERT_REFUSED');
}

/** A certificate nobody uploaded: the renewed one of somebody whose old one we know, or a stranger's. */
async function notLinked(
  { store }: SignInTools,
  person: SignInPerson | undefined,
  linked: readonly PersonCertificateRecord[],
  shown: CertificateFacts,
): Promise<LinkedCertificate> {
  if (person === undefined) {
    const same = await store.certificates.sameHolder(shown.subject, shown.issuer);
    return refused(same.length > 0 ? 'AUTH_CERT_MISMATCH' : 'AUTH_CERT_NOT_LINKED');
  }
  const [latest] = [...linked].sort((a, b) => b.notAfter.getTime() - a.notAfter.getTime());
  if (latest === undefined) return refused('AUTH_CERT_NOT_LINKED');
  return { ok: false, problem: { code: 'AUTH_CERT_MISMATCH', linkedUntil: latest.notAfter } };
}

function refused(code: CertificateProblem['code']): LinkedCertificate {
  return { ok: false, problem: { code } };
}

/** Both fingerprints stand in the trail: that of the certificate shown and those of the linked ones. */
async function recordProblem(
  tools: SignInTools,
  o: { readonly person?: SignInPerson; readonly source: string },
  shown: CertificateFacts | undefined,
  problem: CertificateProblem,
): Promise<void> {
  const { person, source } = o;
  const own = person === undefined ? [] : await tools.store.certificates.of(person.id);
  const same =
    person === undefined && shown !== undefined
      ? await tools.store.certificates.sameHolder(shown.subject, shown.issuer)
      : [];
  const linked = [...own.filter(({ state }) => state === 'active'), ...same];
  const caller = person === undefined ? nobodyAt(source) : personAsCaller(person, source);
  await tools.audit.record(caller, {
    ...{ event: 'authn_login_fail', action: 'login.certificate', result: 'refused' },
    target: person?.username ?? 'unknown account',
    after: {
      problem: problem.code,
      shown: shown?.fingerprint ?? 'unreadable',
      linked: linked.map(({ fingerprint }) => fingerprint).join(' '),
    },
  });
}
