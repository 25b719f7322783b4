import { execFileSync } from 'node:child_process';
import { X509Certificate, createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  issuedCrl,
  readCertificates,
  readCrl,
  readPrivateKey,
  selfSignedCertificate,
} from '../../src/seal/index.ts';
import type { KeyPairOptions } from '../../src/seal/index.ts';
import { opensslWith } from '../make/cms.ts';
import { issue, makePki } from '../make/pki.ts';
import type { Pki } from '../make/pki.ts';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});

const unreadable = expect.objectContaining({ code: 'seal.unreadable' });

function bundle(form: 'DER' | 'PEM'): Buffer {
  const certificates = `${pki.signers.ec.certificatePem}${pki.issuing.certificatePem}`;
  return opensslWith(
    { certificates },
    `crl2pkcs7 -nocrl -certfile certificates -outform ${form} -out out`,
  );
}

function halfClosed(): string {
  const { certificatePem: pem } = pki.signers.ec;
  return `${pem}${pem.replace('END CERTIFICATE', 'END')}`;
}

describe('readCertificates', () => {
  it('reads DER, and says what OpenSSL says of it', () => {
    const { certificate } = pki.signers.rsa;
    const openssl = new X509Certificate(certificate);

    const [facts] = readCertificates(certificate);

    expect(facts).toEqual({
      der: certificate,
      fingerprint: openssl.fingerprint256.replaceAll(':', '').toLowerCase(),
      subject: 'C=BE, O=sluis tests, CN=rsa',
      issuer: 'C=BE, O=sluis tests, CN=Issuing',
      serial: openssl.serialNumber.toLowerCase(),
      notBefore: new Date(openssl.validFrom),
      notAfter: new Date(openssl.validTo),
      isAuthority: false,
      qualified: false,
      onSecureDevice: false,
      keyAlgorithm: 'rsa-2048',
      sshPublicKey: expect.any(Buffer),
    });
  });

  it('reads one or many in PEM, and passes other blocks and text over', () => {
    const { rsa, ec } = pki.signers;
    const file = `Bag Attributes\n${rsa.keyPem}subject=x\n${rsa.certificatePem}\n${ec.certificatePem}`;

    const facts = readCertificates(Buffer.from(file.replaceAll('\n', '\r\n')));

    expect(facts.map(({ der }) => der)).toEqual([rsa.certificate, ec.certificate]);
    expect(facts.map(({ keyAlgorithm }) => keyAlgorithm)).toEqual(['rsa-2048', 'ec-prime256v1']);
  });

  it('reads base64 without armour', () => {
    const text = pki.signers.ec.certificate.toString('base64');

    expect(readCertificates(Buffer.from(text))).toHaveLength(1);
  });

  it.each(['DER', 'PEM'] as const)('reads a PKCS #7 bundle in %s', (form) => {
    const facts = readCertificates(bundle(form));

    const subjects = facts.map(({ subject }) => subject.replace('C=BE, O=sluis tests, CN=', ''));
    expect(subjects.sort()).toEqual(['Issuing', 'ec']);
    expect(facts.filter(({ isAuthority }) => isAuthority)).toHaveLength(1);
  });

  it.each([
    ['nothing', () => Buffer.alloc(0)],
    ['text', () => Buffer.from('no certificate')],
    ['a key alone', () => Buffer.from(pki.signers.ec.keyPem)],
    ['a revocation list', () => pki.crls.fresh],
    ['a certificate cut short', () => pki.signers.ec.certificate.subarray(0, -1)],
    ['a certificate and more', () => Buffer.concat([pki.signers.ec.certificate, Buffer.from([0])])],
    ['two of which one is not closed', () => Buffer.from(halfClosed())],
    ['too many', () => Buffer.from(pki.signers.ec.certificatePem.repeat(257))],
    ['a file too large', () => Buffer.alloc(4 * 1024 * 1024 + 1, 0x30)],
  ])('fails on %s', (_, bytes) => {
    expect(() => readCertificates(bytes())).toThrow(unreadable);
  });

  it('never lets a flipped bit crash it', () => {
    const { certificate } = pki.signers.ec;

    for (let at = 0; at < certificate.length; at += 1) {
      const flipped = Buffer.from(certificate);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at & 7));
      try {
        expect(readCertificates(flipped)).toHaveLength(1);
      } catch (error) {
        expect(error).toEqual(unreadable);
      }
    }
  });
});

function sshKeygen(text: string, options: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluis-ssh-'));
  try {
    const file = join(folder, 'key');
    writeFileSync(file, text);
    return execFileSync('ssh-keygen', [...options, '-f', file], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the SSH form of a public key', () => {
  it.each(['rsa', 'ec'] as const)('is the one ssh-keygen makes of it (%s)', (kind) => {
    const { certificate, key } = pki.signers[kind];
    const spki = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
    const line = sshKeygen(spki, ['-i', '-m', 'PKCS8']);

    const [facts] = readCertificates(certificate);

    expect(facts?.sshPublicKey?.toString('base64')).toBe(line.split(' ')[1]?.trim());
  });

  // ssh-keygen does not convert Ed25519 keys: it only says here that it knows the result.
  it('is a key ssh-keygen knows (ed25519)', () => {
    const { certificate, key } = pki.signers.ed25519;
    const raw = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32);

    const [facts] = readCertificates(certificate);

    const blob = facts?.sshPublicKey ?? Buffer.alloc(0);
    expect(blob.subarray(-32)).toEqual(raw);
    const known = sshKeygen(`ssh-ed25519 ${blob.toString('base64')}\n`, ['-l']);
    expect(known).toContain('256 SHA256:');
    expect(known).toContain('(ED25519)');
  });
});

describe('readCrl', () => {
  it('reads DER and PEM', () => {
    const pem = opensslWith({ crl: pki.crls.fresh }, 'crl -inform DER -in crl -out out');

    expect(readCrl(pki.crls.fresh).thisUpdate).toEqual(new Date('2026-05-15T00:00:00Z'));
    expect(readCrl(pem).der).toEqual(pki.crls.fresh);
    expect(readCrl(pem).nextUpdate).toEqual(new Date('2026-07-01T00:00:00Z'));
  });

  it('fails on anything else', () => {
    expect(() => readCrl(pki.signers.ec.certificate)).toThrow(unreadable);
    expect(() => readCrl(pki.crls.fresh.subarray(0, -1))).toThrow(unreadable);
    expect(() => readCrl(Buffer.from('no'))).toThrow(unreadable);
  });
});

describe('issuedCrl', () => {
  it('asks for name and key of the authority', async () => {
    const fresh = readCrl(pki.crls.fresh);
    const impostor = await issue({ name: 'Issuing', authority: {} });

    expect(issuedCrl(fresh, pki.issuing.certificate)).toBe(true);
    expect(issuedCrl(fresh, pki.root.certificate)).toBe(false);
    expect(issuedCrl(fresh, impostor.certificate)).toBe(false);
    expect(issuedCrl(fresh, Buffer.from('no certificate'))).toBe(false);
  });
});

describe('readPrivateKey', () => {
  it('reads a key with and without passphrase', () => {
    const { key, keyPem } = pki.signers.ec;
    const encrypted = key.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'open sesame',
    });

    expect(readPrivateKey(keyPem).equals(key)).toBe(true);
    expect(readPrivateKey(Buffer.from(encrypted), 'open sesame').equals(key)).toBe(true);
    expect(() => readPrivateKey(encrypted, 'wrong')).toThrow(unreadable);
    expect(() => readPrivateKey(encrypted)).toThrow(unreadable);
  });

  it('says why it fails without showing the key', () => {
    const { key, certificatePem } = pki.signers.ec;
    const passphrase = 'open sesame';
    const encrypted = key.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase,
    });

    expect(() => readPrivateKey(encrypted, 'wrong')).toThrow(
      expect.objectContaining({
        facts: { what: 'private key', reason: 'the passphrase is missing or wrong' },
      }),
    );
    expect(() => readPrivateKey(certificatePem)).toThrow(
      expect.objectContaining({ facts: { what: 'private key', reason: 'it is no PEM key' } }),
    );
    expect(() => readPrivateKey('x'.repeat(70_000))).toThrow(unreadable);
  });
});

describe('selfSignedCertificate', () => {
  const from = new Date('2026-01-01T00:00:00Z');
  const to = new Date('2052-01-01T00:00:00Z');

  it.each<KeyPairOptions>([
    { type: 'rsa', bits: 2048 },
    { type: 'ec', curve: 'P-256' },
    { type: 'ec', curve: 'P-384' },
    { type: 'ed25519' },
  ])('makes what OpenSSL reads and verifies (%j)', async (keyPair) => {
    const made = await selfSignedCertificate({
      commonName: 'Sluis, Ørsted & Co',
      organisation: 'Peeters NV',
      keyPair,
      from,
      to,
    });

    const certificate = new X509Certificate(made.certificatePem);
    expect(certificate.raw).toEqual(made.certificate);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(readPrivateKey(made.keyPem))).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.subject).toBe('O=Peeters NV\nCN=Sluis\\, Ørsted & Co');
    expect(new Date(certificate.validTo)).toEqual(to);
    const text = opensslWith(
      { c: made.certificatePem },
      'x509 -in c -noout -text -out out',
    ).toString();
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Non Repudiation\n/);
    expect(text).toContain('Subject Key Identifier');
  });

  it('never gives two certificates the same serial number', async () => {
    const keyPair = { type: 'ec', curve: 'P-256' } as const;
    const make = (): ReturnType<typeof selfSignedCertificate> =>
      selfSignedCertificate({ commonName: 'twice', keyPair, from, to });

    const serials = [await make(), await make()].map(
      ({ certificate }) => readCertificates(certificate)[0]?.serial,
    );

    expect(serials[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(serials[0]).not.toBe(serials[1]);
  });
});
