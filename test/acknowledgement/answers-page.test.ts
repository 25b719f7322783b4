import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  answerName,
  answerSchemas,
  notificationChunks,
  renderReceipt,
  statementChunks,
} from '../../src/acknowledgement/index.ts';
import { sealDigest, sealText, selfSignedCertificate } from '../../src/seal/index.ts';
import { ticketOf } from '../../src/vocabulary/index.ts';
import {
  checkDigitFinding,
  notificationStory,
  notifiedForm,
  streamOf,
  textOf,
} from '../make/notified-form.ts';
import { assessment, statedForm, statementStory } from '../make/stated-form.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/answers.md'), 'utf8');
const opensslIsPresent = spawnSync('openssl', ['version']).error === undefined;

function blocksOf(language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm');
  return [...page.matchAll(pattern)].map(([, block = '']) => block);
}

/** Without the indentation, which differs between a page and a document. */
function flat(text: string): string {
  return text.replace(/^ +/gm, '').trim();
}

describe('page about answers', () => {
  it('shows a receipt as it is written', () => {
    const xml = renderReceipt({
      ticket: ticketOf(4711),
      fileName: 'GO.MEDC.012345.20260115.00001.R.1',
      result: 'refused',
      errors: [{ code: '125' }],
      at: new Date('2026-01-15T08:30:01.250Z'),
    });

    expect(flat(xml)).toContain(flat(blocksOf('xml')[0] ?? 'no example'));
  });

  it('shows a verdict as it is written', async () => {
    const { detail, ...finding } = checkDigitFinding();
    const form = notifiedForm(1, { verdict: 'refused', findings: [finding] });

    const xml = await textOf(notificationChunks(notificationStory(), streamOf([form])));

    expect(detail).toBeDefined();
    expect(flat(xml)).toContain(flat(blocksOf('xml')[1] ?? 'no example'));
  });

  it('shows an assessment as it is written', async () => {
    const trace = [{ rule: 'R08', basis: 'art. 14/9', text: '5 x 379.48', value: '1897.40' }];
    const form = statedForm(1, {
      assessment: assessment({ levy: '0.00', total: '1897.40', trace }),
    });

    const xml = await textOf(statementChunks(statementStory(), streamOf([form])));

    expect(flat(xml)).toContain(flat(blocksOf('xml')[2] ?? 'no example'));
  });

  it('names the schemas that answers name', () => {
    const { ACRF, NOTIFICATION } = answerSchemas;

    expect([ACRF, NOTIFICATION].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

(opensslIsPresent ? describe : describe.skip)('verifying an answer as the page says', () => {
  const names = { kind: 'NOTI', date: '20260115', sequence: '00002', environment: 'R' } as const;
  const answer = answerName({ prefix: 'FO', ...names });
  const now = new Date();
  const day = 86_400_000;
  let folder = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'answers-'));
    const forms = streamOf([notifiedForm()]);
    const content = await textOf(notificationChunks(notificationStory(), forms));
    const { key, certificate, certificatePem } = await selfSignedCertificate({
      commonName: 'gateway under test',
      from: new Date(now.getTime() - day),
      to: new Date(now.getTime() + day),
    });
    const sha256 = createHash('sha256').update(content).digest();
    const seal = sealText(sealDigest({ sha256, key, certificate, at: now }));
    writeFileSync(join(folder, answer), content);
    writeFileSync(join(folder, answerName({ prefix: 'FS', ...names })), seal);
    writeFileSync(join(folder, 'gateway.pem'), certificatePem);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const verify = (): void => {
    const script = `set -e\n${blocksOf('sh')[0] ?? 'exit 1'}`;
    execFileSync('sh', ['-c', script], { cwd: folder, stdio: 'pipe' });
  };

  it('succeeds for the answer as it was written', () => {
    verify();

    const verified = readFileSync(join(folder, 'verified.xml'));
    expect(verified.equals(readFileSync(join(folder, answer)))).toBe(true);
  });

  it('fails when a single character of the answer was changed', () => {
    const content = readFileSync(join(folder, answer), 'utf8');
    writeFileSync(join(folder, answer), content.replace('NOTI001', 'NOTI002'));

    expect(verify).toThrow();
  });
});
