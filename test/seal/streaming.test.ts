import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { sealDigest, verifySeal } from '../../src/seal/index.ts';
import type { ContentSource } from '../../src/seal/index.ts';
import { makePki, pkiNow } from '../make/pki.ts';
import type { Pki } from '../make/pki.ts';

/** Lines of about 52 bytes: chunks of about 1 MiB. */
const linesPerChunk = 20_000;
const long = process.env['SLUIS_TEST_LONG'] === '1';
const fileMib = long ? 1024 : 64;
const growthMibMax = 48;

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});

/** Lines of XML repeated, never held whole; `end` closes each line. */
function linesOf(end: string): ContentSource {
  const line = `<Form><Identification>DMFA</Identification></Form>${end}`;
  const chunk = Buffer.from(line.repeat(linesPerChunk));
  return {
    async *open() {
      for (let mib = 0; mib < fileMib; mib += 1) yield await Promise.resolve(Buffer.from(chunk));
    },
  };
}

/** The content again, with the largest resident set seen while it was read. */
function watched(content: ContentSource): { source: ContentSource; peakMib: () => number } {
  let peak = 0;
  async function* open(): AsyncGenerator<Buffer> {
    for await (const chunk of content.open()) {
      peak = Math.max(peak, process.memoryUsage.rss());
      yield chunk;
    }
  }
  return { source: { open }, peakMib: () => peak / 1024 / 1024 };
}

async function digestOf(content: ContentSource): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of content.open()) hash.update(chunk);
  return hash.digest();
}

describe(`a file of ${String(fileMib)} MiB`, () => {
  it.each([
    ['binary', '\r\n', '\r\n'],
    ['text', '\n', '\r\n'],
  ])('is verified in %s mode with flat memory', async (mode, travels, signed) => {
    const { key, certificate } = pki.signers.ec;
    const sha256 = await digestOf(linesOf(signed));
    const signature = sealDigest({ sha256, key, certificate, at: pkiNow });
    const { source, peakMib } = watched(linesOf(travels));
    const before = process.memoryUsage.rss() / 1024 / 1024;

    const verdict = await verifySeal({
      signature,
      content: source,
      trust: pki.trust(),
      at: pkiNow,
    });

    expect(verdict).toMatchObject({ ok: true, mode });
    expect(peakMib() - before).toBeLessThan(growthMibMax);
  });

  it('stops where reading fails', async () => {
    const { key, certificate } = pki.signers.ec;
    const signature = sealDigest({ sha256: Buffer.alloc(32), key, certificate, at: pkiNow });
    const content: ContentSource = {
      async *open() {
        yield await Promise.resolve(Buffer.from('<a'));
        throw new Error('the disk is gone');
      },
    };

    const verdict = verifySeal({ signature, content, trust: pki.trust(), at: pkiNow });

    await expect(verdict).rejects.toThrow('the disk is gone');
  });
});
