import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { envelopeFaults, type Delivered } from '../../../src/channels/sftp-remote/isabel.ts';
import type { SenderNumber } from '../../../src/vocabulary/index.ts';

const hub = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const sha256 = createHash('sha256').update('PK').digest('hex');

const partner = {
  hubKey: hub.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  destinations: [{ number: '123456', mailbox: 'BOX1' }],
  productionUsers: ['JANSSENS'],
};

const file: Delivered = {
  sender: '123456' as SenderNumber,
  environment: 'R',
  name: 'FI.MEDC.123456.20260115.00001.R.1.1',
  ...{ sha256, isZip: true },
};

const sound = { Mailbox: 'BOX1', User: 'JANSSENS', Status: 'ok', Digest: sha256 };

function envelope(fields: Readonly<Record<string, string>> = {}, by = hub): Buffer {
  const lines = Object.entries({ ...sound, ...fields }).map(
    ([name, value]) => `${name}: ${value}\n`,
  );
  const signature = sign(null, Buffer.from(lines.join('')), by.privateKey).toString('base64');
  return Buffer.from(`${lines.join('')}Signature: ${signature}\n`);
}

function codes(bytes: Buffer | undefined, over: Partial<Delivered> = {}): readonly string[] {
  return envelopeFaults(bytes, partner, { ...file, ...over }).map(({ code }) => code);
}

describe('the envelope of the bank network', () => {
  it('is sound when the hub signed it for this file, mailbox and user', () => {
    expect(codes(envelope())).toEqual([]);
  });

  it.each([
    ['038', 'signed by another', envelope({}, stranger), {}],
    [
      '038',
      'changed after it was signed',
      Buffer.from(envelope().toString().replace('BOX1', 'BOX2')),
      {},
    ],
    ['038', 'signed with rubbish', Buffer.from('Status: ok\nSignature: AAAA\n'), {}],
    ['039', 'of a user who may not send to production', envelope({ User: 'PEETERS' }), {}],
    ['140', 'of another mailbox', envelope({ Mailbox: 'BOX2' }), {}],
    ['140', 'of a sender that has no mailbox', envelope(), { sender: '654321' as SenderNumber }],
    ['141', 'with the digest of another file', envelope({ Digest: '00'.repeat(32) }), {}],
    ['143', 'that tells of a repetition', envelope({ Status: 'duplicate' }), {}],
    ['156', 'that tells of trouble', envelope({ Status: 'error 7' }), {}],
    ['156', 'that is not there', undefined, {}],
    ['171', 'without a signature', Buffer.from('Status: ok\n'), {}],
    ['171', 'of data that is not compressed', envelope(), { isZip: false }],
  ] as const)('leads to %s when it is one %s', (code, _, bytes, over) => {
    expect(codes(bytes, over)).toEqual([code]);
  });

  it('lets every user test, and wants no compressed GO', () => {
    const tested = codes(envelope({ User: 'PEETERS' }), { environment: 'T' });
    const go = codes(envelope(), { name: 'GO.MEDC.123456.20260115.00001.R.1', isZip: false });

    expect([tested, go]).toEqual([[], []]);
  });
});
