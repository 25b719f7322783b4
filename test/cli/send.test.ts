import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { notificationChunks, renderReceipt } from '../../src/acknowledgement/index.ts';
import { run } from '../../src/cli/index.ts';
import { sealDigest, sealText, selfSignedCertificate } from '../../src/seal/index.ts';
import type { SelfSigned } from '../../src/seal/index.ts';
import { ticketOf, type Ticket } from '../../src/vocabulary/index.ts';
import { createHash } from 'node:crypto';
import {
  checkDigitFinding,
  notificationStory,
  notifiedForm,
  streamOf,
  textOf,
} from '../make/notified-form.ts';
import { freePort, openSshServer, type OpenSshServer } from '../make/openssh-server.ts';

let server: OpenSshServer;
let signer: SelfSigned;
let files: Readonly<Record<'login' | 'stranger' | 'key' | 'certificate' | 'batch', string>>;
let day = 0;

beforeAll(async () => {
  server = await openSshServer();
  signer = await selfSignedCertificate({
    commonName: 'sender',
    keyPair: { type: 'ec', curve: 'P-256' },
    from: new Date('2020-01-01T00:00:00Z'),
    to: new Date('2100-01-01T00:00:00Z'),
  });
  const place = (name: string, content: string): string => {
    const path = join(server.scratch, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  files = {
    login: place('login', server.loginKey),
    stranger: place('stranger', server.wrongKey),
    key: place('sign.key', signer.keyPem),
    certificate: place('sign.pem', signer.certificatePem),
    batch: place('batch.xml', '<A><Form></Form><Form></Form></A>'),
  };
});

afterAll(async () => {
  await server.close();
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function sluis(...words: readonly string[]): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(words, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { code, out: out.join(''), err: err.join('') };
}

function sendLine(o: Readonly<Record<string, string>> = {}): string[] {
  const flags = {
    '--to': `sftp://${server.username}@127.0.0.1:${String(server.port)}`,
    '--identity': files.login,
    '--sign-key': files.key,
    '--sign-certificate': files.certificate,
    '--type': 'DMFA',
    '--sender': '123456',
    '--environment': 'R',
    '--date': String(20_260_100 + day),
    '--host-key': server.fingerprints.ed25519,
    ...o,
  };
  return [
    'send',
    files.batch,
    ...Object.entries(flags)
      .flat()
      .filter((word) => word !== ''),
  ];
}

function goName(): string {
  return `GO.DMFA.123456.${String(20_260_100 + day)}.00001.R.1`;
}

/** Lays an answer down as the gateway does: temporary name, FO, FS, then the empty GO. */
function answer(remainder: string, content: string): void {
  const out = join(server.directory, 'OUT');
  const bytes = Buffer.from(content);
  const seal = sealDigest({
    sha256: createHash('sha256').update(bytes).digest(),
    key: signer.key,
    certificate: signer.certificate,
    at: new Date('2026-01-15T09:00:00Z'),
  });
  writeFileSync(join(out, '.answer.tmp'), bytes);
  renameSync(join(out, '.answer.tmp'), join(out, `FO.${remainder}`));
  writeFileSync(join(out, `FS.${remainder}`), sealText(seal));
  writeFileSync(join(out, `GO.${remainder}`), '');
}

function receiptOf(o: { readonly ticket: Ticket; readonly errors?: readonly string[] }): string {
  const { errors = [] } = o;
  return renderReceipt({
    ticket: o.ticket,
    fileName: goName(),
    result: errors.length === 0 ? 'accepted' : 'refused',
    errors: errors.map((code) => ({ code })),
    at: new Date('2026-01-15T09:00:01Z'),
  });
}

async function notificationOf(ticket: Ticket): Promise<string> {
  const sound = notifiedForm(1);
  const broken = notifiedForm(2, { verdict: 'refused', findings: [checkDigitFinding()] });
  const story = notificationStory({ ticket, fileName: goName() });
  return await textOf(notificationChunks(story, streamOf([sound, broken])));
}

async function started(): Promise<void> {
  const go = join(server.directory, 'IN', goName());
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 10) {
    if (existsSync(go)) return;
    await pause(10);
  }
  throw new Error('the GO never came');
}

beforeEach(() => {
  day += 1;
  for (const name of readdirSync(join(server.directory, 'OUT'))) {
    rmSync(join(server.directory, 'OUT', name));
  }
});

describe('sluis send', () => {
  it('reports receipt and notification as one JSON document and exits 1 for a refusal', async () => {
    const ticket = ticketOf(900 + day);
    answer('ACRF.999999.20260101.00001.R', receiptOf({ ticket: ticketOf(1), errors: ['125'] }));

    const sending = sluis(...sendLine(), '--wait', '--json');
    await started();
    answer('ACRF.999999.20260115.00001.R', receiptOf({ ticket }));
    answer('NOTI.999999.20260115.00002.R', await notificationOf(ticket));
    const { code, out } = await sending;

    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      fileName: goName(),
      receipt: { ticket, accepted: true, errors: [] },
      notification: {
        accepted: 1,
        refused: 1,
        findings: [
          {
            declaration: 2,
            errorId: '00014-004',
            anomalyClass: 'B',
            tag: 'CompanyID',
            value: '0206731644',
            line: 12,
            column: 18,
            location: '1,1,7,2',
            created: '2026-01-15 09:29:58.123',
            employer: '0206731645',
          },
        ],
      },
    });
  });

  it('leaves OUT as it was, unless told to collect', async () => {
    const ticket = ticketOf(900 + day);
    const answers = mkdtempSync(join(tmpdir(), 'sluis-kept-'));

    const sending = sluis(
      ...sendLine({ '--answers': answers, '--trust': files.certificate }),
      '--wait',
      '--collect',
    );
    await started();
    answer('ACRF.999999.20260115.00001.R', receiptOf({ ticket, errors: ['133'] }));
    answer('ACRF.999999.20260115.00009.R', receiptOf({ ticket }).replace(goName(), 'GO.OTHER'));
    const { code, out, err } = await sending;

    expect(code).toBe(1);
    expect(out).toContain('ACRF-133');
    expect(err).toContain('next --sequence');
    expect(readdirSync(join(server.directory, 'OUT')).sort()).toEqual(
      ['FO', 'FS', 'GO'].map((prefix) => `${prefix}.ACRF.999999.20260115.00009.R`),
    );
    expect(readFileSync(join(answers, 'FO.ACRF.999999.20260115.00001.R'), 'utf8')).toContain(
      ticket,
    );
    rmSync(answers, { recursive: true });
  });

  it('does not believe an answer that another key has signed', async () => {
    const stranger = await selfSignedCertificate({
      commonName: 'stranger',
      keyPair: { type: 'ec', curve: 'P-256' },
      from: new Date('2020-01-01T00:00:00Z'),
      to: new Date('2100-01-01T00:00:00Z'),
    });
    const other = join(server.scratch, 'stranger.pem');
    writeFileSync(other, stranger.certificatePem);

    const sending = sluis(...sendLine({ '--trust': other }), '--wait');
    await started();
    answer('ACRF.999999.20260115.00001.R', receiptOf({ ticket: ticketOf(5) }));
    const { code, err } = await sending;

    expect(err).toContain('sender.bad-answer');
    expect(code).toBe(3);
  });

  it('exits 0 when it was sent and nobody waits', async () => {
    const { code, out } = await sluis(...sendLine());

    expect({ code, out }).toEqual({ code: 0, out: `${goName()}: sent, 2 declarations\n` });
  });

  it('exits 3 when no answer comes in time', async () => {
    const { code, err } = await sluis(...sendLine({ '--wait-for': '300ms' }), '--wait');

    expect(err).toContain('sender.no-answer');
    expect(code).toBe(3);
  });

  it('exits 3 when nobody listens, with the address', async () => {
    const port = String(await freePort());

    const { code, err } = await sluis(...sendLine({ '--to': `sftp://me@127.0.0.1:${port}` }));

    expect(err).toContain('channel.unreachable');
    expect(err).toContain(port);
    expect(code).toBe(3);
  });

  it('exits 3 when the host key is another than pinned', async () => {
    const { code, err } = await sluis(...sendLine({ '--host-key': `SHA256:${'x'.repeat(43)}` }));

    expect(err).toContain('channel.host-key');
    expect(code).toBe(3);
  });

  it('exits 4 when the login is refused', async () => {
    const { code, err } = await sluis(...sendLine({ '--identity': files.stranger }));

    expect(err).toContain('sender.refused');
    expect(code).toBe(4);
  });

  it.each([
    ['a password in the address', { '--to': 'sftp://me:secret@127.0.0.1' }],
    ['no address', { '--to': 'ftp://me@127.0.0.1' }],
    ['an unknown environment', { '--environment': 'X' }],
    ['a certificate without its key', { '--sign-key': '' }],
    ['a sender number that is none', { '--sender': '12' }],
  ])('exits 2 for %s', async (_, flags) => {
    const line = sendLine(flags).filter(
      (word, at, all) => word !== '--sign-key' || all[at + 1] === files.key,
    );

    const { code, err } = await sluis(...line);

    expect(code).toBe(2);
    expect(err).not.toContain('secret');
  });
});

describe('sluis make', () => {
  it('writes a batch and the mandates of its employers', async () => {
    const batch = join(server.scratch, 'made.xml');
    const mandates = join(server.scratch, 'made.csv');

    const first = await sluis(
      'make',
      'medc',
      '--declarations',
      '25',
      '--seed',
      '3',
      '--out',
      batch,
    );
    const second = await sluis(
      ...['make', 'mandates', '--declarations', '25', '--seed', '3'],
      ...['--mandatary', '0206731645', '--out', mandates],
    );

    expect([first.code, second.code]).toEqual([0, 0]);
    const employers = [...readFileSync(batch, 'utf8').matchAll(/<CompanyID>(\d+)</g)];
    const lines = readFileSync(mandates, 'utf8').trimEnd().split('\n').slice(1);
    expect(lines.map((line) => line.slice(0, 10))).toEqual(employers.map(([, number]) => number));
    expect(employers.length).toBe(25);
  });

  it.each([
    ['--declarations', 'many'],
    ['--declarations', '5', '--year', '1999'],
    ['--declarations', '5', '--invalid', '120'],
    ['--declarations', '5', '--created', '2026-02-30'],
  ])('exits 2 for %s %s', async (...words) => {
    const { code } = await sluis('make', 'medc', ...words);

    expect(code).toBe(2);
  });
});
