import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { sealRefusals, signatureBytesMax, verifySeal } from '../../src/seal/index.ts';
import type { SealRefusal } from '../../src/seal/index.ts';
import { content, contentOf, opensslSelfSigned, opensslSign, opensslWith } from '../make/cms.ts';
import { issue, makeKey, makePki, pkiNow } from '../make/pki.ts';
import type { Pki, Signers } from '../make/pki.ts';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});

async function refusalOf(signature: Buffer, signed = content): Promise<string> {
  const trust = pki.trust();
  const verdict = await verifySeal({ signature, content: contentOf(signed), trust, at: pkiNow });
  return verdict.ok ? 'accepted' : verdict.code;
}

describe('a signature is refused', () => {
  it('when one bit of the file changed (ACC-75)', async () => {
    const altered = Buffer.from(content);
    altered[5] = (altered[5] ?? 0) ^ 1;

    expect(await refusalOf(opensslSign({ by: pki.signers.rsa }), altered)).toBe(
      'SIG_CONTENT_ALTERED',
    );
  });

  it('when the file is empty, and accepted when the empty file was signed', async () => {
    const nothing = Buffer.alloc(0);

    expect(await refusalOf(opensslSign({ by: pki.signers.ec }), nothing)).toBe(
      'SIG_CONTENT_ALTERED',
    );
    const overNothing = opensslSign({ by: pki.signers.ec, content: nothing });
    expect(await refusalOf(overNothing, nothing)).toBe('accepted');
  });

  it.each<[keyof Signers, SealRefusal]>([
    ['expired', 'CERT_EXPIRED'],
    ['notYetValid', 'CERT_NOT_YET_VALID'],
    ['revoked', 'CERT_REVOKED'],
    ['wrongUsage', 'CERT_KEY_USAGE'],
    ['weak', 'CERT_WEAK_KEY'],
    ['foreign', 'CERT_UNTRUSTED'],
  ])('when the signer is %s', async (who, code) => {
    const chain = [pki.issuing, pki.foreign];

    expect(await refusalOf(opensslSign({ by: pki.signers[who], chain }))).toBe(code);
  });

  it('when the self-signed signer is not on the trust list', async () => {
    const stranger = await issue({ name: 'stranger' });

    expect(await refusalOf(opensslSign({ by: stranger }))).toBe('CERT_UNTRUSTED');
  });

  it.each([
    ['without signed attributes', '-binary -noattr', 'SIG_NO_SIGNED_ATTRS'],
    ['over SHA-1', '-binary -md sha1', 'SIG_WEAK_DIGEST'],
    ['over MD5', '-binary -md md5', 'SIG_WEAK_DIGEST'],
    ['over SHA-224', '-binary -md sha224', 'SIG_WEAK_DIGEST'],
    ['over SHA3-256', '-binary -md sha3-256', 'SIG_ALGORITHM'],
    ['with the file inside', '-binary -nodetach', 'SIG_NOT_DETACHED'],
    ['over another type of content', '-binary -econtent_type 1.2.3.4', 'SIG_UNREADABLE'],
    ['with PSS over SHA-1', '-binary -keyopt rsa_padding_mode:pss -md sha1', 'SIG_WEAK_DIGEST'],
    [
      'with PSS masked by another digest',
      '-binary -keyopt rsa_padding_mode:pss -keyopt rsa_mgf1_md:sha512',
      'SIG_ALGORITHM',
    ],
  ])('%s', async (_, options, code) => {
    expect(await refusalOf(opensslSign({ by: pki.signers.rsa, options }))).toBe(code);
  });

  it('made by two signers', async () => {
    const signature = opensslSign({ by: pki.signers.rsa, and: pki.signers.ec });

    expect(await refusalOf(signature)).toBe('SIG_SIGNER_COUNT');
  });

  it('made by nobody', async () => {
    const bundle = opensslWith(
      { certificate: pki.signers.rsa.certificatePem },
      'crl2pkcs7 -nocrl -certfile certificate -outform DER -out out',
    );

    expect(await refusalOf(bundle)).toBe('SIG_SIGNER_COUNT');
  });

  it('made with a key on a curve that is not supported', async () => {
    const by = opensslSelfSigned(makeKey('secp256k1'));

    const verdict = await verifySeal({
      signature: opensslSign({ by }),
      content: contentOf(content),
      trust: { anchors: [{ der: by.certificate, crls: [] }], allowSha1: false },
      at: new Date(new X509Certificate(by.certificate).validTo),
    });

    expect(verdict).toMatchObject({ code: 'CERT_WEAK_KEY' });
  });

  it.each([
    ['of more than a signature can be', Buffer.alloc(signatureBytesMax + 1, 0x30), 'SIG_TOO_LARGE'],
    ['of exactly the limit but nonsense', Buffer.alloc(signatureBytesMax, 0x30), 'SIG_UNREADABLE'],
    ['that is empty', Buffer.alloc(0), 'SIG_UNREADABLE'],
    ['that is white space', Buffer.from(' \r\n '), 'SIG_UNREADABLE'],
    ['that is binary garbage', Buffer.from([0xff, 0, 1, 2, 0x30]), 'SIG_UNREADABLE'],
    ['that is text', Buffer.from('signed by me'), 'SIG_UNREADABLE'],
    ['that is base64 of text', Buffer.from('c2lnbmVkIGJ5IG1l'), 'SIG_UNREADABLE'],
    [
      'with an armour that never ends',
      Buffer.from('-----BEGIN CMS-----\nMAA=\n'),
      'SIG_UNREADABLE',
    ],
    [
      'with an armour of two labels',
      Buffer.from('-----BEGIN CMS-----\nMAA=\n-----END PKCS7-----'),
      'SIG_UNREADABLE',
    ],
  ])('in a file %s', async (_, signature, code) => {
    expect(await refusalOf(signature)).toBe(code);
  });

  it('when a certificate stands in its place', async () => {
    expect(await refusalOf(pki.signers.rsa.certificate)).toBe('SIG_UNREADABLE');
    expect(await refusalOf(Buffer.from(pki.signers.rsa.certificatePem))).toBe('SIG_UNREADABLE');
  });

  it('before the file is read, whatever else is wrong', async () => {
    let opened = 0;
    const watched = {
      open: (): AsyncIterable<Buffer> => {
        opened += 1;
        return contentOf(content).open();
      },
    };
    const signature = opensslSign({ by: pki.signers.expired });

    await verifySeal({ signature, content: watched, trust: pki.trust(), at: pkiNow });

    expect(opened).toBe(0);
  });
});

describe('every refusal', () => {
  it('has one sentence of its own', () => {
    const sentences = Object.values(sealRefusals);

    expect(new Set(sentences).size).toBe(sentences.length);
    expect(sentences.filter((text) => !/^[A-Z].+[^.]\.$/.test(text))).toEqual([]);
  });

  it('comes with a detail', async () => {
    const verdict = await verifySeal({
      signature: opensslSign({ by: pki.signers.revoked }),
      content: contentOf(content),
      trust: pki.trust(),
      at: pkiNow,
    });

    expect(verdict).toMatchObject({
      ok: false,
      detail: `${pki.signers.revoked.serial} revoked 2026-05-01T00:00:00.000Z`,
    });
  });
});
