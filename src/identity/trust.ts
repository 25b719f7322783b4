import { issuedCrl, readCertificates, readCrl } from '../seal/index.ts';
import { Failure } from '../vocabulary/index.ts';
import { oneLine } from './text.ts';
import type { TrustList } from '../seal/index.ts';
import type { Clock } from '../vocabulary/index.ts';
import type { AnchorRecord, CrlRecord, IdentityJournal, TrustStore } from './ports.ts';

const anchorsPerFileMax = 50;

/** An anchor as operators see it. */
export interface Anchor extends AnchorRecord {
  /** Absent: certificates below this anchor are not checked for revocation. */
  readonly crl?: Omit<CrlRecord, 'der'>;
}

/**
 * The issuers whose certificates may sign batches. A certificate that is itself on the list needs
 * no issuer. An anchor without a list of revoked certificates is not checked for revocation; with
 * one, a stale list refuses everything below the anchor.
 */
export interface Trust {
  /**
   * Puts the certificates of a file (PEM, DER, p7b) on the list, and files the CRLs with the anchors
   * that signed them. With a CRL the anchors may be there already: that is how lists are renewed.
   *
   * @throws Failure `seal.unreadable`, `registration.invalid` (expired, a CRL no anchor signed or
   * that is out of date), `registration.exists` (nothing was new)
   */
  add(o: {
    readonly file: Buffer;
    readonly crls?: readonly Buffer[];
    readonly by: string;
  }): Promise<{ readonly added: readonly Anchor[]; readonly renewed: readonly Anchor[] }>;
  list(): Promise<readonly Anchor[]>;
  /** The list as the seal reads it; the same object as long as nothing changed, on any node. */
  trustList(): Promise<TrustList>;
}

interface Tools {
  readonly store: TrustStore;
  readonly journal: IdentityJournal;
  readonly clock: Clock;
  readonly allowSha1: boolean;
}

export function openTrust(tools: Tools): Trust {
  const { store } = tools;
  let latest: { readonly stamp: string; readonly list: TrustList } | undefined;
  return {
    add: (wish) => add(tools, wish),
    async list() {
      const crls = new Map((await store.crls()).map((crl) => [crl.anchor, crl]));
      return (await store.anchors()).map((anchor) =>
        described(anchor, crls.get(anchor.fingerprint)),
      );
    },
    async trustList() {
      const stamp = await store.stamp();
      if (latest?.stamp !== stamp) latest = { stamp, list: await readList(tools) };
      return latest.list;
    },
  };
}

async function readList({ store, allowSha1 }: Tools): Promise<TrustList> {
  const crls = new Map((await store.crls()).map(({ anchor, der }) => [anchor, der]));
  const anchors = (await store.anchors()).map(({ der, fingerprint }) => {
    const crl = crls.get(fingerprint);
    return { der, crls: crl === undefined ? [] : [crl] };
  });
  return { anchors, allowSha1 };
}

function described(anchor: AnchorRecord, crl: CrlRecord | undefined): Anchor {
  if (crl === undefined) return anchor;
  const { anchor: signer, thisUpdate, nextUpdate, addedAt } = crl;
  return { ...anchor, crl: { anchor: signer, thisUpdate, nextUpdate, addedAt } };
}

/** What the seal could not use later is refused now: it would shut every sender out. */
async function add(
  tools: Tools,
  wish: { readonly file: Buffer; readonly crls?: readonly Buffer[]; readonly by: string },
): ReturnType<Trust['add']> {
  const now = tools.clock.now();
  const wished = anchorsOf(wish.file, now);
  const stored = await tools.store.anchors();
  // Judged before anything is written: an unusable CRL must not leave its anchor unchecked.
  const crls = (wish.crls ?? []).map((bytes) => crlOf(tools, bytes, [...wished, ...stored]));
  const added: Anchor[] = [];
  const renewed: Anchor[] = [];
  for (const anchor of wished) {
    if (!(await tools.store.insertAnchor(anchor))) continue;
    added.push(
      described(
        anchor,
        crls.find((crl) => crl.anchor === anchor.fingerprint),
      ),
    );
    await record(tools, { code: 'identity.trust-added', anchor, by: wish.by });
  }
  for (const crl of crls) {
    const anchor = [...wished, ...stored].find((one) => one.fingerprint === crl.anchor);
    if (anchor === undefined || !(await tools.store.saveCrl(crl))) continue;
    renewed.push(described(anchor, crl));
    await record(tools, { code: 'identity.crl-added', anchor, by: wish.by });
  }
  if (added.length + renewed.length === 0) {
    throw new Failure('registration.exists', {
      what: crls.length === 0 ? 'trusted certificate' : 'trusted certificate and its CRL',
      fingerprint: wished[0]?.fingerprint ?? '',
    });
  }
  return { added, renewed };
}

function anchorsOf(file: Buffer, now: Date): AnchorRecord[] {
  const certificates = readCertificates(file);
  if (certificates.length > anchorsPerFileMax) {
    throw refused('certificate', `a file may hold at most ${anchorsPerFileMax} certificates`);
  }
  const expired = certificates.find((one) => one.notAfter <= now);
  if (expired !== undefined) {
    const day = expired.notAfter.toISOString().slice(0, 10);
    throw refused('certificate', `${oneLine(expired.subject)} expired on ${day}`);
  }
  return certificates.map(({ fingerprint, der, subject, issuer, notBefore, notAfter }) => ({
    ...{ fingerprint, der, subject, issuer, notBefore, notAfter },
    addedAt: now,
  }));
}

function crlOf(tools: Tools, bytes: Buffer, anchors: readonly AnchorRecord[]): CrlRecord {
  const crl = readCrl(bytes);
  const anchor = anchors.find((one) => issuedCrl(crl, one.der));
  if (anchor === undefined) {
    throw refused('CRL', 'no trusted certificate signed this list; add its issuer first');
  }
  const addedAt = tools.clock.now();
  const { der, thisUpdate, nextUpdate } = crl;
  const { scheme } = crl.seal;
  const sha1 = scheme !== undefined && 'hash' in scheme && scheme.hash === 'sha1';
  if (sha1 && !tools.allowSha1) throw refused('CRL', 'this list is signed with SHA-1');
  if (crl.unknownCritical.length > 0) {
    throw refused('CRL', 'this list has a critical extension that is not understood');
  }
  if (nextUpdate === undefined) throw refused('CRL', 'this list does not say until when it holds');
  if (thisUpdate > addedAt) throw refused('CRL', 'this list is dated in the future');
  if (nextUpdate <= addedAt) {
    const day = nextUpdate.toISOString().slice(0, 10);
    throw refused('CRL', `this list was to be replaced on ${day}: fetch the current one`);
  }
  return { anchor: anchor.fingerprint, der, thisUpdate, nextUpdate, addedAt };
}

function refused(what: string, why: string): Failure {
  return new Failure('registration.invalid', { what, why });
}

async function record(
  tools: Tools,
  o: { readonly code: string; readonly anchor: AnchorRecord; readonly by: string },
): Promise<void> {
  const { fingerprint, subject } = o.anchor;
  await tools.journal.record({
    level: 'info',
    code: o.code,
    facts: { operator: o.by, fingerprint, subject: oneLine(subject) },
  });
}
