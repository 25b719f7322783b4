import type { SFTPWrapper } from 'ssh2';
import { dataHeaderBytes, holdsBack, sendData } from './version-shim.ts';

/** Memory for one READ: room for the header of its answer, then for what is read. */
export interface Leaf {
  readonly memory: Buffer;
  readonly data: Buffer;
}

/** Free leaves that are kept: as many as a client has reads under way. */
const freeMax = 16;

/**
 * The memory of the reads of one file, used again and again. New memory for each of them would be
 * garbage a moment later, and so much of it that the heap would be searched ten times a second.
 */
export class ReadMemory {
  #free: Buffer[] = [];
  /** Their answers may still wait for the client to open its window. */
  #lent: Buffer[] = [];

  take(bytes: number): Leaf {
    const whole = dataHeaderBytes + bytes;
    const found = this.#free.pop();
    const memory =
      found !== undefined && found.length >= whole ? found : Buffer.allocUnsafeSlow(whole);
    return { memory, data: memory.subarray(dataHeaderBytes, whole) };
  }

  giveBack({ memory }: Leaf): void {
    if (this.#free.length < freeMax) this.#free.push(memory);
  }

  /** Sends what was read, and takes the memory back when it is sent. */
  answer(sftp: SFTPWrapper, id: number, leaf: Leaf, data: Buffer): void {
    if (data.buffer !== leaf.memory.buffer || data.byteOffset !== leaf.data.byteOffset) {
      // The mailbox had it in memory of its own.
      sftp.data(id, data);
      this.giveBack(leaf);
      return;
    }
    sendData(sftp, id, { memory: leaf.memory, bytes: data.length });
    this.#lent.push(leaf.memory);
    if (holdsBack(sftp)) return;
    this.#free.push(...this.#lent.slice(0, freeMax - this.#free.length));
    this.#lent = [];
  }
}
