import { describe, expect, it } from '@jest/globals';
import { totpSheet } from '../../src/identity/signin/totp.ts';
import { readQr } from '../make/qr-reader.ts';

describe('the picture of an app’s secret (ACC-96)', () => {
  it.each([
    ['sluis', 'jan', 'JBSWY3DPEHPK3PXP'],
    ['sluis', 'a'.repeat(30), 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'],
    ['Sociaal secretariaat Élan & Co', 'person0001', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'],
    ['A'.repeat(60), '0123456789'.repeat(3), '234567ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
  ])('of %s for %s, read as a camera does, is the address to set it up', async (...wish) => {
    const [issuer, account, secret] = wish;
    const { qrSvg, uri } = await totpSheet({ issuer, account, secret });

    expect(readQr(qrSvg)).toBe(uri);
  });

  it('is not read when a square is wrong', async () => {
    const { qrSvg } = await totpSheet({ issuer: 'sluis', account: 'jan', secret: 'JBSWY3DP' });
    // A dark line where there are data.
    const spoilt = qrSvg.replace(/"\/><\/svg>\s*$/, 'M15 19.5h8$&');

    expect(spoilt).not.toBe(qrSvg);
    expect(() => readQr(spoilt)).toThrow('a check byte is wrong');
  });
});
