import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPartner, type Misbehaviour, type Partner } from '../../sftp-test-server/index.ts';
import {
  circuitBreaker,
  openPartners,
  type CircuitLimits,
  type Partners,
  type PartnerTools,
  type PartnerWish,
} from '../../src/channels/index.ts';
import { sealedBox } from '../../src/identity/index.ts';
import { isSchedule, latestSlot, nextSlot } from '../../src/schedule.ts';
import { partnerStore } from '../../src/storage/index.ts';
import type { Clock } from '../../src/vocabulary/index.ts';
import { generateKeyPairSync } from 'node:crypto';
import type { TestDatabase } from './database.ts';

export const partnerLogin = { username: 'sluis', password: 'a secret of two' } as const;

/** A partner's server that goes wrong as told, with the directories `out`, `in` and `done`. */
export interface TestPartner {
  readonly directory: string;
  readonly server: Partner;
  misbehave(how: Misbehaviour): void;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** What it is registered with. */
  wish(over?: Partial<PartnerWish>): PartnerWish;
  close(): Promise<void>;
}

export async function aPartner(): Promise<TestPartner> {
  const directory = mkdtempSync(join(tmpdir(), 'sluis-partner-'));
  for (const name of ['out', 'in', 'done']) mkdirSync(join(directory, name));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const hostKey = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const { username: name, password } = partnerLogin;
  const options = { directory, hostKey, users: [{ name, password }] };
  let server = await startPartner(options);
  const { port } = server;
  return {
    directory,
    get server() {
      return server;
    },
    misbehave: (how) => {
      server.misbehave(how);
    },
    goAway: () => server.stop(),
    async comeBack() {
      server = await startPartner({ ...options, port });
    },
    wish: (over = {}) => ({
      ...{ name: 'partner-one', host: '127.0.0.1', port, ...partnerLogin },
      hostKeys: [server.fingerprint],
      ...{ pull: { R: '/out' }, push: { R: '/in' }, destinations: [{ number: '123456' }] },
      ...over,
    }),
    async close() {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A register over a database, and a journal that keeps the codes it was told. */
export interface TestRegister {
  readonly tools: PartnerTools;
  readonly partners: Partners;
  readonly told: string[];
  circuit(limits?: Partial<CircuitLimits>): ReturnType<typeof circuitBreaker>;
}

export function partnerRegisterOn({ knex }: TestDatabase, clock: Clock): TestRegister {
  const told: string[] = [];
  const tools: PartnerTools = {
    store: partnerStore(knex),
    box: sealedBox(randomBytes(32)),
    clock,
    journal: {
      record: ({ code }) => {
        told.push(code);
        return Promise.resolve();
      },
    },
    schedules: { isSchedule, latestSlot, nextSlot },
  };
  const { store, journal } = tools;
  return {
    ...{ tools, told },
    partners: openPartners(tools),
    circuit: (limits = {}) => circuitBreaker({ store: store.circuits, clock, journal, limits }),
  };
}
