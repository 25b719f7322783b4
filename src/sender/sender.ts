import type { TrustList } from '../seal/index.ts';
import { Failure, outDirectories, systemClock, type Clock } from '../vocabulary/index.ts';
import { AnswerBox, answerOf } from './answer-box.ts';
import { pinnedHostKey, type HostKeyTrust } from './host-key.ts';
import { Link } from './link.ts';
import { readLoginKey } from './login-key.ts';
import type { OutgoingSet } from './outgoing-set.ts';
import type { Destination, RemoteEntry } from './remote.ts';
import { uploadSet } from './upload.ts';
import {
  waitForAnswer,
  waitForNotification,
  waitForReceipt,
  type NotificationWaiting,
  type OtherAnswerWaiting,
  type ReceivedNotification,
  type ReceivedReceipt,
  type Waiting,
} from './waiting.ts';

export interface SenderOptions extends Omit<Destination, 'hostKey' | 'privateKey'> {
  /** OpenSSH or PEM, without passphrase (see `readLoginKey`). */
  readonly privateKey?: string | Buffer;
  /** `SHA256:…`, several of them, or a judgement of one's own such as `knownHostKey`. */
  readonly hostKey: string | readonly string[] | HostKeyTrust;
  /** Attempts for each step when the connection is lost; default 6 (about 8 seconds of pauses). */
  readonly triesMax?: number;
  /** Between two looks into OUT; default 1000. */
  readonly pollIntervalMs?: number;
  /** Directory to keep answers in; without it they are deleted at `close`. */
  readonly answers?: string;
  /** Verify the signature of every answer. */
  readonly trust?: TrustList;
  /** Default 512 MiB. */
  readonly answerBytesMax?: number;
  /** Replace files of the same name that an earlier attempt left in IN. */
  readonly replace?: boolean;
  /** Delete answers in OUT once they were read. */
  readonly collect?: boolean;
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export interface SentSet {
  /** The GO: the name its receipt bears. */
  readonly fileName: string;
  readonly declarations: number;
  readonly bytes: number;
}

/** The sender's side of an exchange, over one connection that heals itself. */
export interface Sender {
  send(set: OutgoingSet): Promise<SentSet>;
  /** The receipt of the set the file belongs to: its GO, FI or FS. */
  waitForReceipt(fileName: string, o?: Waiting): Promise<ReceivedReceipt>;
  waitForNotification(ticket: string, o?: NotificationWaiting): Promise<ReceivedNotification>;
  /** Any other answer that names the ticket, such as a statement; answers with where it is kept. */
  waitForAnswer(ticket: string, o?: OtherAnswerWaiting): Promise<string>;
  list(directory: string): Promise<readonly RemoteEntry[]>;
  /** Downloads one answer from an OUT directory (`OUT/FO…`) and answers with where it is kept. */
  fetch(path: string): Promise<string>;
  close(): Promise<void>;
}

const usual = {
  triesMax: 6,
  pollIntervalMs: 1000,
  answerBytesMax: 512 * 1024 * 1024,
} as const;

/**
 * Connects and logs in.
 *
 * @throws Failure `channel.unreachable`, `channel.timed-out`, `channel.host-key`, `sender.refused`,
 *   `seal.unreadable` for the key.
 */
export async function openSender(options: SenderOptions): Promise<Sender> {
  const link = new Link({
    destination: destinationOf(options),
    triesMax: options.triesMax ?? usual.triesMax,
    onProgress: options.onProgress ?? (() => undefined),
    signal: options.signal,
  });
  await link.open();
  const box = new AnswerBox({
    link,
    ...(options.answers === undefined ? {} : { keepIn: options.answers }),
    ...(options.trust === undefined ? {} : { trust: options.trust }),
    answerBytesMax: options.answerBytesMax ?? usual.answerBytesMax,
    clock: options.clock ?? systemClock,
  });
  return senderOver({ link, box, options });
}

function destinationOf(options: SenderOptions): Destination {
  const { host, port, username, privateKey, password, deadlines, hostKey } = options;
  const pins = typeof hostKey === 'string' ? [hostKey] : hostKey;
  return {
    host,
    port,
    username,
    ...(privateKey === undefined ? {} : { privateKey: readLoginKey(privateKey) }),
    ...(password === undefined ? {} : { password }),
    ...(deadlines === undefined ? {} : { deadlines }),
    hostKey: 'accepts' in pins ? pins : pinnedHostKey(pins),
  };
}

interface Parts {
  readonly link: Link;
  readonly box: AnswerBox;
  readonly options: SenderOptions;
}

function senderOver(parts: Parts): Sender {
  const { link, box, options } = parts;
  const post = {
    box,
    pollIntervalMs: options.pollIntervalMs ?? usual.pollIntervalMs,
    collect: options.collect ?? false,
    signal: options.signal,
    clock: options.clock ?? systemClock,
  };
  return {
    send: (set) => sendSet(parts, set),
    waitForReceipt: (fileName, o = {}) => waitForReceipt(post, fileName, o),
    waitForNotification: (ticket, o = {}) => waitForNotification(post, ticket, o),
    waitForAnswer: (ticket, o = {}) => waitForAnswer(post, ticket, o),
    list: (directory) => link.use((remote) => remote.list(directory)),
    fetch: (path) => fetchOne(box, path),
    close: async () => {
      await link.close();
      await box.close();
    },
  };
}

async function sendSet({ link, box, options }: Parts, set: OutgoingSet): Promise<SentSet> {
  // Whatever lies in OUT already is no answer to a set that was not sent yet.
  await box.dismissPresent(outDirectories[set.name.environment]);
  await uploadSet(link, set, {
    replace: options.replace ?? false,
    onProgress: options.onProgress ?? (() => undefined),
  });
  const bytes = set.files.reduce((sum, file) => sum + file.bytes, 0);
  return { fileName: set.goName, declarations: set.declarations, bytes };
}

async function fetchOne(box: AnswerBox, path: string): Promise<string> {
  const [, directory, name = ''] = /^([A-Z-]+)\/([^/]+)$/.exec(path) ?? [];
  const answer = answerOf(name);
  const known = Object.values(outDirectories).find((one) => one === directory);
  if (known === undefined || answer === undefined) {
    throw new Failure('cli.usage', { path, expected: 'OUT/FO…' });
  }
  return await box.fetch(known, answer);
}
