import 'reflect-metadata';
import { createPublicKey } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Failure } from '../../src/vocabulary/index.ts';
import { verifySeal } from '../../src/seal/index.ts';
import type { TrustList } from '../../src/seal/index.ts';
import { certificateOf } from '../../src/seal/certificate.ts';
import { requireTrust } from '../../src/seal/path.ts';
import { Refused } from '../../src/seal/refusal.ts';
import { content, contentOf, opensslSign } from '../make/cms.ts';
import { issue, makeCrl, makeKey, makePki, pkiNow, revokedOn, usage } from '../make/pki.ts';
import type { Issued, Pki } from '../make/pki.ts';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});

/** What comes of a signature by one certificate, sent with others, under a trust list. */
async function outcome(o: {
  by: Issued;
  chain?: readonly Issued[];
  trust?: TrustList;
  at?: Date;
}): Promise<string> {
  const signature = opensslSign({ by: o.by, chain: o.chain ?? [] });
  const { trust = trusting(pki.root), at = pkiNow } = o;
  const verdict = await verifySeal({ signature, content: contentOf(content), trust, at });
  return verdict.ok ? 'accepted' : verdict.code;
}

function trusting(anchor: Issued, ...crls: readonly Buffer[]): TrustList {
  return { anchors: [{ der: anchor.certificate, crls }], allowSha1: false };
}

describe('the path', () => {
  it('may be completed by certificates that came along', async () => {
    const by = pki.signers.ec;

    expect(await outcome({ by, chain: [pki.issuing] })).toBe('accepted');
    expect(await outcome({ by })).toBe('CERT_UNTRUSTED');
  });

  it('may end at an authority that is not self-signed', async () => {
    expect(await outcome({ by: pki.signers.ec, trust: trusting(pki.issuing) })).toBe('accepted');
  });

  it('is the certificate itself when it is on the trust list', async () => {
    const alone = await issue({ name: 'alone' });

    expect(await outcome({ by: alone, trust: trusting(alone) })).toBe('accepted');
    const { foreign } = pki.signers;
    expect(await outcome({ by: foreign, trust: trusting(foreign) })).toBe('accepted');
  });

  it('does not accept another certificate with the name of a trusted one', async () => {
    const impostor = await issue({ name: 'Issuing', authority: {} });
    const by = await issue({ name: 'ec', by: impostor });

    expect(await outcome({ by, chain: [impostor], trust: pki.trust() })).toBe('CERT_UNTRUSTED');
  });

  it('still demands validity and key usage of a certificate on the trust list', async () => {
    const { expired, wrongUsage } = pki.signers;

    expect(await outcome({ by: expired, trust: trusting(expired) })).toBe('CERT_EXPIRED');
    expect(await outcome({ by: wrongUsage, trust: trusting(wrongUsage) })).toBe('CERT_KEY_USAGE');
  });

  it('is not led by an end entity that acts as authority', async () => {
    const by = await issue({ name: 'child', by: pki.signers.ec });

    const chain = [pki.signers.ec, pki.issuing];
    expect(await outcome({ by, chain })).toBe('CERT_ISSUER_NOT_CA');
    expect(await outcome({ by, trust: trusting(pki.signers.ec) })).toBe('CERT_ISSUER_NOT_CA');
  });

  it('keeps to the path length of an authority', async () => {
    const sub = await issue({ name: 'sub', by: pki.issuing, authority: {} });
    const by = await issue({ name: 'below', by: sub });

    expect(await outcome({ by, chain: [sub, pki.issuing] })).toBe('CERT_PATHLEN');
    expect(await outcome({ by, chain: [sub], trust: trusting(pki.issuing) })).toBe('CERT_PATHLEN');
    expect(await outcome({ by, trust: trusting(sub) })).toBe('accepted');
  });

  it('needs keyCertSign where an authority restricts its key', async () => {
    const sub = await issue({
      name: 'no signs',
      by: pki.root,
      authority: {},
      keyUsage: usage.cRLSign,
    });
    const by = await issue({ name: 'below', by: sub });

    expect(await outcome({ by, chain: [sub] })).toBe('CERT_ISSUER_KU');
  });

  it('needs a valid authority', async () => {
    const old = await issue({ name: 'old', by: pki.root, authority: {}, to: revokedOn });
    const by = await issue({ name: 'below', by: old });

    expect(await outcome({ by, chain: [old] })).toBe('CERT_EXPIRED');
  });

  it('takes another path when the first one fails', async () => {
    const key = makeKey('ec');
    const name = 'crossed';
    const old = await issue({ name, key, by: pki.root, authority: {}, to: revokedOn });
    const renewed = await issue({ name, key, by: pki.root, authority: {} });
    const by = await issue({ name: 'below', by: renewed });

    expect(await outcome({ by, chain: [old, renewed] })).toBe('accepted');
    expect(await outcome({ by, chain: [renewed, old] })).toBe('accepted');
  });

  it('ends where authorities certify each other in a circle', async () => {
    const [one, two] = [makeKey('ec'), makeKey('ec')];
    const first = await issue({ name: 'one', key: one, authority: {} });
    const second = await issue({ name: 'two', key: two, by: first, authority: {} });
    const back = await issue({ name: 'one', key: one, by: second, authority: {} });
    const by = await issue({ name: 'below', by: first });

    expect(await outcome({ by, chain: [first, second, back] })).toBe('CERT_UNTRUSTED');
  });

  it('ends at a depth', async () => {
    const chain: Issued[] = [];
    let by = pki.root;
    for (let depth = 0; depth < 8; depth += 1) {
      by = await issue({ name: `depth ${String(depth)}`, by, authority: {} });
      chain.push(by);
    }
    const deep = await issue({ name: 'deep', by });

    expect(await outcome({ by: deep, chain })).toBe('CERT_UNTRUSTED');
    const shallow = await issue({ name: 'shallow', by: chain[5] ?? pki.root });
    expect(await outcome({ by: shallow, chain })).toBe('accepted');
  });
});

const unknownCritical = new x509.Extension('1.2.3.4.5', true, new Uint8Array([5, 0]));

describe('extensions', () => {
  it.each([
    ['unknown', unknownCritical],
    ['name constraints', new x509.Extension('2.5.29.30', true, new Uint8Array([0x30, 0]))],
    ['policies', new x509.CertificatePolicyExtension(['1.2.3'], true)],
  ])('that are critical and not understood refuse the signer: %s', async (_, extension) => {
    const by = await issue({ name: 'critical', by: pki.issuing, extensions: [extension] });

    expect(await outcome({ by, chain: [pki.issuing] })).toBe('CERT_CRITICAL_EXT');
  });

  it('that are critical and not understood refuse the authority', async () => {
    const sub = await issue({
      name: 'odd',
      by: pki.root,
      authority: {},
      extensions: [unknownCritical],
    });
    const by = await issue({ name: 'below', by: sub });

    expect(await outcome({ by, chain: [sub] })).toBe('CERT_CRITICAL_EXT');
  });

  it('that are not understood and not critical do no harm', async () => {
    const extension = new x509.Extension('1.2.3.4.5', false, new Uint8Array([5, 0]));
    const by = await issue({ name: 'not critical', by: pki.issuing, extensions: [extension] });

    expect(await outcome({ by, chain: [pki.issuing] })).toBe('accepted');
  });

  it.each([
    ['nonRepudiation alone', usage.nonRepudiation, 'accepted'],
    ['digitalSignature alone', usage.digitalSignature, 'accepted'],
    ['no restriction', 0, 'accepted'],
    ['a usage of nine bits', usage.digitalSignature | usage.decipherOnly, 'accepted'],
    ['key agreement alone', usage.keyAgreement | usage.decipherOnly, 'CERT_KEY_USAGE'],
    ['keyCertSign alone', usage.keyCertSign, 'CERT_KEY_USAGE'],
  ])('let sign by key usage: %s', async (_, keyUsage, expected) => {
    const by = await issue({ name: 'usage', by: pki.root, keyUsage });

    expect(await outcome({ by })).toBe(expected);
  });

  it.each([
    ['e-mail protection', '1.3.6.1.5.5.7.3.4', 'accepted'],
    ['client authentication', '1.3.6.1.5.5.7.3.2', 'accepted'],
    ['any', '2.5.29.37.0', 'accepted'],
    ['server authentication', '1.3.6.1.5.5.7.3.1', 'CERT_KEY_USAGE'],
    ['code signing', '1.3.6.1.5.5.7.3.3', 'CERT_KEY_USAGE'],
  ])('let sign by purpose: %s', async (_, purpose, expected) => {
    const by = await issue({ name: 'purpose', by: pki.root, purposes: [purpose] });

    expect(await outcome({ by })).toBe(expected);
  });

  it('may be an authority that signs for itself', async () => {
    const keyUsage = usage.digitalSignature | usage.keyCertSign;
    const by = await issue({ name: 'both', authority: {}, keyUsage });

    expect(await outcome({ by, trust: trusting(by) })).toBe('accepted');
  });
});

describe('a key', () => {
  it.each([
    ['an exponent of 1', 'AQ', 'CERT_WEAK_KEY'],
    ['an even exponent', 'AQAA', 'CERT_WEAK_KEY'],
    ['the usual exponent', 'AQAB', 'accepted'],
  ])('of RSA with %s', (_, e, expected) => {
    const honest = certificateOf(pki.signers.rsa.certificate);
    const { n = '' } = honest.publicKey?.export({ format: 'jwk' }) ?? {};
    const publicKey = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
    const signer = { ...honest, publicKey };
    const lists = { others: [], crls: [], allowSha1: false };

    let code = 'accepted';
    try {
      requireTrust({ signer, anchors: [honest], ...lists, at: pkiNow });
    } catch (error) {
      if (error instanceof Refused) code = error.code;
    }

    expect(code).toBe(expected);
  });
});

describe('SHA-1 in a certificate', () => {
  it('is refused unless the trust list allows it', async () => {
    const root = await issue({ name: 'rsa root', key: makeKey('rsa'), authority: {} });
    const by = await issue({ name: 'sha-1', by: root, hash: 'SHA-1' });

    expect(await outcome({ by, trust: trusting(root) })).toBe('CERT_WEAK_DIGEST');
    const lenient = { ...trusting(root), allowSha1: true };
    expect(await outcome({ by, trust: lenient })).toBe('accepted');
  });

  it('does not matter in a certificate that is its own anchor', async () => {
    const by = await issue({ name: 'sha-1', key: makeKey('rsa'), hash: 'SHA-1' });

    expect(await outcome({ by, trust: trusting(by) })).toBe('accepted');
  });
});

describe('validity', () => {
  it('is judged at reception, to the second, ends included', async () => {
    const [from, to] = [new Date('2026-03-01T00:00:00Z'), new Date('2026-04-01T00:00:00Z')];
    const by = await issue({ name: 'short', by: pki.root, from, to });
    const at = (instant: Date, ms: number): Date => new Date(instant.getTime() + ms);

    expect(await outcome({ by, at: at(from, -1) })).toBe('CERT_NOT_YET_VALID');
    expect(await outcome({ by, at: from })).toBe('accepted');
    expect(await outcome({ by, at: to })).toBe('accepted');
    expect(await outcome({ by, at: at(to, 1) })).toBe('CERT_EXPIRED');
  });

  it('reads dates beyond 2049', async () => {
    const by = await issue({ name: 'long', by: pki.root, to: new Date('2055-01-01T00:00:00Z') });

    expect(await outcome({ by })).toBe('accepted');
  });
});

describe('revocation', () => {
  const by = (): Issued => pki.signers.revoked;

  async function under(crls: readonly Buffer[], signer = by(), at = pkiNow): Promise<string> {
    return outcome({ by: signer, at, trust: pki.trust({ crls }) });
  }

  it('is not checked for an issuer without a list', async () => {
    expect(await under([])).toBe('accepted');
    expect(await under([pki.crls.root])).toBe('accepted');
  });

  it('is found on a list attached to any anchor', async () => {
    expect(await under([pki.crls.root, pki.crls.fresh])).toBe('CERT_REVOKED');
    expect(await under([pki.crls.fresh], pki.signers.ec)).toBe('accepted');
  });

  it('counts from its date', async () => {
    const before = new Date(revokedOn.getTime() - 1);

    const early = await makeCrl({
      by: pki.issuing,
      since: new Date('2026-04-30T00:00:00Z'),
      revoked: [{ serial: by().serial, at: revokedOn }],
    });
    expect(await under([early], by(), before)).toBe('accepted');
    expect(await under([early], by(), revokedOn)).toBe('CERT_REVOKED');
  });

  it('is unknown when every list is stale', async () => {
    const signer = pki.signers.ec;

    expect(await under([pki.crls.stale], signer)).toBe('CERT_REVOCATION_UNKNOWN');
    expect(await under([pki.crls.stale, pki.crls.fresh], signer)).toBe('accepted');
  });

  it('is unknown from a list that does not say until when', async () => {
    const endless = await makeCrl({ by: pki.issuing, until: null });

    expect(await under([endless], pki.signers.ec)).toBe('CERT_REVOCATION_UNKNOWN');
  });

  it('may be told by a list younger than the reception, within a week', async () => {
    const revoked = [{ serial: by().serial, at: revokedOn }];
    const days = (count: number): Date => new Date(pkiNow.getTime() + count * 86_400_000);
    const younger = await makeCrl({ by: pki.issuing, since: days(1), revoked });
    const tooYoung = await makeCrl({ by: pki.issuing, since: days(8), revoked });

    expect(await under([younger])).toBe('CERT_REVOKED');
    expect(await under([younger], pki.signers.ec)).toBe('accepted');
    expect(await under([tooYoung], pki.signers.ec)).toBe('CERT_REVOCATION_UNKNOWN');
  });

  it("is unknown from a list not signed by the issuer's key", async () => {
    const forged = await makeCrl({ by: pki.issuing, key: makeKey('rsa') });
    const otherKind = await makeCrl({ by: pki.issuing, key: makeKey('ec') });

    expect(await under([forged], pki.signers.ec)).toBe('CERT_REVOCATION_UNKNOWN');
    expect(await under([otherKind], pki.signers.ec)).toBe('CERT_REVOCATION_UNKNOWN');
    expect(await under([forged, pki.crls.fresh])).toBe('CERT_REVOKED');
  });

  it('is unknown when the issuer may not sign lists', async () => {
    const sub = await issue({
      name: 'mute',
      by: pki.root,
      authority: {},
      keyUsage: usage.keyCertSign,
    });
    const signer = await issue({ name: 'below', by: sub });
    const crl = await makeCrl({ by: sub });

    const trust = trusting(sub, crl);
    expect(await outcome({ by: signer, trust })).toBe('CERT_REVOCATION_UNKNOWN');
  });

  it.each([
    ['delta', new x509.Extension('2.5.29.27', true, new Uint8Array([2, 1, 1]))],
    ['indirect', scope([0x84, 1, 0xff])],
    ['attribute certificates only', scope([0x85, 1, 0xff])],
    ['authorities only', scope([0x82, 1, 0xff])],
    ['some reasons only', scope([0x83, 2, 6, 0x40])],
  ])('is unknown from a list that is partial: %s', async (_, extension) => {
    const partial = await makeCrl({ by: pki.issuing, extensions: [extension] });

    expect(await under([partial], pki.signers.ec)).toBe('CERT_REVOCATION_UNKNOWN');
  });

  it('may be told by a list of signers only', async () => {
    const revoked = [{ serial: by().serial, at: revokedOn }];
    const extensions = [scope([0x81, 1, 0xff])];
    const crl = await makeCrl({ by: pki.issuing, extensions, revoked });

    expect(await under([crl])).toBe('CERT_REVOKED');
    expect(await under([crl], pki.signers.ec)).toBe('accepted');
  });

  it('may be told by the list a certificate points at, and by no other part', async () => {
    const point = 'http://crl.test/1';
    const extensions = [new x509.CRLDistributionPointsExtension([point])];
    const signer = await issue({ name: 'pointing', by: pki.issuing, extensions });
    const own = await makeCrl({ by: pki.issuing, extensions: [scopeAt(point)] });
    const other = await makeCrl({ by: pki.issuing, extensions: [scopeAt('http://crl.test/2')] });

    expect(await under([own], signer)).toBe('accepted');
    expect(await under([other], signer)).toBe('CERT_REVOCATION_UNKNOWN');
    expect(await under([own], pki.signers.ec)).toBe('CERT_REVOCATION_UNKNOWN');
  });

  it('reaches the authorities on the path', async () => {
    const sub = await issue({ name: 'gone', by: pki.root, authority: {} });
    const signer = await issue({ name: 'below', by: sub });
    const crl = await makeCrl({ by: pki.root, revoked: [{ serial: sub.serial, at: revokedOn }] });

    expect(await outcome({ by: signer, chain: [sub], trust: trusting(pki.root, crl) })).toBe(
      'CERT_REVOKED',
    );
  });

  it('reaches a certificate that is its own anchor when its issuer is at hand', async () => {
    const revoked = by();
    const anchors = [
      { der: revoked.certificate, crls: [] },
      { der: pki.issuing.certificate, crls: [pki.crls.fresh] },
    ];
    expect(await outcome({ by: revoked, trust: { anchors, allowSha1: false } })).toBe(
      'CERT_REVOKED',
    );
    const lone = trusting(revoked, pki.crls.fresh);
    expect(await outcome({ by: revoked, trust: lone })).toBe('CERT_REVOCATION_UNKNOWN');
  });

  it('finds one serial number among many', async () => {
    const others = Array.from({ length: 300 }, (_, index) => ({
      serial: (0x10_0000 + index).toString(16),
      at: revokedOn,
    }));
    const revoked = [...others, { serial: by().serial, at: revokedOn }];

    const crl = await makeCrl({ by: pki.issuing, revoked });

    expect(await under([crl])).toBe('CERT_REVOKED');
    expect(await under([crl], pki.signers.ec)).toBe('accepted');
  });
});

/** A critical issuingDistributionPoint with these bytes inside. */
function scope(bytes: readonly number[]): x509.Extension {
  return new x509.Extension('2.5.29.28', true, new Uint8Array([0x30, bytes.length, ...bytes]));
}

function scopeAt(address: string): x509.Extension {
  const uri = [0x86, address.length, ...Buffer.from(address)];
  return scope([0xa0, uri.length + 2, 0xa0, uri.length, ...uri]);
}

describe('a trust list that cannot be read', () => {
  it('is a failure of the operator, not a verdict', async () => {
    const signature = opensslSign({ by: pki.signers.ec });
    const broken = { anchors: [{ der: Buffer.from('no'), crls: [] }], allowSha1: false };
    const brokenCrl = trusting(pki.issuing, Buffer.from('no'));

    for (const trust of [broken, brokenCrl]) {
      const verdict = verifySeal({ signature, content: contentOf(content), trust, at: pkiNow });
      await expect(verdict).rejects.toMatchObject({ code: 'seal.unreadable' });
      await expect(verdict).rejects.toBeInstanceOf(Failure);
    }
  });
});
