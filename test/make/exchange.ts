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
import {
  findBatch,
  listBatches,
  openMailbox,
  showBatch,
  type ShownBatch,
} from '../../src/storage/index.ts';
import {
  enterpriseNumberOf,
  inDirectories,
  outDirectories,
  parseSenderNumber,
  type Clock,
  type Environment,
  type EnterpriseNumber,
  type OutDirectory,
} from '../../src/vocabulary/index.ts';
import { testDatabase } from './database.ts';
import { placeHostKeys } from './host-keys.ts';
import { medcMandates } from './medc-file.ts';

/** A gateway composed in this process, without wires: files are handed to its mailboxes. */
export interface Exchange {
  readonly office: Office;
  readonly secretariat: TestSecretariat;
  /** Registers one more sender, with an enterprise, a login and a certificate of its own. */
  register(wish: SenderWish): Promise<TestSecretariat>;
  /** As a login of the secretariat sees it, over SFTP unless told otherwise. */
  mailbox(secretariat?: TestSecretariat, channel?: string): Mailbox;
  /** Where its SFTP server listens, when that role was asked for. */
  readonly sftp: {
    readonly host: string;
    readonly port: number;
    readonly hostKeys: readonly string[];
  };
  /** Hands files in, in the order given. */
  hand(
    files: Readonly<Record<string, Buffer | string>>,
    environment?: Environment,
    secretariat?: TestSecretariat,
  ): Promise<void>;
  /** The batch a file became, once `ready` says so. */
  batchOf(
    fileName: string,
    ready?: (batch: ShownBatch) => boolean,
    patience?: number,
  ): Promise<ShownBatch>;
  /** The newest batch whose receipt names this file, once it is answered, other than those known. */
  batchNaming(
    fileName: string,
    o: { readonly besides: ReadonlySet<string>; readonly patience?: number },
  ): Promise<ShownBatch>;
  /** The text of an answer that is visible in OUT. */
  answer(
    batch: ShownBatch,
    kind: 'ACRF' | 'NOTI' | 'STAT',
    secretariat?: TestSecretariat,
  ): Promise<string>;
  read(directory: OutDirectory, name: string, secretariat?: TestSecretariat): Promise<Buffer>;
  restart(): Promise<void>;
  /** Stops the gateway alone: its database can still be asked, and `close` comes after. */
  stop(): Promise<void>;
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
  /** Mandates for the first so many employers of `medcBatch`, and the first 500 of `medcFile`. */
  readonly mandates?: number;
  /** Puts something of the test's own in the place of a part, before the gateway starts. */
  readonly tamper?: (office: Office) => Office;
}

export interface SenderWish extends Pick<
  ExchangeOptions,
  'allErrors' | 'zippedAnswers' | 'types' | 'environments'
> {
  readonly sender: string;
}

const mandatesDefault = 2_000;
const yearMs = 365 * 86_400_000;
const patienceMs = 120_000;
const askAgainMs = 10;

export async function anExchange(o: ExchangeOptions): Promise<Exchange> {
  const database = await testDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'sluis-exchange-'));
  const settings = resolveSettings({
    flags: {
      ...{ data: directory, logLevel: 'error', roles: 'worker', threads: '1', settleMs: '500ms' },
      pollIntervalMs: '50ms',
      ...o.settings,
    },
    environment: { SLUIS_DATABASE_URL: database.url },
  });
  if (settings.roles.includes('sftp')) await placeHostKeys(directory);
  const { tamper = (untouched: Office): Office => untouched } = o;
  const open = async (): Promise<Office> => tamper(await openOffice({ settings, clock: o.clock }));
  let office = await open();
  let gateway: Gateway = await startGateway(office);
  let stopped = false;
  const registerOne = (wish: SenderWish): Promise<TestSecretariat> =>
    registerSecretariat(office, { clock: o.clock, mandates: 0, ...wish });
  const secretariat = await registerSecretariat(office, o);
  const mailbox = (owner: TestSecretariat = secretariat, channel = 'sftp'): Mailbox =>
    openMailbox({
      account: { id: owner.accountId, username: owner.username, senderNumber: senderOf(owner) },
      ...{ knex: office.database.knex, blobs: office.blobs, clock: o.clock, channel },
      nodeId: gateway.nodeId,
      fileBytesMax: settings.fileBytesMax,
    });

  async function batchOf(
    fileName: string,
    ready: (batch: ShownBatch) => boolean = isAnswered,
    patience = patienceMs,
  ): Promise<ShownBatch> {
    const { knex } = office.database;
    return eventually(
      async () => {
        const id = await findBatch(knex, fileName);
        const batch = await showBatch(knex, id, 1_000);
        const delivered = batch.parcels.every(isShown);
        return ready(batch) && delivered ? batch : undefined;
      },
      `batch of ${fileName}`,
      patience,
    );
  }

  async function batchNaming(
    fileName: string,
    o: { readonly besides: ReadonlySet<string>; readonly patience?: number },
  ): Promise<ShownBatch> {
    const { knex } = office.database;
    return eventually(
      async () => {
        const lines = await listBatches(knex, { max: 1_000 });
        const found = lines.find((one) => one.fileName === fileName && !o.besides.has(one.ticket));
        if (found === undefined || !isAnswered(found)) return undefined;
        const batch = await showBatch(knex, await findBatch(knex, found.ticket), 1_000);
        return batch.parcels.every(isShown) ? batch : undefined;
      },
      `batch of ${fileName}`,
      o.patience,
    );
  }

  async function read(out: OutDirectory, name: string, owner = secretariat): Promise<Buffer> {
    const file = await mailbox(owner).open(out, name);
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
    register: registerOne,
    mailbox,
    batchOf,
    batchNaming,
    read,
    async hand(files, environment = 'R', owner = secretariat) {
      const inDirectory = inDirectories[environment];
      for (const [name, content] of Object.entries(files)) {
        const upload = await mailbox(owner).create({
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
    async answer(batch, kind, owner) {
      const parcel = batch.parcels.find((one) => one.kind === kind);
      const name = parcel?.files[0];
      if (name === undefined) throw new Error(`no ${kind} for ${batch.fileName}`);
      const out = outDirectories[batch.environment as Environment];
      return (await read(out, name, owner)).toString('utf8');
    },
    async restart() {
      await gateway.stop();
      await office.close();
      office = await open();
      gateway = await startGateway(office);
    },
    async stop() {
      await gateway.stop();
      stopped = true;
    },
    async close() {
      if (!stopped) await gateway.stop();
      await office.close();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What another channel brings out is not waited for: these exchanges have none. */
function isShown({ state, channel }: ShownBatch['parcels'][number]): boolean {
  return channel !== 'sftp' || state !== 'PENDING';
}

function isAnswered({ state }: { readonly state: string }): boolean {
  return ['NOTIFIED', 'REFUSED', 'CANCELLED'].includes(state);
}

function senderOf({ sender }: TestSecretariat): NonNullable<ReturnType<typeof parseSenderNumber>> {
  const number = parseSenderNumber(sender);
  if (number === undefined) throw new Error(`${sender} is no sender number`);
  return number;
}

/** Registers a social secretariat with a login and a signing certificate. */
export async function registerSecretariat(
  office: Office,
  o: Pick<ExchangeOptions, 'clock' | 'mandates'> & Partial<SenderWish>,
): Promise<TestSecretariat> {
  const { identity } = office;
  const by = 'test';
  const { sender = '123456' } = o;
  const [enterprise, username] = [enterpriseNumberOf(2_000_000 + Number(sender)), `login${sender}`];
  await identity.enterprises.register({ number: enterprise, name: 'Secretariat', by });
  await identity.senders.register({
    ...{ number: sender, enterprise, quality: 'social-secretariat', by },
    ...(o.types === undefined ? {} : { types: o.types }),
    ...(o.environments === undefined ? {} : { environments: o.environments }),
    profile: { allErrors: o.allErrors ?? false, zippedAnswers: o.zippedAnswers ?? false },
  });
  const now = o.clock.now();
  const certificate = await selfSignedCertificate({
    commonName: `Secretariat ${sender}`,
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
  await entitle(office, enterprise, o.mandates ?? mandatesDefault);
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

/** Mandates for the employers that `medcBatch` and `medcFile` declare for. */
async function entitle(office: Office, mandatary: EnterpriseNumber, count: number): Promise<void> {
  if (count === 0) return;
  const by = 'test';
  await office.mandates.importCsv(mandateCsv({ declarations: count, mandatary }), { by });
  await office.mandates.importCsv(medcMandates(Math.min(count, 500), mandatary), { by });
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
    await new Promise((resolve) => setTimeout(resolve, askAgainMs));
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
