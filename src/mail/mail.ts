import { randomUUID } from 'node:crypto';
import { Failure, type Clock, type Language } from '../vocabulary/index.ts';
import type { LetterName } from './letter-names.ts';
import type { Carrier, MailRecord, MailState, MailStore, MailVault, Transaction } from './ports.ts';
import { requireRecipient, writeLetter } from './write-letter.ts';

export interface LetterWish {
  readonly template: LetterName;
  readonly to: string;
  readonly language: Language;
  readonly data: Readonly<Record<string, string>>;
  /** It carries something that opens a door: its text is sealed, and blanked once it was sent. */
  readonly secret?: boolean;
}

/** A letter as operators see it in lists: its text is asked for one by one. */
export type MailLine = Omit<MailRecord, 'body' | 'runAfter'>;

/** Letters go out by way of the database: written with the act they tell of, delivered afterwards. */
export interface Mail {
  /** @throws Failure `mail.refused` */
  send(letter: LetterWish, trx?: Transaction): Promise<void>;
  /** Whether there is a server to deliver to; without one letters are held. */
  readonly delivers: boolean;
  /** Delivers what is due; gives how many letters left. Any number of processes may do that. */
  deliver(): Promise<number>;
  list(o: {
    readonly states?: readonly MailState[];
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly MailLine[]>;
  /** With the text; that of a letter with a secret only when `reveal` is given. */
  show(id: string, o: { readonly reveal: boolean }): Promise<MailLine & { readonly body: string }>;
  /** Makes a held or dead letter due. @throws Failure `mail.unknown`, `mail.not-sent` (no server) */
  release(id: string): Promise<void>;
  /** Forgets letters of before the instant; gives how many. */
  prune(before: Date): Promise<number>;
  close(): void;
}

const minuteMs = 60_000;
const pausesMs = [1, 5, 15, 60, 240, 720, 1440].map((minutes) => minutes * minuteMs);
const attemptsMax = pausesMs.length + 1;
const leaseMs = 5 * minuteMs;
const claimMax = 20;
const listMax = 500;
const pruneMax = 10_000;

export function openMail(tools: {
  readonly store: MailStore;
  readonly clock: Clock;
  readonly vault: MailVault;
  readonly carrier?: Carrier | undefined;
}): Mail {
  const { store, clock, vault, carrier } = tools;
  return {
    delivers: carrier !== undefined,
    async send(wish, trx) {
      const { template, language, secret = false } = wish;
      const { subject, body } = writeLetter(template, language, wish.data);
      const at = clock.now();
      const record: MailRecord = {
        ...{ id: randomUUID(), template, language, subject, secret },
        recipient: requireRecipient(wish.to),
        body: secret ? vault.seal(Buffer.from(body)).toString('base64') : body,
        state: carrier === undefined ? 'held' : 'pending',
        ...{ attempts: 0, runAfter: at, createdAt: at },
      };
      await store.insert(record, trx);
    },
    deliver: () => (carrier === undefined ? Promise.resolve(0) : deliver({ ...tools, carrier })),
    async list({ states = ['pending', 'held', 'dead', 'sent'], after, max }) {
      const page = { states, max: Math.min(max, listMax) };
      const records = await store.list({ ...page, ...(after === undefined ? {} : { after }) });
      return records.map(lineOf);
    },
    async show(id, { reveal }) {
      const record = await store.find(id);
      if (record === undefined) throw new Failure('mail.unknown', { letter: id.slice(0, 60) });
      const masked = record.secret && !reveal;
      return { ...lineOf(record), body: masked ? '********' : textOf(vault, record) };
    },
    async release(id) {
      if (carrier === undefined) {
        throw new Failure('mail.not-sent', { why: 'no mail server is set' });
      }
      if (!(await store.release(id, clock.now()))) {
        throw new Failure('mail.unknown', { letter: id.slice(0, 60) });
      }
    },
    prune: (before) => store.prune(before, pruneMax),
    close: () => {
      carrier?.close();
    },
  };
}

function lineOf(record: MailRecord): MailLine {
  const { id, template, recipient, language, subject, secret, state, attempts } = record;
  return {
    ...{ id, template, recipient, language, subject, secret, state, attempts },
    createdAt: record.createdAt,
    ...(record.lastError === undefined ? {} : { lastError: record.lastError }),
    ...(record.sentAt === undefined ? {} : { sentAt: record.sentAt }),
  };
}

function textOf(vault: MailVault, { secret, body }: MailRecord): string {
  if (!secret || body === '') return body;
  return vault.open(Buffer.from(body, 'base64')).toString('utf8');
}

interface Delivery {
  readonly store: MailStore;
  readonly clock: Clock;
  readonly vault: MailVault;
  readonly carrier: Carrier;
}

async function deliver(tools: Delivery): Promise<number> {
  let left = 0;
  for (;;) {
    const at = tools.clock.now();
    const until = new Date(at.getTime() + leaseMs);
    const due = await tools.store.claim({ at, until, max: claimMax });
    for (const record of due) if (await deliverOne(tools, record)) left += 1;
    if (due.length < claimMax) return left;
  }
}

async function deliverOne(tools: Delivery, record: MailRecord): Promise<boolean> {
  const { store, clock, vault, carrier } = tools;
  const { id, recipient: to, language, subject } = record;
  try {
    await carrier.carry({ id, to, language, subject, text: textOf(vault, record) });
  } catch (thrown) {
    const at = clock.now();
    const pause = pausesMs[record.attempts - 1] ?? 0;
    const dead = record.attempts >= attemptsMax || isFinal(thrown);
    const runAfter = new Date(at.getTime() + pause);
    await store.markFailed(id, { runAfter, error: errorOf(thrown), dead });
    return false;
  }
  await store.markSent(id, { at: clock.now(), blank: record.secret });
  return true;
}

/** The server will never take it: an answer of the 500s that is not about our own login. */
function isFinal(thrown: unknown): boolean {
  const { code, responseCode } = thrown as {
    readonly code?: unknown;
    readonly responseCode?: unknown;
  };
  return typeof responseCode === 'number' && responseCode >= 500 && code !== 'EAUTH';
}

/** Code and number alone: servers like to repeat the letter in their answers. */
function errorOf(thrown: unknown): string {
  const { code, responseCode } = thrown as {
    readonly code?: unknown;
    readonly responseCode?: unknown;
  };
  return (
    [code, responseCode]
      .filter((one) => typeof one !== 'undefined')
      .map(String)
      .join(' ') || 'unknown'
  );
}
