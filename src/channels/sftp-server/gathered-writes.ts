import type { Socket } from 'node:net';

/**
 * Hands what is written to a socket within one turn of the event loop to the system at once: ssh2
 * writes every packet by itself, and 500 MB would be 16,000 system calls, each waking the client.
 */
export class GatheredWrites {
  readonly #socket: Pick<Socket, 'cork' | 'uncork'>;
  #gathering = false;

  constructor(socket: Pick<Socket, 'cork' | 'uncork'>) {
    this.#socket = socket;
  }

  /** From here to the end of this turn. */
  gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#socket.cork();
    setImmediate(() => {
      this.#gathering = false;
      this.#socket.uncork();
    });
  }
}
