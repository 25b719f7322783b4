import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mailbox } from '../../src/channels/index.ts';
import { openOffice, type Office } from '../../src/compose.ts';
import { startGateway, type Gateway } from '../../src/gateway.ts';
import {
  sealDigest,
  sealText,
  selfSignedCertificate,
  type SelfSigned,
} from '../../src/seal/index.ts';
import { mandateCsv } from '../../src/sender/index.ts';
import { resolveSettings, type SettingName } from '../../src/settings.ts';
import { findBatch, openMailbox, showBatch, type ShownBatch } from '../../src/storage/index.ts';
import {
  enterpriseNumberOf,
  outDirectories,
  parseSenderNumber,
  type Clock,
  type Environment,
  type EnterpriseNumber,
  type OutDirectory,
} from '../../src/vocabulary/index.ts';
import { testDatabase } from './database.ts';

/** A gateway composed in this process, without wires: files are handed to its mailboxes. */
export interface Exchange {
  readonly office: Office;
  readonly secretariat: TestSecretariat;
  mailbox(): Mailbox;
  /** Where its SFTP server listens, when that role was asked for. */
  readonly sftp: {
    readonly host: string;
    readonly port: number;
    readonly hostKeys: readonly string[];
  };
  /** Hands files in, in the order given. */
  hand(files: Readonly<Record<string, Buffer | string>>, environment?: Environment): Promise<void>;
  /** The batch a file became, once `ready` says so. */
  batchOf(fileName: string, ready?: (batch: ShownBatch) => boolean): Promise<ShownBatch>;
  /** The text of an answer that is visible in OUT. */
  answer(batch: ShownBatch, kind: 'ACRF' | 'NOTI' | 'STAT'): Promise<string>;
  read(directory: OutDirectory, name: string): Promise<Buffer>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface TestSecretariat {
  readonly enterprise: EnterpriseNumber;
  readonly sender: string;
  readonly username: string;
  readonly accountId: string;
  readonly certificate: SelfSigned;
  sign(content: Buffer | string): string;
}

export interface ExchangeOptions {
  readonly clock: Clock;
  readonly settings?: Partial<Record<SettingName, string>>;
  readonly allErrors?: boolean;
  readonly zippedAnswers?: boolean;
  readonly types?: readonly string[];
  readonly environments?: readonly string[];
  /** Mandates for the first so many employers of `medcBatch`. */
  readonly mandates?: number;
}

const mandatesDefault = 2_000;
const yearMs = 365 * 86_400_000;
const patienceMs = 30_000;

export async function anExchange(o: ExchangeOptions): Promise<Exchange> {
  const database = await testDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'sluis-exchange-'));
  const settings = resolveSettings({
    flags: {
      ...{ data: directory, logLevel: 'error', roles: 'worker', threads: '1', settle: '500ms' },
      ...o.settings,
    },
    environment: { SLUIS_DATABASE_URL: database.url },
  });
  let office = await openOffice({ settings, clock: o.clock });
  let gateway: Gateway = await startGateway(office);
  const secretariat = await registerSecretariat(office, o);
  const mailbox = (): Mailbox =>
    openMailbox({
      account: {
        id: secretariat.accountId,
        username: secretariat.username,
        senderNumber: senderOf(secretariat),
      },
      ...{ knex: office.database.knex, blobs: office.blobs, clock: o.clock, channel: 'sftp' },
      nodeId: gateway.nodeId,
      fileBytesMax: settings.fileBytesMax,
    });

  async function batchOf(
    fileName: string,
    ready = ({ state }: ShownBatch): boolean =>
      ['NOTIFIED', 'REFUSED', 'CANCELLED'].includes(state),
  ): Promise<ShownBatch> {
    const { knex } = office.database;
    return eventually(async () => {
      const id = await findBatch(knex, fileName);
      const batch = await showBatch(knex, id, 1_000);
      const delivered = batch.parcels.every(({ state }) => state !== 'PENDING');
      return ready(batch) && delivered ? batch : undefined;
    }, `batch of ${fileName}`);
  }

  async function read(out: OutDirectory, name: string): Promise<Buffer> {
    const file = await mailbox().open(out, name);
    const content = await file.read({ at: 0, bytes: file.bytes });
    await file.close({ readToEnd: true });
    return content;
  }

  return {
    get office() {
      return office;
    },
    get sftp() {
      const { sftp } = gateway.address;
      if (sftp === null) throw new Error('no SFTP server was asked for');
      return sftp;
    },
    secretariat,
    mailbox,
    batchOf,
    read,
    async hand(files, environment = 'R') {
      const inDirectory = ({ R: 'IN', T: 'INTEST', S: 'INTEST-S' } as const)[environment];
      for (const [name, content] of Object.entries(files)) {
        const upload = await mailbox().create({
          directory: inDirectory,
          name,
          truncate: true,
          exclusive: false,
        });
        const data = Buffer.from(content);
        if (data.length > 0) await upload.write({ at: 0, data });
        await upload.land();
      }
    },
    async answer(batch, kind) {
      const parcel = batch.parcels.find((one) => one.kind === kind);
      const name = parcel?.files[0];
      if (name === undefined) throw new Error(`no ${kind} for ${batch.fileName}`);
      const out = outDirectories[batch.environment as Environment];
      return (await read(out, name)).toString('utf8');
    },
    async restart() {
      await gateway.stop();
      await office.close();
      office = await openOffice({ settings, clock: o.clock });
      gateway = await startGateway(office);
    },
    async close() {
      await gateway.stop();
      await office.close();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function senderOf({ sender }: TestSecretariat): NonNullable<ReturnType<typeof parseSenderNumber>> {
  const number = parseSenderNumber(sender);
  if (number === undefined) throw new Error(`${sender} is no sender number`);
  return number;
}

/** Registers a social secretariat with a login and a signing certificate. */
export async function registerSecretariat(
  office: Office,
  o: ExchangeOptions,
): Promise<TestSecretariat> {
  const { identity } = office;
  const by = 'test';
  const [enterprise, sender, username] = [enterpriseNumberOf(2_067_316), '123456', 'payroll01'];
  await identity.enterprises.register({ number: enterprise, name: 'Secretariat', by });
  await identity.senders.register({
    ...{ number: sender, enterprise, quality: 'social-secretariat', by },
    ...(o.types === undefined ? {} : { types: o.types }),
    ...(o.environments === undefined ? {} : { environments: o.environments }),
    profile: { allErrors: o.allErrors ?? false, zippedAnswers: o.zippedAnswers ?? false },
  });
  const now = o.clock.now();
  const certificate = await selfSignedCertificate({
    commonName: 'Secretariat',
    keyPair: { type: 'ec', curve: 'P-256' },
    from: new Date(now.getTime() - yearMs),
    to: new Date(now.getTime() + yearMs),
  });
  const file = Buffer.from(certificate.certificatePem);
  const { user } = await identity.technicalUsers.register({
    ...{ username, sender, by, password: 'correct horse battery' },
    certificates: [file],
  });
  await identity.trust.add({ file, by });
  await office.mandates.importCsv(
    mandateCsv({ declarations: o.mandates ?? mandatesDefault, mandatary: enterprise }),
    { by },
  );
  const sign = (content: Buffer | string): string =>
    sealText(
      sealDigest({
        sha256: createHash('sha256').update(content).digest(),
        key: certificate.key,
        certificate: certificate.certificate,
        at: now,
      }),
    );
  return { enterprise, sender, username, accountId: user.id, certificate, sign };
}

/** Asks until there is an answer. Errors count as none until the patience ends. */
export async function eventually<T>(
  ask: () => Promise<T | undefined>,
  what: string,
  ms = patienceMs,
): Promise<T> {
  const deadline = performance.now() + ms;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const found = await ask();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`${what} did not come about within ${String(ms)} ms`, { cause: last });
}

/** A signed set, its GO last. */
export function aSet(
  secretariat: Pick<TestSecretariat, 'sign' | 'sender'>,
  content: Buffer | string,
  o: {
    readonly sequence?: string;
    readonly type?: string;
    readonly date?: string;
    readonly environment?: Environment;
  } = {},
): { readonly go: string; readonly files: Readonly<Record<string, Buffer | string>> } {
  const { sequence = randomSequence(), type = 'MEDC', date = '20260115', environment = 'R' } = o;
  const base = [type, secretariat.sender, date, sequence, environment].join('.');
  const go = `GO.${base}.1`;
  const signature = environment === 'S' ? {} : { [`FS.${base}.1.1`]: secretariat.sign(content) };
  return { go, files: { [`FI.${base}.1.1`]: content, ...signature, [go]: '' } };
}

function randomSequence(): string {
  return randomUUID().replaceAll('-', '').slice(0, 5).toUpperCase();
}
