import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContentSource } from '../../src/seal/index.ts';
import type { Issued } from './pki.ts';

export const content = Buffer.from(
  '<?xml version="1.0"?>\r\n<DmfAOriginal>\r\n</DmfAOriginal>\r\n',
);

/** A content that lies in memory. */
export function contentOf(...chunks: readonly Buffer[]): ContentSource {
  return {
    async *open() {
      yield* await Promise.resolve(chunks);
    },
  };
}

/**
 * Signs with the OpenSSL command, `cms -sign -binary -outform DER` unless told otherwise; the
 * arguments are those of the command line, separated by spaces.
 */
export function opensslSign(o: {
  by: Issued;
  /** Signs beside `by`. */
  and?: Issued;
  content?: Buffer;
  command?: 'cms' | 'smime';
  options?: string;
  form?: 'DER' | 'PEM' | 'SMIME';
  /** Certificates to send along. */
  chain?: readonly Issued[];
}): Buffer {
  const { by, and, options = '-binary', form = 'DER', chain = [] } = o;
  const more = chain.map(({ certificatePem }) => certificatePem).join('');
  return inFolder({ content: o.content ?? content, more }, (folder) => {
    const signers = [by, ...(and === undefined ? [] : [and])].flatMap((signer, index) => {
      const name = `signer${String(index)}`;
      writeFileSync(join(folder, `${name}.pem`), signer.certificatePem);
      writeFileSync(join(folder, `${name}.key`), signer.keyPem);
      return ['-signer', `${name}.pem`, '-inkey', `${name}.key`];
    });
    const certificates = chain.length === 0 ? [] : ['-certfile', 'more'];
    const fixed = `-sign -in content -out signature -outform ${form}`.split(' ');
    // Key options belong to the signer that stands before them.
    const given = options === '' ? [] : options.split(' ');
    openssl(folder, [o.command ?? 'cms', ...fixed, ...certificates, ...signers, ...given]);
    return readFileSync(join(folder, 'signature'));
  });
}

/** A self-signed certificate, valid from now, for a kind of key the other builder does not know. */
export function opensslSelfSigned(key: KeyObject): Issued {
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const pem = opensslWith({ key: keyPem }, 'req -x509 -key key -subj /CN=odd -days 30 -out out');
  const { raw: certificate, serialNumber } = new X509Certificate(pem);
  return {
    name: 'odd',
    key,
    keyPem,
    certificate,
    certificatePem: pem.toString(),
    serial: serialNumber.toLowerCase(),
  };
}

/** Whether the OpenSSL command verifies a detached signature, with no opinion on the path. */
export function opensslVerifies(o: { signature: Buffer; content: Buffer }): boolean {
  return inFolder(o, (folder) => {
    const options = '-verify -binary -inform DER -in signature -content content -noverify -out out';
    try {
      openssl(folder, ['cms', ...options.split(' ')]);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs the OpenSSL command in a folder that holds these files, and gives one file it wrote. */
export function opensslWith(
  files: Readonly<Record<string, Buffer | string>>,
  options: string,
): Buffer {
  return inFolder(files, (folder) => {
    openssl(folder, options.split(' '));
    return readFileSync(join(folder, 'out'));
  });
}

function openssl(folder: string, options: readonly string[]): void {
  execFileSync('openssl', options, { cwd: folder, stdio: 'pipe' });
}

function inFolder<T>(
  files: Readonly<Record<string, Buffer | string>>,
  act: (folder: string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'sluis-cms-'));
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
