import type { Environment, InDirectory, SenderNumber } from '../../vocabulary/index.ts';
import type { AnnouncedFile, FileNote, HeaderFault } from '../ports.ts';

export type { AnnouncedFile, FileNote, HeaderFault };

/** A sender for whom AMQP is switched on. */
export interface AmqpSender {
  readonly sender: SenderNumber;
  readonly environments: readonly Environment[];
  /** Names of its technical users that are not removed. */
  readonly logins: readonly string[];
}

/** Who brought a message. */
export interface AmqpAccount {
  readonly id: string;
  readonly username: string;
  readonly senderNumber: SenderNumber;
}

/** A message that was taken in before. */
export interface KnownMessage {
  readonly fileId: string;
  /** Lowercase hex. */
  readonly sha256: string;
}

/** What was taken in, by the key of its message. */
export interface TakenMessages {
  /** Only messages whose file landed, whatever became of it since. */
  find(sender: SenderNumber, key: string): Promise<KnownMessage | undefined>;
  /** Has the answers of the batch that this file started brought again; none: nothing. */
  answerAgain(fileId: string): Promise<void>;
}

export interface AmqpStore {
  readonly messages: TakenMessages;
  /** Resolves when the file is durable and known; one of its name that still waits is replaced. */
  land(file: {
    readonly account: AmqpAccount;
    readonly directory: InDirectory;
    readonly name: string;
    readonly content: Buffer;
    readonly note: FileNote & { readonly messageKey: string };
  }): Promise<void>;
  /** Whether a file of the name waits to be taken up. */
  isWaiting(account: AmqpAccount, directory: InDirectory, name: string): Promise<boolean>;
  /** Whether files can land now: the database answers and there is room. Never throws. */
  isReady(): Promise<boolean>;
}

/** Whose name a `user-id` is: a technical user's, or the subject of its certificate. */
export interface AmqpLogins {
  accountOf(userId: string): Promise<AmqpAccount | undefined>;
}

/** Whether messages of a type may carry this Identification; true for types nobody knows. */
export type Identifies = (type: string, identification: string) => boolean;
