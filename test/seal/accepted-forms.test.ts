import { X509Certificate, createHash, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { sealDigest, verifySeal } from '../../src/seal/index.ts';
import type { SealVerdict } from '../../src/seal/index.ts';
import { content, contentOf, opensslSelfSigned, opensslSign } from '../make/cms.ts';
import { makePki, pkiNow } from '../make/pki.ts';
import type { Pki } from '../make/pki.ts';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});

async function verdictOn(signature: Buffer, signed = content): Promise<SealVerdict> {
  return verifySeal({ signature, content: contentOf(signed), trust: pki.trust(), at: pkiNow });
}

const accepted = { ok: true, mode: 'binary' };

/** Base64 without armour, its lines ended by what is given. */
function bare(der: Buffer, end: string, columns = 76): Buffer {
  const lines = der.toString('base64').match(new RegExp(`.{1,${String(columns)}}`, 'g')) ?? [];
  return Buffer.from(lines.join(end));
}

describe('a signature file is accepted', () => {
  it('as DER', async () => {
    expect(await verdictOn(opensslSign({ by: pki.signers.rsa }))).toMatchObject(accepted);
  });

  it('as PEM, with the label each command writes', async () => {
    const cms = opensslSign({ by: pki.signers.rsa, form: 'PEM' });
    const smime = opensslSign({ by: pki.signers.rsa, form: 'PEM', command: 'smime' });

    expect(cms.toString()).toContain('-----BEGIN CMS-----');
    expect(await verdictOn(cms)).toMatchObject(accepted);
    expect(smime.toString()).toContain('-----BEGIN PKCS7-----');
    expect(await verdictOn(smime)).toMatchObject(accepted);
    const label = cms.toString().replaceAll(' CMS-', ' PKCS #7 SIGNED DATA-');
    expect(await verdictOn(Buffer.from(label))).toMatchObject(accepted);
  });

  it.each([
    ['CR', '\r'],
    ['LF', '\n'],
    ['CR LF', '\r\n'],
    ['nothing', ''],
    ['spaces and tabs', ' \t'],
  ])('as base64 with lines ended by %s', async (_, end) => {
    const signature = bare(opensslSign({ by: pki.signers.rsa }), end);

    expect(await verdictOn(signature)).toMatchObject(accepted);
    expect(await verdictOn(Buffer.concat([signature, Buffer.from('\r\n')]))).toMatchObject(
      accepted,
    );
  });

  it('as PEM with CR alone between the lines', async () => {
    const pem = opensslSign({ by: pki.signers.rsa, form: 'PEM' }).toString();

    expect(await verdictOn(Buffer.from(pem.replaceAll('\n', '\r')))).toMatchObject(accepted);
  });

  it('as the base64 part of what openssl smime writes', async () => {
    const mail = opensslSign({ by: pki.signers.rsa, command: 'smime', form: 'SMIME' }).toString();
    const part = /filename="smime.p7s"\r?\n\r?\n([^-]+)/.exec(mail)?.[1] ?? '';

    expect(await verdictOn(Buffer.from(part))).toMatchObject(accepted);
  });
});

describe('a signature is accepted', () => {
  it.each([
    ['RSA PKCS#1 v1.5', 'rsa', '-binary'],
    ['RSA PSS', 'rsa', '-binary -keyopt rsa_padding_mode:pss'],
    [
      'RSA PSS with a salt of 20 bytes',
      'rsa',
      '-binary -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:20',
    ],
    ['RSA and SHA-384', 'rsa', '-binary -md sha384'],
    ['RSA and SHA-512', 'rsa', '-binary -md sha512'],
    ['ECDSA', 'ec', '-binary'],
    ['ECDSA and SHA-512', 'ec', '-binary -md sha512'],
    ['a key identifier for a name', 'ec', '-binary -keyid'],
    ['a signing-certificate attribute', 'ec', '-binary -cades'],
  ] as const)('made with %s', async (_, kind, options) => {
    const by = pki.signers[kind];

    const verdict = await verdictOn(opensslSign({ by, options }));

    expect(verdict).toMatchObject(accepted);
  });

  it('when the certificate is left out but stands on the trust list', async () => {
    const { certificate: der } = pki.signers.ec;
    const signature = opensslSign({ by: pki.signers.ec, options: '-binary -nocerts' });
    const trust = { anchors: [{ der, crls: [] }], allowSha1: false };

    const verdict = await verifySeal({ signature, content: contentOf(content), trust, at: pkiNow });

    expect(verdict).toMatchObject({ ok: true });
    expect(await verdictOn(signature)).toMatchObject({ code: 'SIG_SIGNER_UNKNOWN' });
  });

  it('and says who signed', async () => {
    const { certificate, serial } = pki.signers.ec;

    const verdict = await verdictOn(opensslSign({ by: pki.signers.ec }));

    expect(verdict).toEqual({
      ok: true,
      mode: 'binary',
      signer: {
        fingerprint: createHash('sha256').update(certificate).digest('hex'),
        subject: 'C=BE, O=sluis tests, CN=ec',
        issuer: 'C=BE, O=sluis tests, CN=Issuing',
        serial,
        der: certificate,
      },
    });
  });

  it('with SHA-1 only where the trust list allows it', async () => {
    const signature = opensslSign({ by: pki.signers.rsa, options: '-binary -md sha1' });
    const trust = pki.trust({ allowSha1: true });

    const verdict = await verifySeal({ signature, content: contentOf(content), trust, at: pkiNow });

    expect(verdict).toMatchObject(accepted);
    expect(await verdictOn(signature)).toMatchObject({ ok: false, code: 'SIG_WEAK_DIGEST' });
  });
});

const withLf = Buffer.from('<a>\n<b/>\n\n</a>');
const withCrLf = Buffer.from('<a>\r\n<b/>\r\n\r\n</a>');

describe('openssl smime', () => {
  it.each(['rsa', 'ec'] as const)('makes signatures that are accepted (%s)', async (kind) => {
    const signature = opensslSign({ by: pki.signers[kind], command: 'smime' });

    expect(await verdictOn(signature)).toMatchObject(accepted);
  });
});

describe('a key made for PSS alone', () => {
  it('signs with PSS', async () => {
    const key = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;
    const by = opensslSelfSigned(key);
    const trust = { anchors: [{ der: by.certificate, crls: [] }], allowSha1: false };
    const at = new Date(new X509Certificate(by.certificate).validTo);
    const sha256 = createHash('sha256').update(content).digest();
    const options = '-binary -keyopt rsa_padding_mode:pss';
    const own = sealDigest({ sha256, key, certificate: by.certificate, at });

    for (const signature of [opensslSign({ by, options }), own]) {
      const verdict = await verifySeal({ signature, content: contentOf(content), trust, at });
      expect(verdict).toMatchObject(accepted);
    }
  });
});

describe('a signature made in text mode', () => {
  it.each(['smime', 'cms'] as const)(
    'over bare LF is accepted from %s and said so',
    async (command) => {
      const signature = opensslSign({ by: pki.signers.rsa, command, options: '', content: withLf });

      expect(await verdictOn(signature, withLf)).toMatchObject({ ok: true, mode: 'text' });
    },
  );

  it('over CR LF is the same as a binary one', async () => {
    const signature = opensslSign({
      by: pki.signers.rsa,
      command: 'smime',
      options: '',
      content: withCrLf,
    });

    expect(await verdictOn(signature, withCrLf)).toMatchObject({ ok: true, mode: 'binary' });
  });

  it('matches wherever the chunks of the file are cut', async () => {
    const mixed = Buffer.from('a\nb\r\nc\r\rd\n\ne\r');
    const expected = Buffer.from('a\r\nb\r\nc\r\rd\r\n\r\ne\r');
    const signature = opensslSign({ by: pki.signers.ec, content: expected });

    for (let at = 0; at <= mixed.length; at += 1) {
      const cut = contentOf(mixed.subarray(0, at), mixed.subarray(at));
      const verdict = await verifySeal({ signature, content: cut, trust: pki.trust(), at: pkiNow });
      expect(verdict).toMatchObject({ ok: true, mode: 'text' });
    }
  });

  it('does not let a CR LF file be turned into bare LF by a binary signer', async () => {
    const signature = opensslSign({ by: pki.signers.rsa, content: withLf });

    expect(await verdictOn(signature, withCrLf)).toMatchObject({ code: 'SIG_CONTENT_ALTERED' });
  });

  it('does not forgive any other change', async () => {
    const signature = opensslSign({ by: pki.signers.rsa, options: '', content: withLf });

    const altered = Buffer.from(withLf.toString().replace('b', 'c'));

    expect(await verdictOn(signature, altered)).toMatchObject({ code: 'SIG_CONTENT_ALTERED' });
  });
});

describe('the digest of the caller', () => {
  const unreadable = {
    open: (): AsyncIterable<Buffer> => {
      throw new Error('was opened');
    },
  };
  const sha256 = createHash('sha256').update(content).digest();

  it('spares the reading of the file', async () => {
    const signature = opensslSign({ by: pki.signers.ec });

    const source = { ...unreadable, sha256 };
    const verdict = await verifySeal({
      signature,
      content: source,
      trust: pki.trust(),
      at: pkiNow,
    });

    expect(verdict).toMatchObject(accepted);
  });

  it('is no use to a signature over another digest', async () => {
    const signature = opensslSign({ by: pki.signers.ec, options: '-binary -md sha384' });

    const verdict = verifySeal({
      signature,
      content: { ...unreadable, sha256 },
      trust: pki.trust(),
      at: pkiNow,
    });

    await expect(verdict).rejects.toThrow('was opened');
  });

  it('is followed by the text form when it does not match', async () => {
    const signature = opensslSign({ by: pki.signers.rsa, options: '', content: withLf });
    const raw = createHash('sha256').update(withLf).digest();

    const source = { ...contentOf(withLf), sha256: raw };
    const verdict = await verifySeal({
      signature,
      content: source,
      trust: pki.trust(),
      at: pkiNow,
    });

    expect(verdict).toMatchObject({ ok: true, mode: 'text' });
  });
});
