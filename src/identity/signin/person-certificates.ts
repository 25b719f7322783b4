import { randomUUID } from 'node:crypto';
import { judgeCertificate, readCertificates, type CertificateFacts } from '../../seal/index.ts';
import { brusselsDate, Failure } from '../../vocabulary/index.ts';
import type { Caller } from '../people/caller.ts';
import { tellPerson } from './passwords.ts';
import type { PersonCertificateRecord, PersonCertificateState, Transaction } from './ports.ts';
import { callerOf, type OpenSession } from './sessions.ts';
import { requireStage } from './stages.ts';
import type { SignInTools } from './tools.ts';

/** What is shown of a certificate before it is linked, and afterwards. */
export interface CertificateCard {
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Equal to a handwritten signature, as its issuer states. */
  readonly qualified: boolean;
  readonly onSecureDevice: boolean;
}

export interface LinkedCard extends Omit<CertificateCard, 'onSecureDevice'> {
  readonly id: string;
  readonly state: PersonCertificateState;
  readonly addedAt: Date;
}

/** Certificates with which persons log in and prove who they are. */
export interface PersonCertificates {
  /**
   * Reads a file (PEM, DER, p7b) and judges it as linking would. Nothing is stored; `link` asks for
   * the fingerprint that was shown.
   *
   * @throws Failure `seal.unreadable`, `registration.invalid` (not of a recognised issuer: the fact
   * `accepted` lists those; expired, revoked, several in one file), `registration.exists`
   */
  preview(session: OpenSession, file: Buffer): Promise<CertificateCard>;
  /** Links what was previewed to the person. An earlier certificate stays valid until it is retired. */
  link(
    session: OpenSession,
    o: { readonly file: Buffer; readonly fingerprint: string },
  ): Promise<LinkedCard>;
  list(session: OpenSession): Promise<readonly LinkedCard[]>;
  /** Those of somebody the caller answers for. @throws Failure `access.denied` */
  listOf(caller: Caller, personId: string): Promise<readonly LinkedCard[]>;
  /** The person's own, no longer needed: it opens nothing, and may be linked elsewhere. */
  retire(session: OpenSession, id: string): Promise<void>;
  /** No use of it from now on, anywhere, until unblocked; by its owner. */
  block(session: OpenSession, id: string): Promise<void>;
  /** Names of the issuers whose certificates are accepted. */
  recognisedIssuers(): Promise<readonly string[]>;
  /**
   * Blocks, unblocks, retires or revokes a certificate of somebody else. Revoked is for good.
   *
   * @throws Failure `access.denied`, `registration.unknown`
   */
  withdraw(
    caller: Caller,
    id: string,
    to: 'blocked' | 'active' | 'retired' | 'revoked',
  ): Promise<void>;
  /** Warns of certificates about to expire, each warning once; gives how many. Called by a timer. */
  warn(): Promise<number>;
}

const allowed: Readonly<Record<PersonCertificateState, readonly PersonCertificateState[]>> = {
  blocked: ['active'],
  active: ['blocked'],
  retired: ['active', 'blocked'],
  revoked: ['active', 'blocked', 'retired'],
};

export function openPersonCertificates(tools: SignInTools): PersonCertificates {
  const { store } = tools;
  return {
    async preview(session, file) {
      requireStage(session, 'open');
      const facts = await accepted(tools, file);
      await requireFree(tools, session.personId, facts.fingerprint);
      return cardOf(facts);
    },
    link: (session, o) => link(tools, session, o),
    async list({ personId }) {
      return (await store.certificates.of(personId)).map(linkedCardOf);
    },
    async listOf(caller, personId) {
      await tools.gate.require(caller, 'certificate.withdraw', { personId });
      return (await store.certificates.of(personId)).map(linkedCardOf);
    },
    retire: (session, id) => ownChange(tools, session, id, 'retired'),
    block: (session, id) => ownChange(tools, session, id, 'blocked'),
    recognisedIssuers: () => recognisedIssuers(tools),
    async withdraw(caller, id, to) {
      const record = await store.certificates.byId(id);
      if (record === undefined) throw unknown();
      await tools.gate.require(caller, 'certificate.withdraw', { personId: record.personId });
      await change(tools, caller, record, to);
    },
    warn: () => warn(tools),
  };
}

function unknown(): Failure {
  return new Failure('registration.unknown', { what: 'certificate' });
}

async function recognisedIssuers({ trust }: SignInTools): Promise<readonly string[]> {
  return (await trust.list()).map(({ subject }) => subject);
}

const issuersShownMax = 20;

/** The one certificate of a file, when its issuer is recognised and it is good today. */
async function accepted(tools: SignInTools, file: Buffer): Promise<CertificateFacts> {
  const all = readCertificates(file);
  const leaves = all.length === 1 ? all : all.filter((one) => !one.isAuthority);
  const [leaf, second] = leaves;
  if (leaf === undefined || second !== undefined) {
    throw refused('the file must hold one certificate, or a chain with one that is no authority');
  }
  const trust = await tools.trust.trustList();
  const others = all.filter((one) => one !== leaf).map(({ der }) => der);
  const verdict = judgeCertificate({ der: leaf.der, others, trust, at: tools.clock.now() });
  if (verdict.ok) return leaf;
  if (verdict.code !== 'CERT_UNTRUSTED') throw refused(verdict.code, { detail: verdict.detail });
  const issuers = await recognisedIssuers(tools);
  throw refused('CERT_UNTRUSTED', { accepted: issuers.slice(0, issuersShownMax).join('; ') });
}

function refused(why: string, more: Readonly<Record<string, string>> = {}): Failure {
  return new Failure('registration.invalid', { what: 'certificate', why, ...more });
}

async function requireFree(
  { store }: SignInTools,
  personId: string,
  fingerprint: string,
): Promise<void> {
  const owner = await store.certificates.byFingerprint(fingerprint);
  if (owner === undefined) return;
  const why = owner.personId === personId ? 'it is linked already' : 'it is linked to another user';
  throw new Failure('registration.exists', { what: 'certificate', why });
}

async function link(
  tools: SignInTools,
  session: OpenSession,
  o: { readonly file: Buffer; readonly fingerprint: string },
): Promise<LinkedCard> {
  requireStage(session, 'open');
  const facts = await accepted(tools, o.file);
  if (facts.fingerprint !== o.fingerprint.replaceAll(':', '').toLowerCase()) {
    throw refused('this is not the certificate that was shown');
  }
  await requireFree(tools, session.personId, facts.fingerprint);
  const at = tools.clock.now();
  const { fingerprint, subject, issuer, serial, notBefore, notAfter, qualified } = facts;
  const record: PersonCertificateRecord = {
    ...{
      id: randomUUID(),
      personId: session.personId,
      state: 'active',
      addedAt: at,
      changedAt: at,
    },
    ...{ fingerprint, subject, issuer, serial, notBefore, notAfter, qualified },
  };
  await tools.store.atomically(async (store, trx) => {
    const outcome = await store.certificates.insert(record);
    if (outcome === 'taken') {
      throw new Failure('registration.exists', {
        what: 'certificate',
        why: 'it is linked already',
      });
    }
    await tell(tools, record.personId, trx);
    await recordChange(tools, callerOf(session), { record, action: 'certificate.link', trx });
  });
  return linkedCardOf(record);
}

async function tell(tools: SignInTools, personId: string, trx: Transaction): Promise<void> {
  const person = await tools.store.persons.byId(personId);
  if (person !== undefined) await tellPerson(tools, person, 'certificate-changed', trx);
}

async function ownChange(
  tools: SignInTools,
  session: OpenSession,
  id: string,
  to: PersonCertificateState,
): Promise<void> {
  const record = await tools.store.certificates.byId(id);
  if (record?.personId !== session.personId) throw unknown();
  await change(tools, callerOf(session), record, to);
}

async function change(
  tools: SignInTools,
  caller: Caller,
  record: PersonCertificateRecord,
  to: PersonCertificateState,
): Promise<void> {
  await tools.store.atomically(async (store, trx) => {
    const at = tools.clock.now();
    const done = await store.certificates.changeState({ id: record.id, from: allowed[to], to, at });
    if (!done) throw unknown();
    await tell(tools, record.personId, trx);
    await recordChange(tools, caller, { record, action: 'certificate.change', trx, to });
  });
}

async function recordChange(
  tools: SignInTools,
  caller: Caller,
  o: {
    readonly record: PersonCertificateRecord;
    readonly action: string;
    readonly trx: Transaction;
    readonly to?: PersonCertificateState;
  },
): Promise<void> {
  const { record, action, trx, to } = o;
  await tools.audit.record(
    caller,
    {
      ...{ event: 'authn_certificate_change', action, target: `person ${record.personId}` },
      result: 'done',
      ...(to === undefined ? {} : { before: { state: record.state } }),
      after: { fingerprint: record.fingerprint, state: to ?? record.state },
    },
    trx,
  );
}

/** Days before the end on which its owner and those who look after him are warned. */
export const noticeDays: readonly number[] = [60, 30, 14, 7, 3, 1];
const dayMs = 86_400_000;
const noticesMax = 500;

async function warn(tools: SignInTools): Promise<number> {
  const at = tools.clock.now();
  const until = new Date(at.getTime() + Math.max(...noticeDays) * dayMs);
  let warned = 0;
  for (const one of await tools.store.certificates.expiring({ at, until, max: noticesMax })) {
    const days = Math.ceil((one.notAfter.getTime() - at.getTime()) / dayMs);
    const due = noticeDays.filter((notice) => days <= notice);
    const told = await tools.store.atomically(async (store, trx) => {
      // Warnings that were missed are marked as well: one letter, the nearest.
      const fresh: number[] = [];
      for (const notice of due) {
        if (await store.certificates.markNotice(one.fingerprint, notice, at)) fresh.push(notice);
      }
      if (!fresh.includes(Math.min(...due))) return false;
      const data = {
        ...{ owner: one.owner, subject: one.subject, days: String(days) },
        until: brusselsDate(one.notAfter),
      };
      for (const { to, language } of one.recipients) {
        const letter = { template: 'certificate-expiring', to, language, data } as const;
        await tools.letters.send(letter, trx);
      }
      return true;
    });
    if (told) warned += 1;
  }
  return warned;
}

function cardOf(facts: CertificateFacts): CertificateCard {
  const { fingerprint, subject, issuer, serial, notBefore, notAfter } = facts;
  const { qualified, onSecureDevice } = facts;
  return {
    ...{ fingerprint, subject, issuer, serial, notBefore, notAfter, qualified, onSecureDevice },
  };
}

function linkedCardOf(record: PersonCertificateRecord): LinkedCard {
  const { id, fingerprint, subject, issuer, serial, notBefore, notAfter } = record;
  const { qualified, state, addedAt } = record;
  return {
    ...{ id, fingerprint, subject, issuer, serial, notBefore, notAfter },
    ...{ qualified, state, addedAt },
  };
}
