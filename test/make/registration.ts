import { generateKeyPairSync } from 'node:crypto';
import { keysOf, openIdentity, sshFingerprint } from '../../src/identity/index.ts';
import { selfSignedCertificate } from '../../src/seal/index.ts';
import { registrationStore } from '../../src/storage/index.ts';
import { enterpriseNumberOf } from '../../src/vocabulary/index.ts';
import type {
  Identity,
  IdentityEvent,
  PasswordHash,
  SecretHash,
} from '../../src/identity/index.ts';
import type { SelfSigned } from '../../src/seal/index.ts';
import { manualClock, type ManualClock } from './clock.ts';
import { countingSecretHash, testSigning } from './signing.ts';
import { testDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';

/** A hash that costs nothing and counts: the throttle's tests make hundreds of guesses. */
export function countingHash(): PasswordHash & {
  readonly calls: string[];
  peppered(): SecretHash;
} {
  const calls: string[] = [];
  return {
    calls,
    make: (password) => Promise.resolve(`plain:${password}`),
    matches: (phc, password) => {
      calls.push(password);
      return Promise.resolve(phc === `plain:${password}`);
    },
    peppered: countingSecretHash,
  };
}

export { manualClock, type ManualClock } from './clock.ts';

export interface Registration {
  readonly database: TestDatabase;
  readonly identity: Identity;
  readonly clock: ManualClock;
  readonly hash: ReturnType<typeof countingHash>;
  /** Everything that was written to the journal, oldest first. */
  readonly events: IdentityEvent[];
  /** A sender number with its enterprise; each call another. */
  sender(): Promise<string>;
  /** A login of a new sender, by default with one ed25519 key. */
  user(wish?: {
    readonly username?: string;
    readonly sender?: string;
    readonly password?: string;
    readonly auth?: string;
    readonly sshKeys?: readonly Buffer[];
    readonly certificates?: readonly Buffer[];
  }): Promise<{ readonly username: string; readonly sender: string }>;
  close(): Promise<void>;
}

/** The room of identity on a database of its own. */
export async function registration(): Promise<Registration> {
  const database = await testDatabase();
  const clock = manualClock();
  const hash = countingHash();
  const events: IdentityEvent[] = [];
  const journal = {
    record: (event: IdentityEvent) => {
      events.push(event);
      return Promise.resolve();
    },
  };
  const identity = openIdentity({
    store: registrationStore(database.knex),
    keys: keysOf(Buffer.alloc(32, 7)),
    ...{ clock, journal, hash, signing: testSigning(database.knex) },
  });
  let made = 0;
  const sender = async (): Promise<string> => {
    made += 1;
    const number = enterpriseNumberOf(2_000_000 + made);
    await identity.enterprises.register({ number, name: `Enterprise ${made}`, by: 'tester' });
    const { number: senderNumber } = await identity.senders.register({
      number: String(200_000 + made),
      enterprise: number,
      quality: 'social-secretariat',
      by: 'tester',
    });
    return senderNumber;
  };
  return {
    ...{ database, identity, clock, hash, events, sender },
    async user(wish = {}) {
      const number = wish.sender ?? (await sender());
      made += 1;
      const username = wish.username ?? `login${String(made).padStart(5, '0')}`;
      const keys = wish.password === undefined ? { sshKeys: [ed25519Line()] } : {};
      await identity.technicalUsers.register({
        ...keys,
        ...wish,
        ...{ username, sender: number, by: 'tester' },
      });
      return { username, sender: number };
    },
    close: () => database.drop(),
  };
}

/** A public key of a fresh pair, as a line of a `.pub` file. */
export function ed25519Line(): Buffer {
  const blob = ed25519Blob();
  return Buffer.from(`ssh-ed25519 ${blob.toString('base64')} made for a test\n`);
}

function ed25519Blob(): Buffer {
  const { publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const fields = [Buffer.from('ssh-ed25519'), Buffer.from(x, 'base64url')];
  return Buffer.concat(
    fields.flatMap((field) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(field.length);
      return [length, field];
    }),
  );
}

/** The fingerprint of such a line. */
export function fingerprintOfLine(line: Buffer): string {
  return sshFingerprint(Buffer.from(line.toString().split(' ')[1] ?? '', 'base64'));
}

/** A certificate valid from 2026-01-01 unless told otherwise. */
export function aCertificate(
  o: { readonly commonName?: string; readonly from?: string; readonly to?: string } = {},
): Promise<SelfSigned> {
  return selfSignedCertificate({
    commonName: o.commonName ?? 'Signer',
    keyPair: { type: 'ec', curve: 'P-256' },
    from: new Date(o.from ?? '2026-01-01T00:00:00Z'),
    to: new Date(o.to ?? '2027-01-01T00:00:00Z'),
  });
}
