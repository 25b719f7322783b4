import { createHash } from 'node:crypto';
import type { AmqpStore } from '../../src/channels/index.ts';
import { Failure } from '../../src/vocabulary/index.ts';

interface Tricks {
  /** Awaited before a file counts as landed. */
  readonly beforeLanding?: () => Promise<void>;
  /** Awaited after it, before `land` resolves. */
  readonly afterLanding?: () => Promise<void>;
  /** The name of a file that never lands. */
  readonly poison?: string;
}

/** A store in memory that can break down, hang and refuse at chosen moments. */
export interface MemoryStore extends AmqpStore {
  /** The same store, with tricks. */
  with(tricks: Tricks): MemoryStore;
  breakDown(): void;
  mend(): void;
  /** Names, in the order they landed. */
  landed(): readonly string[];
  /** Landings begun. */
  begun(): number;
  /** How often it was asked whether it is ready. */
  asked(): number;
  answeredAgain(): number;
}

interface State {
  readonly landed: { readonly name: string; readonly key: string; readonly sha256: string }[];
  broken: boolean;
  begun: number;
  asked: number;
  answeredAgain: number;
}

export function memoryStore(): MemoryStore {
  return over({ landed: [], broken: false, begun: 0, asked: 0, answeredAgain: 0 }, {});
}

function over(state: State, tricks: Tricks): MemoryStore {
  return {
    with: (more) => over(state, more),
    breakDown() {
      state.broken = true;
    },
    mend() {
      state.broken = false;
    },
    landed: () => state.landed.map(({ name }) => name),
    begun: () => state.begun,
    asked: () => state.asked,
    answeredAgain: () => state.answeredAgain,
    isReady() {
      state.asked += 1;
      return Promise.resolve(!state.broken);
    },
    messages: {
      find(_sender, key) {
        if (state.broken) return Promise.reject(new Failure('storage.unavailable'));
        const found = state.landed.find((one) => one.key === key);
        return Promise.resolve(found && { fileId: found.name, sha256: found.sha256 });
      },
      answerAgain() {
        state.answeredAgain += 1;
        return Promise.resolve();
      },
    },
    async land({ name, content, note }) {
      state.begun += 1;
      await tricks.beforeLanding?.();
      if (name === tricks.poison) throw new Error('it never lands');
      const sha256 = createHash('sha256').update(content).digest('hex');
      state.landed.push({ name, key: note.messageKey, sha256 });
      await tricks.afterLanding?.();
    },
    isWaiting: () => Promise.resolve(false),
  };
}
