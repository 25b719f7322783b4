import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  readSignature,
  sealDigest,
  sealText,
  selfSignedCertificate,
  verifySeal,
} from '../../src/seal/index.ts';
import type { KeyPairOptions, RsaPadding, SelfSigned } from '../../src/seal/index.ts';

const from = new Date('2026-01-01T00:00:00Z');
const to = new Date('2036-01-01T00:00:00Z');
const at = new Date('2026-06-01T12:00:00Z');
const content = Buffer.from('<DmfAOriginal>\n<Form/>\n</DmfAOriginal>\n');
const sha256 = createHash('sha256').update(content).digest();
const source = { open: () => [content].values() as unknown as AsyncIterable<Buffer> };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seal-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function opensslAccepts(signature: Buffer, certificatePem: string): string {
  writeFileSync(join(folder, 'content'), content);
  writeFileSync(join(folder, 'signature'), signature);
  writeFileSync(join(folder, 'certificate'), certificatePem);
  const options = '-verify -binary -inform DER -in signature -content content -CAfile certificate';
  const purpose = '-purpose any -attime 1780000000 -out verified';
  return execFileSync('openssl', ['cms', ...`${options} ${purpose}`.split(' ')], {
    cwd: folder,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

interface Kind {
  readonly name: string;
  readonly keyPair: KeyPairOptions;
  readonly rsaPadding?: RsaPadding;
}

const kinds: readonly Kind[] = [
  { name: 'RSA PKCS#1 v1.5', keyPair: { type: 'rsa', bits: 2048 } },
  { name: 'RSA PSS', keyPair: { type: 'rsa', bits: 2048 }, rsaPadding: 'pss' },
  { name: 'ECDSA P-256', keyPair: { type: 'ec', curve: 'P-256' } },
  { name: 'ECDSA P-384', keyPair: { type: 'ec', curve: 'P-384' } },
];

async function sealed(kind: Omit<Kind, 'name'>): Promise<{ made: SelfSigned; signature: Buffer }> {
  const { keyPair, rsaPadding = 'pkcs1' } = kind;
  const made = await selfSignedCertificate({ commonName: 'gateway', keyPair, from, to });
  const { key, certificate } = made;
  return { made, signature: sealDigest({ sha256, key, certificate, at, rsaPadding }) };
}

describe('sealDigest', () => {
  it.each(kinds)('makes with $name what OpenSSL and sluis accept', async (kind) => {
    const { made, signature } = await sealed(kind);

    expect(() => opensslAccepts(signature, made.certificatePem)).not.toThrow();
    const trust = { anchors: [{ der: made.certificate, crls: [] }], allowSha1: false };
    const text = Buffer.from(sealText(signature));
    const verdict = await verifySeal({ signature: text, content: source, trust, at });
    expect(verdict).toMatchObject({ ok: true, mode: 'binary', signer: { subject: 'CN=gateway' } });
  });

  // OpenSSL 3.0 has no Ed25519 in CMS: the value is checked here with the bare primitive instead.
  it('makes with Ed25519 a value over the signed attributes', async () => {
    const { made, signature } = await sealed({ keyPair: { type: 'ed25519' } });

    const reading = readSignature(signature);

    if (!reading.ok) throw new Error(reading.detail);
    const { attributes, value, messageDigest } = reading.signature;
    expect(verify(null, attributes, createPublicKey(made.key), value)).toBe(true);
    expect(messageDigest).toEqual(sha256);
  });
});
