/** Sends the answer; made when the work is done, called when its turn has come. */
export type Reply = () => void;

export interface Request {
  /** Waits for every request before it and holds up every one after it. */
  readonly alone: boolean;
  /** Must not reject: a failure is a Reply too. */
  readonly run: () => Promise<Reply>;
  /** False postpones the start until `pump` is called again. */
  readonly mayStart?: () => boolean;
}

interface Started {
  readonly alone: boolean;
  reply: Reply | undefined;
}

/**
 * The requests of one handle: run side by side where they may, answered strictly in the order they
 * came. Out-of-order answers make scp of OpenSSH 9.0 to 9.3 cut the finished file and report
 * success, and a CLOSE that overtakes a WRITE loses data of every client that pipelines.
 */
export class RequestLine {
  readonly #waiting = new Queue<Request>();
  readonly #started: Started[] = [];
  #running = 0;
  #idle: (() => void)[] = [];

  push(request: Request): void {
    this.#waiting.push(request);
    if (this.#waiting.length === 1) this.pump();
  }

  /** Starts what may start. */
  pump(): void {
    let next = this.#waiting.first;
    while (next !== undefined && this.#admits(next)) {
      this.#waiting.shift();
      this.#start(next);
      next = this.#waiting.first;
    }
  }

  /** Resolves once nothing waits or runs. */
  async idle(): Promise<void> {
    if (this.#waiting.length === 0 && this.#started.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Forgets what has not started; what runs goes on. */
  forget(): void {
    this.#waiting.clear();
    this.#settle();
  }

  #admits(request: Request): boolean {
    if (this.#started.some(({ alone, reply }) => alone && reply === undefined)) return false;
    if (request.alone && this.#running > 0) return false;
    return request.mayStart?.() ?? true;
  }

  #start(request: Request): void {
    const started: Started = { alone: request.alone, reply: undefined };
    this.#started.push(started);
    this.#running += 1;
    void request.run().then((reply) => {
      started.reply = reply;
      this.#running -= 1;
      this.#answer();
      this.pump();
      this.#settle();
    });
  }

  #answer(): void {
    let head = this.#started[0];
    while (head?.reply !== undefined) {
      this.#started.shift();
      head.reply();
      head = this.#started[0];
    }
  }

  #settle(): void {
    if (this.#waiting.length > 0 || this.#started.length > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}

/** First in, first out, also when a client asks for a whole file at once: `shift` moves nothing. */
class Queue<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): void {
    this.#head += 1;
    if (this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
