/** What a client may ask that a partner can fail at. */
export type Moment =
  'connect' | 'login' | 'open' | 'read' | 'write' | 'close' | 'list' | 'stat' | 'rename' | 'remove';

/** How a partner goes wrong. Parts may be combined; an empty one behaves. */
export interface Misbehaviour {
  /** Takes the request and never answers it. At `connect` not even the greeting is sent. */
  readonly stall?: Moment;
  /** Answers with a failure; at `login` the credential is not accepted, at `connect` it hangs up. */
  readonly refuse?: Moment;
  /** Does what it is asked and cuts the connection in the place of the answer. */
  readonly loseAnswer?: Moment;
  /** Cuts the connection without a word once so many bytes of files have passed, either way. */
  readonly cutAfterBytes?: number;
  /** Takes no more and says nothing more once so many bytes of files have passed; the line stays. */
  readonly stallAfterBytes?: number;
  /** Waits so long before each page of a listing. */
  readonly listingDelayMs?: number;
  /** Added to every size told by STAT, FSTAT and listings. */
  readonly sizeOffBy?: number;
  /** Takes only so many bytes of each write and calls it done: a short write, told as success. */
  readonly writeBytesMax?: number;
  /** Misbehaves on so many connections and behaves from then on. */
  readonly connections?: number;
}

/** What a mood can do to its connection. */
export interface Line {
  /** Without a word. */
  readonly cut: () => void;
  /** Nothing written from now on leaves. */
  readonly mute: () => void;
}

/** The misbehaviour of one connection, settled when it comes in. */
export class Mood {
  readonly #how: Misbehaviour;
  readonly #line: Line;
  #passed = 0;

  constructor(how: Misbehaviour, line: Line) {
    this.#how = how;
    this.#line = line;
  }

  get listingDelayMs(): number {
    return this.#how.listingDelayMs ?? 0;
  }

  /** Does the work; the other side may not hear of it. */
  async carryOut(moment: Moment | undefined, work: () => Promise<void>): Promise<void> {
    const loses = moment !== undefined && this.#how.loseAnswer === moment;
    if (loses) this.#line.mute();
    await work();
    if (loses) this.#line.cut();
  }

  stalls(moment: Moment): boolean {
    return this.#how.stall === moment;
  }

  refuses(moment: Moment): boolean {
    return this.#how.refuse === moment;
  }

  /** The size a client is told of a file that has `bytes`. */
  sizeTold(bytes: number): number {
    return Math.max(0, bytes + (this.#how.sizeOffBy ?? 0));
  }

  /** What is taken of a write of `bytes`. */
  taken(bytes: number): number {
    return Math.min(bytes, this.#how.writeBytesMax ?? bytes);
  }

  /** Counts bytes of files. False when nothing more comes of them: the connection is cut, or mute. */
  passes(bytes: number): boolean {
    this.#passed += bytes;
    if (this.#passed >= (this.#how.stallAfterBytes ?? Infinity)) {
      this.#line.mute();
      return false;
    }
    if (this.#passed < (this.#how.cutAfterBytes ?? Infinity)) return true;
    this.#line.cut();
    return false;
  }
}

/** Hands out moods: as many bad ones as asked for, good ones after that. */
export class Moods {
  #how: Misbehaviour;
  #left: number;

  constructor(how: Misbehaviour = {}) {
    this.#how = how;
    this.#left = how.connections ?? Infinity;
  }

  change(how: Misbehaviour): void {
    this.#how = how;
    this.#left = how.connections ?? Infinity;
  }

  next(line: Line): Mood {
    const bad = this.#left > 0;
    this.#left -= 1;
    return new Mood(bad ? this.#how : {}, line);
  }
}
