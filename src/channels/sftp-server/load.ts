import type { Socket } from 'node:net';

/**
 * The bytes one connection makes us hold. ssh2 re-opens a client's window at once and never waits
 * for a socket to drain, so a slow disk or a client that does not read would fill the memory: the
 * socket is paused while too much is held, and TCP tells the client.
 */
export class Load {
  readonly #socket: Socket;
  readonly #bytesMax: number;
  #inbound = 0;
  #outbound = 0;
  #paused = false;

  constructor(socket: Socket, bytesMax: number) {
    this.#socket = socket;
    this.#bytesMax = bytesMax;
  }

  /** What one channel of the connection holds, so that its end gives back all of it. */
  share(): LoadShare {
    return new LoadShare((inbound, outbound) => {
      this.#inbound += inbound;
      this.#outbound += outbound;
      this.weigh();
    }, this);
  }

  /** Whether another read may be begun for this client. */
  get takesReads(): boolean {
    return this.#outbound + this.#socket.writableLength < this.#bytesMax;
  }

  /** Pauses or resumes the socket. Call after anything that changes what it holds. */
  weigh(): void {
    const held = Math.max(this.#inbound, this.#socket.writableLength);
    if (!this.#paused && held > this.#bytesMax) {
      this.#paused = true;
      this.#socket.pause();
    } else if (this.#paused && held <= this.#bytesMax / 2) {
      this.#paused = false;
      this.#socket.resume();
    }
  }
}

/** See `Load.share`. After `end` it counts nothing. */
export class LoadShare {
  readonly #add: (inbound: number, outbound: number) => void;
  readonly #whole: Load;
  #inbound = 0;
  #outbound = 0;
  #ended = false;

  constructor(add: (inbound: number, outbound: number) => void, whole: Load) {
    this.#add = add;
    this.#whole = whole;
  }

  get takesReads(): boolean {
    return this.#whole.takesReads;
  }

  /** Received and not yet written. */
  inbound(bytes: number): void {
    if (this.#ended) return;
    this.#inbound += bytes;
    this.#add(bytes, 0);
  }

  /** Asked for and not yet handed to the socket. */
  outbound(bytes: number): void {
    if (this.#ended) return;
    this.#outbound += bytes;
    this.#add(0, bytes);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#add(-this.#inbound, -this.#outbound);
  }
}
