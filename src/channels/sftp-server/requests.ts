import type { SFTPWrapper } from 'ssh2';
import type { ChannelJournal, LoginAccount } from '../ports.ts';
import { failureOf } from '../../vocabulary/index.ts';
import {
  answersHeldBackMax,
  nameCharactersHeldMax,
  namesAtOnceMax,
  type SftpLimits,
} from './limits.ts';
import { RequestLine, type Reply } from './request-line.ts';
import { generic, okStatus, statusOf, type Status } from './status.ts';
import { answersHeldBack, holdsBack } from './version-shim.ts';

export interface RequestsOptions {
  readonly account: LoginAccount;
  readonly journal: ChannelJournal;
  readonly limits: SftpLimits;
  /** Called for everything the client asks and is answered, so that idleness can be told. */
  readonly onTraffic: () => void;
  /** Called before an answer is written. */
  readonly onAnswer: () => void;
  /** The client asked for more than it may: the connection is to be closed. */
  readonly onAbuse: (what: string) => void;
}

export interface Asked {
  readonly id: number;
  /** For the journal. */
  readonly name: string;
  /** Waits for every request before it and holds up every one after it. */
  readonly alone: boolean;
  readonly mayStart?: () => boolean;
  readonly work: () => Promise<Reply>;
}

export interface Asking {
  readonly alone?: boolean;
  /** A second name that the work holds. */
  readonly to?: string;
}

/** The requests of one session and what they are answered with. */
export class Requests {
  readonly #sftp: SFTPWrapper;
  readonly #options: RequestsOptions;
  /** Requests on names, in the order they came: lftp sends REMOVE and RENAME in one breath. */
  readonly #names = new RequestLine();
  #namesUnderWay = 0;
  #nameCharacters = 0;
  #pending = 0;
  #over = false;

  constructor(sftp: SFTPWrapper, options: RequestsOptions) {
    this.#sftp = sftp;
    this.#options = options;
  }

  /** Puts a request into the line of a handle. */
  push(line: RequestLine, { id, name, alone, mayStart, work }: Asked): void {
    if (!this.#counted()) return;
    line.push({
      alone,
      ...(mayStart === undefined ? {} : { mayStart }),
      run: async () => {
        const reply = await this.#tried(id, name, work);
        return () => {
          this.#answered(reply);
        };
      },
    });
  }

  /**
   * Puts a request into the session's own line. Those that change something go alone.
   *
   * @param name undefined, whatever the types of the library say, when it was cut short
   */
  ask(id: number, name: string | undefined, work: () => Promise<Reply>, o: Asking = {}): void {
    if (this.#over) return;
    if (name === undefined) {
      this.#options.onAbuse('protocol');
      return;
    }
    const characters = name.length + (o.to?.length ?? 0);
    this.#nameCharacters += characters;
    if (this.#nameCharacters > nameCharactersHeldMax) {
      this.#options.onAbuse('pending-names');
      return;
    }
    const mayStart = (): boolean => this.#namesUnderWay < namesAtOnceMax && !holdsBack(this.#sftp);
    const counted = async (): Promise<Reply> => {
      this.#namesUnderWay += 1;
      try {
        return await work();
      } finally {
        this.#namesUnderWay -= 1;
        this.#nameCharacters -= characters;
      }
    };
    this.push(this.#names, { id, name, alone: o.alone ?? false, mayStart, work: counted });
  }

  done(id: number): Reply {
    return () => {
      this.status(id, okStatus);
    };
  }

  status(id: number, { code, text }: Status): void {
    this.#sftp.status(id, code, text);
  }

  tell(
    level: 'info' | 'warn' | 'error',
    code: string,
    fileName: string,
    facts: Readonly<Record<string, string | number>> = {},
  ): void {
    const { username, senderNumber: sender } = this.#options.account;
    const event = { level, code, sender, username, fileName, facts };
    // A line that cannot be stored fails no request: the journal has told the log of it.
    this.#options.journal.record(event).catch(() => undefined);
  }

  pump(): void {
    this.#names.pump();
  }

  /** Nothing is answered any more; resolves when what was under way has ended. */
  async end(): Promise<void> {
    this.#over = true;
    this.#names.forget();
    await this.#names.idle();
  }

  /** The answer to an error: its own words when it has some for the client, else one sentence. */
  async #tried(id: number, name: string, work: () => Promise<Reply>): Promise<Reply> {
    try {
      return await work();
    } catch (error) {
      const told = statusOf(error);
      if (told === undefined && !this.#over) {
        this.tell('error', 'sftp.request-failed', name, { reason: failureOf(error).code });
      }
      return () => {
        this.status(id, told ?? generic);
      };
    }
  }

  /** Counts a request in; false for one that will never be answered. */
  #counted(): boolean {
    if (this.#over) return false;
    this.#options.onTraffic();
    this.#pending += 1;
    if (this.#pending <= this.#options.limits.pendingRequestsMax) return true;
    this.#options.onAbuse('pending-requests');
    return false;
  }

  #answered(reply: Reply): void {
    this.#pending -= 1;
    if (this.#over) return;
    this.#options.onTraffic();
    this.#options.onAnswer();
    try {
      reply();
    } catch (error) {
      // An answer that cannot be written leaves the client waiting: better that it sees an end.
      this.tell('error', 'sftp.request-failed', '', { reason: failureOf(error).code });
      this.#options.onAbuse('answer-failed');
    }
    if (answersHeldBack(this.#sftp) > answersHeldBackMax) {
      this.#options.onAbuse('answers-not-read');
    }
  }
}
