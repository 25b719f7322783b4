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
  #peak = 0;
  #paused = false;

  constructor(socket: Socket, bytesMax: number) {
    this.#socket = socket;
    this.#bytesMax = bytesMax;
  }

  /** Most bytes ever held of what came in. */
  get peak(): number {
    return this.#peak;
  }

  arrived(bytes: number): void {
    this.#inbound += bytes;
    this.#peak = Math.max(this.#peak, this.#inbound);
    this.weigh();
  }

  written(bytes: number): void {
    this.#inbound -= bytes;
    this.weigh();
  }

  readStarted(bytes: number): void {
    this.#outbound += bytes;
  }

  readAnswered(bytes: number): void {
    this.#outbound -= bytes;
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
