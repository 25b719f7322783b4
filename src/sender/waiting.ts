import { createReadStream } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import {
  Failure,
  outDirectories,
  type Clock,
  type Environment,
  type Facts,
  type OutDirectory,
} from '../vocabulary/index.ts';
import type { Answer, AnswerBox } from './answer-box.ts';
import { tallyNotification, type NotifiedFinding, type Tally } from './notification.ts';
import { readReceipts, type Receipt } from './receipt.ts';

/** A receipt and where it was kept. */
export interface ReceivedReceipt extends Receipt {
  readonly path: string;
}

/** The verdicts on the declarations of one set. */
export interface ReceivedNotification {
  readonly ticket: string;
  readonly accepted: number;
  readonly refused: number;
  readonly findings: readonly NotifiedFinding[];
  /** True when there were more findings than are kept here; the files hold all of them. */
  readonly findingsCut: boolean;
  readonly paths: readonly string[];
}

export interface Waiting {
  /** Default 10 minutes. */
  readonly timeoutMs?: number;
}

export interface NotificationWaiting extends Waiting {
  /** Default R. */
  readonly environment?: Environment;
  /** Verdicts to wait for: they may come in several files. Default: the first file ends the wait. */
  readonly declarations?: number;
}

export interface OtherAnswerWaiting extends NotificationWaiting {
  /** Any type but ACRF and NOTI when not named. */
  readonly type?: string;
}

/** Where answers come in, and how patiently they are looked for. */
export interface Post {
  readonly box: AnswerBox;
  readonly pollIntervalMs: number;
  readonly collect: boolean;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
}

/** Throws Failure `sender.no-answer` when the receipt does not come in time. */
export async function waitForReceipt(
  post: Post,
  fileName: string,
  o: Waiting,
): Promise<ReceivedReceipt> {
  const directory = outDirectories[environmentOf(fileName)];
  const facts = { fileName, answer: 'ACRF' };
  return await lookUntil(post, { directory, facts, ...o }, async (answer) => {
    if (answer.type !== 'ACRF') return undefined;
    const path = await post.box.fetch(directory, answer);
    const receipts = await readReceipts(path);
    const ours = receipts.find((receipt) => areOfOneSet(receipt.fileName, fileName));
    // A file may hold receipts of several sets, each to be asked for on its own.
    if (ours === undefined) return undefined;
    await collectIfAsked(post, directory, answer);
    return { ...ours, path };
  });
}

function environmentOf(fileName: string): Environment {
  const environment = fileName.split('.')[5];
  if (environment === 'R' || environment === 'T' || environment === 'S') return environment;
  throw new Failure('cli.usage', { fileName, expected: 'the name of a GO, FI or FS' });
}

const prefixCharacters = 3;

/** The names of a set agree in what follows the prefix, up to parts and part. */
function areOfOneSet(one: string, other: string): boolean {
  const keyOf = (name: string): string =>
    name.slice(prefixCharacters).split('.').slice(0, 5).join('.');
  return one === other || keyOf(one) === keyOf(other);
}

/**
 * Adds up the notifications of a set until there is a verdict for every declaration expected.
 * Throws Failure `sender.no-answer` when they do not come in time.
 */
export async function waitForNotification(
  post: Post,
  ticket: string,
  o: NotificationWaiting,
): Promise<ReceivedNotification> {
  const directory = outDirectories[o.environment ?? 'R'];
  const tally: Tally = { accepted: 0, refused: 0, findings: [], findingsCut: false };
  const paths: string[] = [];
  const facts = { ticket, answer: 'NOTI' };
  await lookUntil(post, { directory, facts, ...o }, async (answer) => {
    if (answer.type !== 'NOTI') return undefined;
    const path = await post.box.fetch(directory, answer);
    if ((await tallyNotification(path, { ticket, tally })) === 0) return undefined;
    paths.push(path);
    await collectIfAsked(post, directory, answer);
    return tally.accepted + tally.refused >= (o.declarations ?? 1) ? true : undefined;
  });
  return { ticket, ...tally, paths };
}

/** Throws Failure `sender.no-answer` when no such answer comes in time. */
export async function waitForAnswer(
  post: Post,
  ticket: string,
  o: OtherAnswerWaiting,
): Promise<string> {
  const directory = outDirectories[o.environment ?? 'R'];
  const facts = { ticket, answer: o.type ?? 'any' };
  return await lookUntil(post, { directory, facts, ...o }, async (answer) => {
    const wanted = o.type === undefined ? !isAcknowledgement(answer) : answer.type === o.type;
    if (!wanted) return undefined;
    const path = await post.box.fetch(directory, answer);
    if (!(await namesTicket(path, ticket))) return undefined;
    await collectIfAsked(post, directory, answer);
    return path;
  });
}

function isAcknowledgement({ type }: Answer): boolean {
  return type === 'ACRF' || type === 'NOTI';
}

interface Looking extends Waiting {
  readonly directory: OutDirectory;
  readonly facts: Facts;
}

const timeoutMsUsual = 600_000;

/** Shows every complete answer to `examine`, each one once, until it is what was waited for. */
async function lookUntil<T>(
  post: Post,
  o: Looking,
  examine: (answer: Answer) => Promise<T | undefined>,
): Promise<T> {
  const { timeoutMs = timeoutMsUsual } = o;
  const deadline = post.clock.now().getTime() + timeoutMs;
  const examined = new Set<string>();
  for (;;) {
    for (const answer of await post.box.present(o.directory)) {
      if (examined.has(answer.name)) continue;
      examined.add(answer.name);
      const found = await examine(answer);
      if (found !== undefined) return found;
    }
    const leftMs = deadline - post.clock.now().getTime();
    if (leftMs <= 0) throw new Failure('sender.no-answer', { ...o.facts, waitedMs: timeoutMs });
    const waitMs = Math.min(post.pollIntervalMs, leftMs);
    await pause(waitMs, undefined, post.signal === undefined ? {} : { signal: post.signal });
  }
}

async function collectIfAsked(post: Post, directory: OutDirectory, answer: Answer): Promise<void> {
  if (post.collect) await post.box.collect(directory, answer);
}

async function namesTicket(path: string, ticket: string): Promise<boolean> {
  const wanted = `>${ticket}<`;
  let tail = '';
  for await (const piece of createReadStream(path, { encoding: 'latin1' })) {
    const text = tail + String(piece);
    if (text.includes(wanted)) return true;
    tail = text.slice(-wanted.length);
  }
  return false;
}
