import { createPrivateKey, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readCertificates, selfSignedCertificate } from './seal/index.ts';
import type { SigningKey } from './stages.ts';
import { Failure, type Clock } from './vocabulary/index.ts';

const yearMs = 365 * 86_400_000;
const validYears = 5;

/**
 * The key that signs answers, with its certificate, in one file of the keys directory. It is made
 * at first start and kept; an operator may put a pair of an authority in its place. Two processes
 * that start at once end with the same key: the file appears whole, by link, and only once.
 */
export async function ensureSigningKey(directory: string, clock: Clock): Promise<SigningKey> {
  const path = join(directory, 'signing.pem');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    return await readSigningKey(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  await placeOnce(path, await newPair(clock));
  return readSigningKey(path);
}

async function newPair(clock: Clock): Promise<string> {
  const from = clock.now();
  const made = await selfSignedCertificate({
    commonName: 'sluis gateway',
    from,
    to: new Date(from.getTime() + validYears * yearMs),
  });
  return `${made.keyPem.trim()}\n${made.certificatePem.trim()}\n`;
}

async function placeOnce(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readSigningKey(path: string): Promise<SigningKey> {
  const pem = await readFile(path);
  const certificate = readCertificates(pem)[0]?.der;
  if (certificate === undefined) throw new Failure('seal.unreadable', { path });
  try {
    return { key: createPrivateKey(pem), certificate };
  } catch (error) {
    throw new Failure('seal.unreadable', { path }, error);
  }
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code;
}
