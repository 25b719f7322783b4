import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keysOf, openIdentity } from '../../src/identity/index.ts';
import { readCertificates } from '../../src/seal/index.ts';
import { registrationStore } from '../../src/storage/index.ts';
import { testSigning } from '../make/signing.ts';
import { aCertificate, registration } from '../make/registration.ts';
import type { Registration } from '../make/registration.ts';

let room: Registration;
let folder: string;

beforeAll(async () => {
  room = await registration();
  folder = mkdtempSync(join(tmpdir(), 'sluis-trust-'));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await room.close();
});

const by = 'tester';
const day = 86_400_000;

function fingerprintOf(certificate: Buffer): string {
  return readCertificates(certificate)[0]?.fingerprint ?? '';
}

describe('certificates', () => {
  it('are linked to a technical user and log in with their key', async () => {
    const { username, sender } = await room.user();
    const { certificatePem, certificate } = await aCertificate({ commonName: 'Linked' });

    const record = await room.identity.certificates.add({
      ...{ username, by, file: Buffer.from(certificatePem) },
    });

    expect(record).toMatchObject({ fingerprint: fingerprintOf(certificate), der: certificate });
    expect(record.subject).toContain('Linked');
    const owner = await room.identity.certificates.ownerOf(record.fingerprint, room.clock.now());
    expect(owner).toMatchObject({ username, sender, userState: 'active' });
    const account = await room.identity.logins.accountFor(username);
    expect(account?.keys.map(({ algorithm }) => algorithm).sort()).toEqual([
      'ecdsa-sha2-nistp256',
      'ssh-ed25519',
    ]);
  });

  it('are taken in DER and in a p7b with their chain', async () => {
    const authority = makeAuthority('p7b');
    const leaf = makeLeaf(authority, 'p7b-leaf');
    const bundle = join(folder, 'chain.p7b');
    openssl(
      'crl2pkcs7',
      '-nocrl',
      '-certfile',
      leaf,
      '-certfile',
      authority.certificate,
      '-out',
      bundle,
    );
    const [one, two] = [await room.user(), await room.user()];
    const { certificate } = await aCertificate();

    const der = await room.identity.certificates.add({
      username: one.username,
      file: certificate,
      by,
    });
    const p7b = await room.identity.certificates.add({
      ...{ username: two.username, by, file: readFileSync(bundle) },
    });

    expect(der.fingerprint).toBe(fingerprintOf(certificate));
    expect(p7b.fingerprint).toBe(fingerprintOf(readFileSync(leaf)));
  });

  it('are registered once, and never for two technical users', async () => {
    const [one, two] = [await room.user(), await room.user()];
    const { certificate: file } = await aCertificate();
    await room.identity.certificates.add({ username: one.username, file, by });

    const again = room.identity.certificates.add({ username: one.username, file, by });
    const other = room.identity.certificates.add({ username: two.username, file, by });

    await Promise.all([
      expect(again).rejects.toMatchObject({ code: 'registration.exists' }),
      expect(again).rejects.not.toHaveProperty('facts.why'),
      expect(other).rejects.toMatchObject({
        code: 'registration.exists',
        facts: { why: 'the certificate is linked to another technical user' },
      }),
    ]);
  });

  it('come with a new technical user or the user does not come at all', async () => {
    const [{ username }, sender] = [await room.user(), await room.sender()];
    const { certificate } = await aCertificate();
    await room.identity.certificates.add({ username, file: certificate, by });

    const wish = { username: 'taken0001', sender, certificates: [certificate], by };

    await expect(room.identity.technicalUsers.register(wish)).rejects.toMatchObject({
      code: 'registration.exists',
    });
    expect(await room.identity.technicalUsers.find('taken0001')).toBeUndefined();
  });

  it('expired, unreadable or several at once are refused', async () => {
    const { username } = await room.user();
    const expired = await aCertificate({
      from: '2024-01-01T00:00:00Z',
      to: '2026-03-02T08:00:00Z',
    });
    const two = `${(await aCertificate()).certificatePem}${(await aCertificate()).certificatePem}`;
    const add = (file: Buffer): Promise<unknown> =>
      room.identity.certificates.add({ username, file, by });

    await expect(add(expired.certificate)).rejects.toMatchObject({ code: 'registration.invalid' });
    await expect(add(Buffer.from(two))).rejects.toMatchObject({ code: 'registration.invalid' });
    await expect(add(Buffer.from('no certificate'))).rejects.toMatchObject({
      code: 'seal.unreadable',
    });
    await expect(add(Buffer.from(expired.keyPem))).rejects.toMatchObject({
      code: 'seal.unreadable',
    });
  });

  it('with a key that is too weak are refused', async () => {
    const { username } = await room.user();
    const path = join(folder, 'weak.pem');
    openssl(
      ...['req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-keyout', join(folder, 'weak.key')],
      ...['-subj', '/CN=Weak', '-days', '3000', '-out', path],
    );

    const add = room.identity.certificates.add({ username, file: readFileSync(path), by });

    await expect(add).rejects.toMatchObject({
      facts: { why: 'RSA keys need at least 2048 bits; this one has 1024' },
    });
  });

  it('old and new are valid side by side until the old one is retired (ACC-77)', async () => {
    const { username } = await room.user();
    const [old, fresh] = [await aCertificate(), await aCertificate({ to: '2028-01-01T00:00:00Z' })];
    const { certificates } = room.identity;
    await certificates.add({ username, file: old.certificate, by });
    await certificates.add({ username, file: fresh.certificate, by });
    const before = room.clock.now();
    room.clock.pass(day);

    const both = await room.identity.logins.accountFor(username);
    await certificates.retire({ username, fingerprint: fingerprintOf(old.certificate), by });

    expect(both?.keys).toHaveLength(3);
    expect((await room.identity.logins.accountFor(username))?.keys).toHaveLength(2);
    expect(await certificates.ownerOf(fingerprintOf(old.certificate), before)).toMatchObject({
      username,
    });
    expect(
      await certificates.ownerOf(fingerprintOf(old.certificate), room.clock.now()),
    ).toBeUndefined();
    expect(
      await certificates.ownerOf(fingerprintOf(fresh.certificate), room.clock.now()),
    ).toMatchObject({
      username,
    });
    expect(await certificates.list({ username, max: 10 })).toHaveLength(1);
    expect(await certificates.list({ username, retired: true, max: 10 })).toHaveLength(2);
  });

  it('belonged to nobody before they were registered', async () => {
    const { username } = await room.user();
    const { certificate: file } = await aCertificate();
    const before = new Date(room.clock.now().getTime() - 1);

    const { fingerprint } = await room.identity.certificates.add({ username, file, by });

    expect(await room.identity.certificates.ownerOf(fingerprint, before)).toBeUndefined();
  });

  it('retired may be registered again, by another', async () => {
    const [one, two] = [await room.user(), await room.user()];
    const { certificate: file } = await aCertificate();
    const { fingerprint } = await room.identity.certificates.add({
      username: one.username,
      file,
      by,
    });
    await room.identity.certificates.retire({ username: one.username, fingerprint, by });
    room.clock.pass(1000);

    await room.identity.certificates.add({ username: two.username, file, by });

    const owner = await room.identity.certificates.ownerOf(fingerprint, room.clock.now());
    expect(owner).toMatchObject({ username: two.username });
  });

  it('are retired by their owner’s name only', async () => {
    const [one, two] = [await room.user(), await room.user()];
    const { certificate: file } = await aCertificate();
    const { fingerprint } = await room.identity.certificates.add({
      username: one.username,
      file,
      by,
    });

    await expect(
      room.identity.certificates.retire({ username: two.username, fingerprint, by }),
    ).rejects.toMatchObject({ code: 'registration.unknown' });
  });

  it('open no login outside their validity', async () => {
    const { username } = await room.user();
    const { certificate: file } = await aCertificate({
      from: new Date(room.clock.now().getTime() + day).toISOString(),
      to: new Date(room.clock.now().getTime() + 2 * day).toISOString(),
    });
    await room.identity.certificates.add({ username, file, by });
    const keysNow = async (): Promise<number> =>
      (await room.identity.logins.accountFor(username))?.keys.length ?? 0;

    const early = await keysNow();
    room.clock.pass(1.5 * day);
    const inTime = await keysNow();
    room.clock.pass(day);
    const late = await keysNow();

    expect([early, inTime, late]).toEqual([1, 2, 1]);
  });

  it('retire with a technical user who is removed', async () => {
    const { username } = await room.user();
    const { certificate: file } = await aCertificate({ to: '2029-01-01T00:00:00Z' });
    const { fingerprint } = await room.identity.certificates.add({ username, file, by });
    room.clock.pass(1000);

    await room.identity.technicalUsers.remove({ username, by });

    expect(await room.identity.certificates.ownerOf(fingerprint, room.clock.now())).toBeUndefined();
  });
});

interface Authority {
  readonly certificate: string;
  readonly key: string;
  readonly config: string;
}

function openssl(...options: string[]): void {
  execFileSync('openssl', options, { stdio: 'pipe' });
}

/** An authority with the little database that `openssl ca` wants. */
function makeAuthority(name: string): Authority {
  const at = (file: string): string => join(folder, `${name}-${file}`);
  writeFileSync(at('index'), '');
  writeFileSync(at('number'), '01\n');
  const config = `[ca]\ndefault_ca=it\n[it]\ndatabase=${at('index')}\ncrlnumber=${at('number')}\n`;
  writeFileSync(at('config'), `${config}default_md=sha256\ndefault_crl_days=30\n`);
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', at('key'), '-out', at('cert'), '-subj', `/CN=Authority ${name}`],
    ...['-days', '3650', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  );
  return { certificate: at('cert'), key: at('key'), config: at('config') };
}

function makeLeaf(authority: Authority, name: string): string {
  const at = (file: string): string => join(folder, `${name}-${file}`);
  openssl(
    ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', at('key'), '-out', at('request'), '-subj', `/CN=${name}`],
  );
  openssl(
    ...['x509', '-req', '-in', at('request'), '-CA', authority.certificate, '-days', '3000'],
    ...['-CAkey', authority.key, '-set_serial', '4711', '-out', at('cert')],
  );
  return at('cert');
}

/** A list with the validity given, as openssl writes instants. */
function makeCrl(authority: Authority, name: string, from: string, to: string): Buffer {
  const path = join(folder, name);
  openssl(
    ...['ca', '-gencrl', '-config', authority.config, '-cert', authority.certificate],
    ...['-keyfile', authority.key, '-crl_lastupdate', from, '-crl_nextupdate', to, '-out', path],
  );
  return readFileSync(path);
}

describe('the trust list', () => {
  it('hands the seal its anchors, each with the list it signed', async () => {
    const trusted = await registration();
    const { trust } = trusted.identity;
    const [with_, without] = [makeAuthority('with'), makeAuthority('without')];
    // The authorities of openssl are as old as the machine's clock says.
    trusted.clock.pass(Date.now() - trusted.clock.now().getTime());
    const crl = makeCrl(with_, 'with.crl', '20260101000000Z', '20360101000000Z');

    await trust.add({ file: readFileSync(without.certificate), by });
    const { added, renewed } = await trust.add({
      file: readFileSync(with_.certificate),
      crls: [crl],
      by,
    });

    const { anchors, allowSha1 } = await trust.trustList();
    expect(allowSha1).toBe(false);
    expect(anchors.map(({ crls }) => crls.length).sort()).toEqual([0, 1]);
    expect(added[0]?.crl?.nextUpdate).toEqual(new Date('2036-01-01T00:00:00Z'));
    expect(renewed).toHaveLength(1);
    expect((await trust.list()).map((anchor) => anchor.crl !== undefined).sort()).toEqual([
      false,
      true,
    ]);
    await expect(trust.add({ file: readFileSync(without.certificate), by })).rejects.toMatchObject({
      code: 'registration.exists',
    });
    await trusted.close();
  });

  it('takes a certificate that is its own anchor', async () => {
    const { certificate } = await aCertificate({
      commonName: 'Own anchor',
      to: '2040-01-01T00:00:00Z',
    });

    const { added } = await room.identity.trust.add({ file: certificate, by });

    expect(added).toMatchObject([{ fingerprint: fingerprintOf(certificate) }]);
    expect((await room.identity.trust.trustList()).anchors).toContainEqual({
      der: certificate,
      crls: [],
    });
  });

  it('is read again only when it changed, by whomever', async () => {
    const before = await room.identity.trust.trustList();
    const same = await room.identity.trust.trustList();
    const other = openIdentity({
      store: registrationStore(room.database.knex),
      clock: room.clock,
      journal: { record: () => Promise.resolve() },
      hash: room.hash,
      keys: keysOf(Buffer.alloc(32, 7)),
      signing: testSigning(room.database.knex),
    });

    const { certificate: file } = await aCertificate({ to: '2040-01-01T00:00:00Z' });
    await other.trust.add({ file, by });
    const after = await room.identity.trust.trustList();

    expect(same).toBe(before);
    expect(after.anchors).toHaveLength(before.anchors.length + 1);
  });

  it('keeps the newest list of an anchor', async () => {
    const authority = makeAuthority('renewed');
    const file = readFileSync(authority.certificate);
    const [first, second] = [
      makeCrl(authority, 'first.crl', '20260101000000Z', '20360101000000Z'),
      makeCrl(authority, 'second.crl', '20260102000000Z', '20360202000000Z'),
    ];
    const { trust } = room.identity;
    await trust.add({ file, crls: [first], by });

    const { added, renewed } = await trust.add({ file, crls: [second], by });
    const older = trust.add({ file, crls: [first], by });

    expect([added.length, renewed.length]).toEqual([0, 1]);
    await expect(older).rejects.toMatchObject({ code: 'registration.exists' });
    const stored = (await trust.list()).find(({ subject }) => subject.includes('renewed'));
    expect(stored?.crl?.nextUpdate).toEqual(new Date('2036-02-02T00:00:00Z'));
  });

  it('refuses a list that no trusted certificate signed, and leaves the anchor out as well', async () => {
    const [one, two] = [makeAuthority('signer'), makeAuthority('stranger')];
    const crl = makeCrl(two, 'stranger.crl', '20260101000000Z', '20360101000000Z');

    const add = room.identity.trust.add({ file: readFileSync(one.certificate), crls: [crl], by });

    await expect(add).rejects.toMatchObject({
      code: 'registration.invalid',
      facts: { what: 'CRL' },
    });
    const subjects = (await room.identity.trust.list()).map(({ subject }) => subject);
    expect(subjects.some((subject) => subject.includes('signer'))).toBe(false);
  });

  it.each([
    ['stale', '20250101000000Z', '20250201000000Z'],
    ['dated in the future', '20450101000000Z', '20460101000000Z'],
  ])('refuses a list that is %s', async (name, from, to) => {
    const authority = makeAuthority(name.replaceAll(' ', '-'));
    const crl = makeCrl(authority, `${name}.crl`, from, to);

    const add = room.identity.trust.add({
      file: readFileSync(authority.certificate),
      crls: [crl],
      by,
    });

    await expect(add).rejects.toMatchObject({
      code: 'registration.invalid',
      facts: { what: 'CRL' },
    });
  });

  it('refuses an expired certificate', async () => {
    const { certificate: file } = await aCertificate({
      from: '2020-01-01T00:00:00Z',
      to: '2021-01-01T00:00:00Z',
    });

    await expect(room.identity.trust.add({ file, by })).rejects.toMatchObject({
      code: 'registration.invalid',
    });
  });
});
