import { availableParallelism } from 'node:os';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { Failure } from '../vocabulary/index.ts';
import type { PasswordHash } from './ports.ts';
import type { SecretHash } from './signin/ports.ts';

/** argon2id, 19 MiB, two passes: one of the equivalent settings OWASP recommends (about 45 ms here). */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const waitingMax = 512;

/**
 * Hashes and verifies passwords, only so many at a time: each hash takes 19 MiB and a core, and a
 * storm of logins must not take more of either than there is.
 *
 * @throws Failure `identity.busy` when more than 512 callers wait already
 */
export function argon2Hash(
  options: { readonly concurrency?: number; readonly waitingMax?: number } = {},
): PasswordHash & {
  /** The same, waiting in the same queue, with a key that lies outside the database. */
  peppered(secret: Buffer): SecretHash;
} {
  const turn = turns({
    concurrency: options.concurrency ?? availableParallelism(),
    waitingMax: options.waitingMax ?? waitingMax,
  });
  return {
    make: (password) => turn(() => hash(password, cost)),
    matches: (phc, password) => turn(() => verify(phc, password)),
    peppered: (secret) => ({
      make: (password) => turn(() => hash(password, { ...cost, secret })),
      matches: (phc, password) => turn(() => verify(phc, password, { secret })),
      outdated: (phc) => isOutdated(phc),
    }),
  };
}

/** Whether a hash was made at another cost than today's. */
function isOutdated(phc: string): boolean {
  const { memoryCost, timeCost, parallelism } = parseOptions(phc);
  return (
    memoryCost !== cost.memoryCost ||
    timeCost !== cost.timeCost ||
    parallelism !== cost.parallelism ||
    !phc.startsWith('$argon2id$')
  );
}

type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets `concurrency` pieces of work run at once; the others wait in the order they came. */
export function turns(limits: { readonly concurrency: number; readonly waitingMax: number }): Turn {
  const waiting: (() => void)[] = [];
  let running = 0;
  const enter = async (): Promise<void> => {
    if (running < limits.concurrency) {
      running += 1;
      return;
    }
    if (waiting.length >= limits.waitingMax) throw new Failure('identity.busy');
    await new Promise<void>((go) => waiting.push(go));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return async (work) => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
