import { createHash } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { findProblem, problemArticles, type OpenSession } from '../../src/identity/index.ts';
import { registrationStore } from '../../src/storage/index.ts';
import { spans } from '../make/clock.ts';
import { issue, makePki, type Issued, type Pki } from '../make/pki.ts';
import {
  goodPassword,
  signInHouse,
  source,
  type SignInHouse,
  type TestPerson,
} from '../make/sign-in.ts';

let house: SignInHouse;
let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
  house = await signInHouse({ start: '2026-06-01T12:00:00Z' });
  await house.trust.add({ file: pki.issuing.certificate, by: 'test' });
}, 300_000);
afterEach(() => {
  house.letters.length = 0;
  house.audit.length = 0;
  house.refused.clear();
});
afterAll(() => house.close());

const helpDesk = { name: 'desk', role: 'HD', source: 'test', language: 'nl' } as const;
const clientAuthentication = '1.3.6.1.5.5.7.3.2';
let names = 0;

async function aCertificate(o: Partial<Parameters<typeof issue>[0]> = {}): Promise<Issued> {
  names += 1;
  return issue({ name: `person ${String(names)}`, by: pki.issuing, ...o });
}

async function opened(person: TestPerson): Promise<OpenSession> {
  return house.at(await house.login(person.username, goodPassword));
}

async function withCertificate(): Promise<{
  readonly person: TestPerson;
  readonly issued: Issued;
  readonly id: string;
  readonly session: OpenSession;
}> {
  const person = await house.person();
  const session = await opened(person);
  const issued = await aCertificate();
  const file = issued.certificate;
  const { fingerprint } = await house.personCertificates.preview(session, file);
  const { id } = await house.personCertificates.link(session, { file, fingerprint });
  return { person, issued, id, session };
}

describe('uploading a certificate', () => {
  it('shows what it is before anything is stored, as PEM, DER and p7b (ACC-67)', async () => {
    const person = await house.person();
    const session = await opened(person);
    const issued = await aCertificate();
    const bundle = new x509.X509Certificates([
      new x509.X509Certificate(issued.certificate),
      new x509.X509Certificate(pki.issuing.certificate),
    ]);
    const forms = [
      Buffer.from(issued.certificatePem),
      issued.certificate,
      Buffer.from(bundle.export('raw')),
    ];

    for (const file of forms) {
      const card = await house.personCertificates.preview(session, file);
      expect(card).toMatchObject({
        ...{ serial: issued.serial, qualified: false, onSecureDevice: false },
        subject: `C=BE, O=sluis tests, CN=${issued.name}`,
        issuer: 'C=BE, O=sluis tests, CN=Issuing',
      });
      expect(card.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(await house.personCertificates.list(session)).toEqual([]);
  });

  it('goes the same way for a card, whose national number is shown and kept nowhere (ACC-74)', async () => {
    const number = '85073003328';
    const person = await house.person();
    const session = await opened(person);
    const card = await aCertificate({
      name: 'Anke Peeters (Authentication)',
      ...{ more: `SN=Peeters, G=Anke, 2.5.4.5=${number}`, purposes: [clientAuthentication] },
    });
    const file = card.certificate;

    const shown = await house.personCertificates.preview(session, file);
    const linked = await house.personCertificates.link(session, {
      ...{ file, fingerprint: shown.fingerprint },
    });
    const login = await house.signIn.byCertificate({ certificate: file, source });

    expect(shown.subject).toContain('CN=Anke Peeters (Authentication)');
    expect(shown.subject).toContain('·········28');
    expect(login).toMatchObject({ outcome: 'started', stage: 'open' });
    const seen = await house.personCertificates.listOf(helpDesk, person.id);
    expect(seen).toMatchObject([{ id: linked.id, subject: shown.subject }]);
    const row: unknown = await house.database
      .knex('person_certificate')
      .where({ id: linked.id })
      .first(house.database.knex.raw('person_certificate::text as dump'));
    const hex = Buffer.from(number).toString('hex');
    for (const place of [row, shown, linked, seen, house.audit, house.letters]) {
      expect(JSON.stringify(place)).not.toContain(number);
      expect(JSON.stringify(place)).not.toContain(hex);
    }
  });

  it('links only what was shown', async () => {
    const session = await opened(await house.person());
    const shown = await house.personCertificates.preview(
      session,
      (await aCertificate()).certificate,
    );
    const { certificate: file } = await aCertificate();

    const link = house.personCertificates.link(session, { file, fingerprint: shown.fingerprint });

    await expect(link).rejects.toMatchObject({ code: 'registration.invalid' });
  });

  it('links a certificate to one user (ACC-68)', async () => {
    const { issued } = await withCertificate();
    const other = await opened(await house.person());

    const preview = house.personCertificates.preview(other, issued.certificate);

    await expect(preview).rejects.toMatchObject({
      ...{ code: 'registration.exists', facts: { why: 'it is linked to another user' } },
    });
  });

  it('refuses issuers that are not recognised, with the list of those that are (ACC-73)', async () => {
    const session = await opened(await house.person());

    const preview = house.personCertificates.preview(session, pki.signers.foreign.certificate);

    await expect(preview).rejects.toMatchObject({
      code: 'registration.invalid',
      facts: { why: 'CERT_UNTRUSTED', accepted: expect.stringContaining('CN=Issuing') },
    });
    await expect(
      house.personCertificates.preview(session, pki.signers.expired.certificate),
    ).rejects.toMatchObject({ facts: { why: 'CERT_EXPIRED' } });
    await expect(
      house.personCertificates.preview(session, Buffer.from('no certificate')),
    ).rejects.toMatchObject({ code: 'seal.unreadable' });
  });

  it('shows that it is qualified and on a secure device where its issuer says so (ACC-78)', async () => {
    const session = await opened(await house.person());
    // SEQUENCE OF { OID qcs-QcCompliance }, { OID qcs-QcSSCD } (ETSI EN 319 412-5).
    const statements = Buffer.from(
      '301430080606' + '04008e460101' + '30080606' + '04008e460104',
      'hex',
    );
    const issued = await aCertificate({
      extensions: [new x509.Extension('1.3.6.1.5.5.7.1.3', false, statements)],
    });

    const card = await house.personCertificates.preview(session, issued.certificate);

    expect(card).toMatchObject({ qualified: true, onSecureDevice: true });
  });
});

describe('logging in by certificate', () => {
  it('opens the same identity as the password does (ACC-54)', async () => {
    const { person, issued } = await withCertificate();

    const outcome = await house.signIn.byCertificate({ certificate: issued.certificate, source });

    expect(outcome).toMatchObject({ outcome: 'started', stage: 'open' });
    const token = outcome.outcome === 'started' ? outcome.token : '';
    const session = await house.sessions.open(token, { source });
    expect(session).toMatchObject({ personId: person.id, factors: ['certificate'] });
  });

  it('goes together with user name and password (ACC-55)', async () => {
    const { person, issued } = await withCertificate();
    const { username } = person;
    const wish = { username, source, certificate: issued.certificate };

    const right = await house.signIn.byPassword({ ...wish, password: goodPassword });
    const wrong = await house.signIn.byPassword({ ...wish, password: 'wrong' });

    expect(right).toMatchObject({ outcome: 'started', stage: 'open' });
    expect(wrong).toEqual({ outcome: 'refused' });
  });

  it('asks for the password where certificates are not enough by themselves', async () => {
    const { issued } = await withCertificate();
    const strict = house.another({ certificateLogin: 'with-password' });

    const outcome = await strict.signIn.byCertificate({ certificate: issued.certificate, source });

    expect(outcome).toMatchObject({ problem: { code: 'AUTH_PASSWORD_NEEDED' } });
  });

  it('says that none is linked, never that a page is missing (ACC-71, ACC-79)', async () => {
    const stranger = await aCertificate();
    const { username } = await house.person();

    const alone = await house.signIn.byCertificate({ certificate: stranger.certificate, source });
    const both = await house.signIn.byPassword({
      ...{ username, password: goodPassword, source, certificate: stranger.certificate },
    });

    const problem = { code: 'AUTH_CERT_NOT_LINKED' };
    expect(alone).toEqual({ outcome: 'certificate', problem });
    expect(both).toEqual({ outcome: 'certificate', problem });
  });

  it('says that another one is linked, and keeps both fingerprints (ACC-70, ACC-72)', async () => {
    const { person, issued, session } = await withCertificate();
    const renewed = await aCertificate({ name: issued.name, to: new Date('2031-01-01T00:00:00Z') });
    const [linked] = await house.personCertificates.list(session);
    house.audit.length = 0;

    const alone = await house.signIn.byCertificate({ certificate: renewed.certificate, source });
    const both = await house.signIn.byPassword({
      ...{ username: person.username, password: goodPassword, source },
      certificate: renewed.certificate,
    });

    expect(alone).toEqual({ outcome: 'certificate', problem: { code: 'AUTH_CERT_MISMATCH' } });
    expect(both).toMatchObject({
      problem: { code: 'AUTH_CERT_MISMATCH', linkedUntil: linked?.notAfter },
    });
    const kept = house.audit.filter(({ action }) => action === 'login.certificate');
    expect(kept).toHaveLength(2);
    for (const { after } of kept) {
      expect(after?.['linked']).toBe(linked?.fingerprint);
      expect(after?.['shown']).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('works with the old and the new one until the old is retired (ACC-77)', async () => {
    const { issued, id, session } = await withCertificate();
    const renewed = await aCertificate({ name: issued.name });
    const file = renewed.certificate;
    const { fingerprint } = await house.personCertificates.preview(session, file);
    await house.personCertificates.link(session, { file, fingerprint });
    const by = (certificate: Buffer): ReturnType<typeof house.signIn.byCertificate> =>
      house.signIn.byCertificate({ certificate, source });

    expect(await by(issued.certificate)).toMatchObject({ outcome: 'started' });
    expect(await by(file)).toMatchObject({ outcome: 'started' });
    await house.personCertificates.retire(session, id);
    expect(await by(issued.certificate)).toMatchObject({ outcome: 'certificate' });
    expect(await by(file)).toMatchObject({ outcome: 'started' });
  });

  it('is refused at once when the certificate is blocked, and its sessions end (ACC-80)', async () => {
    const { issued, id } = await withCertificate();
    const outcome = await house.signIn.byCertificate({ certificate: issued.certificate, source });
    const token = outcome.outcome === 'started' ? outcome.token : '';

    await house.personCertificates.withdraw(helpDesk, id, 'blocked');

    expect(await house.sessions.open(token, { source })).toBeUndefined();
    expect(await house.signIn.byCertificate({ certificate: issued.certificate, source })).toEqual({
      ...{ outcome: 'certificate', problem: { code: 'AUTH_CERT_REFUSED' } },
    });
    await house.personCertificates.withdraw(helpDesk, id, 'active');
    await house.personCertificates.withdraw(helpDesk, id, 'revoked');
    await expect(house.personCertificates.withdraw(helpDesk, id, 'active')).rejects.toMatchObject({
      code: 'registration.unknown',
    });
  });

  it('is withdrawn by nobody the matrix refuses, nor by another person', async () => {
    const { id } = await withCertificate();
    const other = await opened(await house.person());
    house.refused.add('certificate.withdraw');

    const withdraw = house.personCertificates.withdraw(helpDesk, id, 'blocked');

    await expect(withdraw).rejects.toMatchObject({ code: 'access.denied' });
    await expect(house.personCertificates.block(other, id)).rejects.toMatchObject({
      code: 'registration.unknown',
    });
  });

  it("is nobody's signature and opens no SFTP from the block on (ACC-80)", async () => {
    const { issued, id, person } = await withCertificate();
    const { knex } = house.database;
    const store = registrationStore(knex);
    const at = house.clock.now();
    const technicalUserId = '9d0f4a0c-35f0-4d0e-a1b5-1f0f6c1f8a01';
    const certificateId = '9d0f4a0c-35f0-4d0e-a1b5-1f0f6c1f8a02';
    await knex('sender').insert({
      ...{ number: '515151', enterprise: person.enterprise, quality: 'employer', types: [] },
      ...{ environments: ['T'], state: 'active', created_at: at },
    });
    await knex('technical_user').insert({
      ...{ id: technicalUserId, username: 'machine51', sender: '515151', auth: 'publickey' },
      ...{ allow_ssh_rsa: false, state: 'active', created_at: at, changed_at: at },
    });
    const { fingerprint, subject, issuer, serial, notBefore, notAfter } =
      (await house.store.certificates.byId(id)) ?? never();
    await store.certificates.insert({
      certificates: [
        {
          ...{ id: certificateId, technicalUserId, fingerprint, der: issued.certificate },
          ...{ subject, issuer, serial, notBefore, notAfter, addedAt: at },
        },
      ],
      credentials: [
        {
          ...{ id: technicalUserId, technicalUserId, certificateId, kind: 'certificate-key' },
          ...{ algorithm: 'x', blob: Buffer.from('x'), fingerprint: 'x', comment: '', addedAt: at },
        },
      ],
    });
    house.clock.pass(spans.minute);
    const before = house.clock.now();
    expect(await store.certificates.ownerAt(fingerprint, before)).toMatchObject({
      username: 'machine51',
    });
    house.clock.pass(spans.minute);

    await house.personCertificates.withdraw(helpDesk, id, 'blocked');

    const now = house.clock.now();
    expect(await store.certificates.ownerAt(fingerprint, now)).toBeUndefined();
    expect(await store.certificates.ownerAt(fingerprint, before)).toBeDefined();
    expect(await store.technicalUsers.credentialsAt(technicalUserId, now)).toEqual([]);
  });
});

function never(): never {
  throw new Error('it is there');
}

describe('an application that asks for a certificate', () => {
  it('is opened by stepping up in the same session (ACC-69)', async () => {
    const { person, issued } = await withCertificate();
    const row = {
      code: 'vault',
      labels: '{}',
      quality_types: [],
      certificate_required: true,
      ordinal: 1,
    };
    await house.database.knex('application').insert(row).onConflict('code').ignore();
    const session = await opened(person);

    await expect(house.signIn.requireFactors(session, 'vault')).rejects.toMatchObject({
      code: 'signin.certificate-required',
    });
    const stranger = await aCertificate();
    await expect(
      house.signIn.stepUp(session, { certificate: stranger.certificate }),
    ).rejects.toMatchObject({
      code: 'signin.certificate',
      facts: { problem: 'AUTH_CERT_MISMATCH' },
    });
    const keys = await house.signIn.stepUp(session, { certificate: issued.certificate });

    const stepped = await house.at(keys);
    await expect(house.signIn.requireFactors(stepped, 'vault')).resolves.toBeUndefined();
    expect(stepped.factors).toEqual(['password', 'certificate']);
    await expect(house.signIn.requireFactors(stepped, 'none')).rejects.toMatchObject({
      code: 'registration.unknown',
    });
  });
});

describe('a certificate that is about to expire', () => {
  it('is told of at 60, 30, 14, 7, 3 and 1 days, once each, to owner and managers (ACC-76)', async () => {
    const { enterprise, username } = await house.person({ roles: ['AM'] });
    const person = await house.person({ enterprise });
    const session = await opened(person);
    const until = new Date(house.clock.now().getTime() + 61 * spans.day);
    const issued = await aCertificate({ to: until });
    const file = issued.certificate;
    const { fingerprint } = await house.personCertificates.preview(session, file);
    await house.personCertificates.link(session, { file, fingerprint });
    house.letters.length = 0;
    const told: string[] = [];
    for (let day = 0; day < 63; day += 1) {
      await Promise.all([
        house.personCertificates.warn(),
        house.another().personCertificates.warn(),
      ]);
      for (const { to, data } of house.letters.splice(0)) told.push(`${data['days'] ?? ''} ${to}`);
      house.clock.pass(spans.day);
    }

    const days = [60, 30, 14, 7, 3, 1].map(String);
    const owners = [`${person.username}@example.org`, `${username}@example.org`];
    expect(told.sort()).toEqual(days.flatMap((day) => owners.map((to) => `${day} ${to}`)).sort());
  });
});

describe('the certificate of a technical user that is about to expire', () => {
  it('is told of to its contact, its access manager and the address of its quality (ACC-76)', async () => {
    const { knex } = house.database;
    const { enterprise, username, qualityId } = await house.person({ roles: ['AM'] });
    const at = house.clock.now();
    const technicalUserId = '9d0f4a0c-35f0-4d0e-a1b5-1f0f6c1f8b01';
    const { certificate } = await aCertificate();
    const fingerprint = createHash('sha256').update(certificate).digest('hex');
    await knex('sender').insert({
      ...{ number: '515152', enterprise, quality: 'employer', types: [] },
      ...{ environments: ['T'], state: 'active', created_at: at },
    });
    await knex('technical_user').insert({
      ...{ id: technicalUserId, username: 'machine52', sender: '515152', auth: 'publickey' },
      ...{ allow_ssh_rsa: false, state: 'active', created_at: at, changed_at: at },
      contact: JSON.stringify({ name: 'Contact', email: 'machines@example.org' }),
    });
    await registrationStore(knex).certificates.insert({
      certificates: [
        {
          ...{ id: technicalUserId, technicalUserId, fingerprint, der: certificate },
          ...{ subject: 'CN=machine52', issuer: 'CN=machine52', serial: '01', addedAt: at },
          ...{ notBefore: at, notAfter: new Date(at.getTime() + 20 * spans.day) },
        },
      ],
      credentials: [],
    });
    const quality = await knex('quality').where({ id: qualityId }).first<{ email: string }>();
    house.letters.length = 0;

    await house.personCertificates.warn();
    const letters = house.letters.splice(0);
    await house.personCertificates.warn();

    expect(letters.map(({ to }) => to).sort()).toEqual(
      ['machines@example.org', `${username}@example.org`, quality.email].sort(),
    );
    expect(letters[0]).toMatchObject({
      template: 'certificate-expiring',
      data: { owner: 'machine52', subject: 'CN=machine52', days: '20' },
    });
    expect(house.letters).toEqual([]);
  });
});

describe('the older codes', () => {
  it.each([
    ['user_no_certificat_in_LDAP', 'AUTH_CERT_NOT_LINKED'],
    ['user_no_certificat_in-LDAP', 'AUTH_CERT_NOT_LINKED'],
    ['User_egov_no_certifcat_in _LDAP', 'AUTH_CERT_NOT_LINKED'],
    ['USER WRONG CERTIFICAT', 'AUTH_CERT_MISMATCH'],
    ['authentication-200', 'AUTH_CLIENT_ENV'],
    ['00000null', 'ENTERPRISE_NUMBER_MISSING'],
    ['De afzender is niet gekend in het systeem Belcotax', 'SENDER_UNKNOWN'],
    ['auth_cert_mismatch', 'AUTH_CERT_MISMATCH'],
  ])('%j leads to the article %s', (text, code) => {
    expect(findProblem(text)?.code).toBe(code);
  });

  it('lead nowhere when nobody knows them, and no two articles share one', () => {
    expect(findProblem('something else')).toBeUndefined();
    for (const { code, aliases } of problemArticles) {
      for (const alias of aliases) expect(findProblem(alias)?.code).toBe(code);
    }
  });
});
