import { X509Certificate, createHash, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readSignature, sealDigest, verifySeal } from '../../src/seal/index.ts';
import type { SealVerdict, TrustList } from '../../src/seal/index.ts';
import { elementAt, elementsOf, soleElement } from '../../src/seal/der.ts';
import { content, contentOf, opensslSign, opensslVerifies, opensslWith } from '../make/cms.ts';
import { issue, makePki, pkiNow } from '../make/pki.ts';
import type { Issued, Pki } from '../make/pki.ts';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});

async function verdictOn(
  signature: Buffer,
  o: { signed?: Buffer; trust?: TrustList } = {},
): Promise<SealVerdict> {
  const { signed = content, trust = pki.trust() } = o;
  return verifySeal({ signature, content: contentOf(signed), trust, at: pkiNow });
}

async function codeOf(signature: Buffer, signed = content): Promise<string> {
  const verdict = await verdictOn(signature, { signed });
  return verdict.ok ? 'accepted' : verdict.code;
}

/** Writes tag and length of at most 65,535 bytes anew around a value. */
function wrap(tag: number, ...values: readonly Buffer[]): Buffer {
  const value = Buffer.concat(values);
  const { length } = value;
  const header =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...header]), value]);
}

/** The parts of a signature: those of the signed data and those of its one signer. */
function dissect(der: Buffer): { data: Buffer[]; signer: Buffer[] } {
  const [, wrapped] = elementsOf(soleElement(der), 8);
  if (wrapped === undefined) throw new Error('no signed data');
  const data = elementsOf(soleElement(wrapped.value), 8);
  const [signer] = elementsOf(data.at(-1) ?? wrapped, 8);
  if (signer === undefined) throw new Error('no signer');
  return { data: data.map(({ raw }) => raw), signer: elementsOf(signer, 8).map(({ raw }) => raw) };
}

/** Puts a signature together again around another signer. */
function assemble(data: readonly Buffer[], signer: readonly Buffer[]): Buffer {
  const type = Buffer.from('06092a864886f70d010702', 'hex');
  const signers = wrap(0x31, wrap(0x30, ...signer));
  return wrap(0x30, type, wrap(0xa0, wrap(0x30, ...data.slice(0, -1), signers)));
}

describe('the signed attributes presented as the content', () => {
  it('are refused, though OpenSSL verifies them', async () => {
    const honest = opensslSign({ by: pki.signers.rsa });
    const { data, signer } = dissect(honest);
    const [version, name, digest, attributes = Buffer.alloc(0), algorithm, value] = signer;
    const signed = Buffer.concat([Buffer.from([0x31]), attributes.subarray(1)]);
    const kept = [version, name, digest, algorithm, value].filter((part) => part !== undefined);

    const forgery = assemble(data, kept);

    expect(assemble(data, signer)).toEqual(honest);
    expect(opensslVerifies({ signature: forgery, content: signed })).toBe(true);
    expect(await codeOf(forgery, signed)).toBe('SIG_NO_SIGNED_ATTRS');
  });
});

describe('a key that allows RSASSA-PSS with SHA-512 alone', () => {
  const { privateKey: key } = generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: 'sha512',
    mgf1HashAlgorithm: 'sha512',
  });
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const options = '-sha512 -sigopt rsa_padding_mode:pss -subj /CN=odd -days 30 -out out';
  const certificatePem = opensslWith({ key: keyPem }, `req -x509 -key key ${options}`).toString();
  const { raw: certificate, serialNumber: serial, validTo } = new X509Certificate(certificatePem);
  const at = new Date(validTo);
  const odd: Issued = { name: 'odd', key, keyPem, certificate, certificatePem, serial };
  const trust: TrustList = { anchors: [{ der: certificate, crls: [] }], allowSha1: false };

  it('makes a signature like that', async () => {
    const pss = '-binary -md sha512 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:64';
    const signature = opensslSign({ by: odd, options: pss });

    const verdict = await verifySeal({ signature, content: contentOf(content), trust, at });

    expect(verdict).toMatchObject({ ok: true });
  });

  it('makes no other, and who claims so is refused like any other', async () => {
    const pss = '-binary -md sha256 -keyopt rsa_padding_mode:pss';
    const { data, signer } = dissect(opensslSign({ by: pki.signers.rsa, options: pss }));
    const [body = soleElement(certificate)] = elementsOf(soleElement(certificate), 8);
    const [, number, , issuer] = elementsOf(body, 16).map(({ raw }) => raw);
    const name = wrap(0x30, issuer ?? Buffer.alloc(0), number ?? Buffer.alloc(0));
    const [version, , ...rest] = signer;

    const claimed = assemble(data, [version ?? Buffer.alloc(0), name, ...rest]);

    expect(await verdictOn(claimed, { trust })).toMatchObject({ code: 'SIG_ALGORITHM' });
  });
});

describe('signed attributes', () => {
  const attribute = (oid: string, ...values: readonly Buffer[]): Buffer =>
    wrap(0x30, wrap(0x06, Buffer.from(oid, 'hex')), wrap(0x31, ...values));
  const isData = Buffer.from('06092a864886f70d010701', 'hex');
  const isOther = Buffer.from('06032a0304', 'hex');
  const contentType = '2a864886f70d010903';
  const messageDigest = '2a864886f70d010904';
  const digest = wrap(0x04, createHash('sha256').update(content).digest());
  const good = [attribute(contentType, isData), attribute(messageDigest, digest)];

  it.each([
    ['none at all', []],
    ['no content type', [attribute(messageDigest, digest)]],
    ['no message digest', [attribute(contentType, isData)]],
    ['two message digests', [...good, attribute(messageDigest, digest)]],
    ['a message digest of two values', [good[0], attribute(messageDigest, digest, digest)]],
    ['a message digest without value', [good[0], attribute(messageDigest)]],
    ['another content type', [attribute(contentType, isOther), good[1]]],
  ])('are refused with %s', async (_, attributes) => {
    const { data, signer } = dissect(opensslSign({ by: pki.signers.ec }));
    const present = attributes.filter((part) => part !== undefined);
    const changed = signer.with(3, wrap(0xa0, ...present));

    expect(await codeOf(assemble(data, changed))).toBe('SIG_NO_SIGNED_ATTRS');
  });

  it('are refused when the value covers others', async () => {
    const { data, signer } = dissect(opensslSign({ by: pki.signers.ec }));

    expect(await codeOf(assemble(data, signer.with(3, wrap(0xa0, ...good))))).toBe('SIG_VALUE');
  });

  it('are refused when they mean another certificate', async () => {
    const sha256 = createHash('sha256').update(content).digest();
    const { key, certificate } = pki.signers.ec;
    // The same key under another name: the attribute alone tells the two certificates apart.
    const twin = await issue({ name: 'ec', key, by: pki.issuing });
    const signature = sealDigest({ sha256, key, certificate, at: pkiNow });
    const { signer } = dissect(signature);
    const other = dissect(sealDigest({ sha256, key, certificate: twin.certificate, at: pkiNow }));

    const swapped = assemble(other.data, signer.with(1, other.signer[1] ?? Buffer.alloc(0)));

    expect(await codeOf(signature)).toBe('accepted');
    expect(await codeOf(swapped)).toBe('SIG_SIGNER_UNKNOWN');
  });
});

describe('the encoding', () => {
  it('allows no byte after the signature, in DER or in base64', async () => {
    const der = opensslSign({ by: pki.signers.ec });
    const longer = Buffer.concat([der, Buffer.from([0])]);

    expect(await codeOf(longer)).toBe('SIG_UNREADABLE');
    expect(await codeOf(Buffer.from(longer.toString('base64')))).toBe('SIG_UNREADABLE');
    expect(await codeOf(Buffer.concat([der, der]))).toBe('SIG_UNREADABLE');
  });

  it('allows no byte less', async () => {
    const der = opensslSign({ by: pki.signers.ec });

    for (let length = 0; length < der.length; length += 7) {
      expect(await codeOf(der.subarray(0, length))).toBe('SIG_UNREADABLE');
    }
  });

  it('allows no indefinite lengths and says what to do', async () => {
    const der = opensslSign({ by: pki.signers.ec });
    const { value } = soleElement(der);
    const ber = Buffer.concat([Buffer.from([0x30, 0x80]), value, Buffer.from([0, 0])]);

    const verdict = await verdictOn(ber);

    expect(verdict).toMatchObject({ code: 'SIG_UNREADABLE' });
    expect(verdict).toMatchObject({ detail: expect.stringContaining('write the file as DER') });
  });

  it('allows no length longer than needed', async () => {
    const { value } = soleElement(opensslSign({ by: pki.signers.ec }));
    const length = [0x83, 0, value.length >> 8, value.length & 255];

    const ber = Buffer.concat([Buffer.from([0x30, ...length]), value]);

    expect(await codeOf(ber)).toBe('SIG_UNREADABLE');
  });

  it.each([
    ['a foreign character', (text: string) => `${text.slice(0, 40)}*${text.slice(40)}`],
    ['a cut quantum', (text: string) => text.replace(/=*$/, '').slice(0, -1)],
    ['two parts joined', (text: string) => `${text}${text.includes('=') ? '' : '='}${text}`],
  ])('allows no base64 with %s', async (_, spoil) => {
    const text = opensslSign({ by: pki.signers.ec }).toString('base64');

    expect(await codeOf(Buffer.from(spoil(text)))).toBe('SIG_UNREADABLE');
  });

  it('is bounded in the number of certificates, signers and attributes', () => {
    const { data, signer } = dissect(opensslSign({ by: pki.signers.ec }));
    const certificates = wrap(
      0xa0,
      ...Array.from({ length: 17 }, () => pki.signers.ec.certificate),
    );
    const attribute = elementAt(signer[3] ?? Buffer.alloc(0)).value;
    const attributes = wrap(0xa0, ...Array.from({ length: 20 }, () => attribute));

    expect(readSignature(assemble(data.with(3, certificates), signer))).toMatchObject({
      ok: false,
    });
    expect(readSignature(assemble(data, signer.with(3, attributes)))).toMatchObject({ ok: false });
  });

  it('may nest as deep as it likes without being followed', async () => {
    let nest: Buffer = Buffer.from([5, 0]);
    while (nest.length < 60_000) nest = wrap(0x30, nest);

    expect(await codeOf(nest)).toBe('SIG_UNREADABLE');
  });
});

describe('a certificate that came along and cannot be read', () => {
  it('does no harm', async () => {
    const { data, signer } = dissect(opensslSign({ by: pki.signers.ec }));
    const [certificates = Buffer.alloc(0)] = data.slice(3, 4);
    const more = wrap(0xa0, wrap(0x30, Buffer.from([5, 0])), elementAt(certificates).value);

    expect(await codeOf(assemble(data.with(3, more), signer))).toBe('accepted');
  });
});

const long = process.env['SLUIS_TEST_LONG'] === '1';

describe('a flipped bit', () => {
  it.each(['rsa', 'ec'] as const)(
    'is never accepted in certificate, attributes or value (%s)',
    async (kind) => {
      const der = opensslSign({ by: pki.signers[kind] });
      const { data, signer } = dissect(der);
      const [, name, , attributes, , value] = signer;
      const certificate = pki.signers[kind].certificate;
      const covered = [certificate, name, attributes, value].map((part) => {
        const at = der.indexOf(part ?? Buffer.alloc(0));
        return { from: at, to: at + (part?.length ?? 0) };
      });
      const step = long ? 1 : 13;

      const accepted: number[] = [];
      for (let bit = 0; bit < der.length * 8; bit += step) {
        const flipped = Buffer.from(der);
        const at = bit >> 3;
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7));
        if ((await verdictOn(flipped)).ok) accepted.push(at);
      }

      expect(covered.every(({ from }) => from > 0)).toBe(true);
      const bad = accepted.filter((at) => covered.some(({ from, to }) => at >= from && at < to));
      expect(bad).toEqual([]);
      // What no signature covers: version numbers and the like.
      expect(new Set(accepted).size).toBeLessThan(8);
      expect(data.length).toBe(5);
    },
  );

  it('in base64 is never overlooked by the decoder', () => {
    const der = opensslSign({ by: pki.signers.ec });
    const text = Buffer.from(der.toString('base64'));
    const step = long ? 1 : 29;

    for (let at = 0; at < text.length; at += step) {
      const flipped = Buffer.from(text);
      flipped[at] = (flipped[at] ?? 0) ^ 4;
      const reading = readSignature(flipped);
      const lenient = Buffer.from(flipped.toString('latin1'), 'base64');
      if (lenient.equals(der)) expect(reading.ok).toBe(false);
    }
  });
});
