import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { startChannels, type Running, type Wakes } from './channel-frame.ts';
import type { AddressFacts } from './channels/index.ts';
import { openChunkMemory } from './chunk-memory.ts';
import type { Office } from './compose.ts';
import { decider } from './decide.ts';
import { startEboxUpkeep } from './ebox-upkeep.ts';
import type { ContentPorts } from './inspection/index.ts';
import { startLettersAndReminders } from './letters-and-reminders.ts';
import { messageTypes } from './messages/index.ts';
import { openPipeline } from './pipeline.ts';
import { openPortal } from './open-portal.ts';
import type { Portal } from './portal/index.ts';
import { startPulse, type Pulse } from './pulse.ts';
import { startExpiryRadar } from './expiry-radar.ts';
import { startRetention } from './retention.ts';
import { verifySeal } from './seal/index.ts';
import { ensureSigningKey } from './signing-key.ts';
import { openStages } from './stages.ts';
import {
  beat,
  eventNotice,
  openLedger,
  recoverUploads,
  showParcels,
  signOff,
} from './storage/index.ts';
import type { Equipment } from './thread.ts';
import { brusselsDate, Failure, failureOf, parseSenderNumber } from './vocabulary/index.ts';
import { judgeFile, threadEntry, ValidationPool } from './validation/index.ts';
import { startWorker } from './worker.ts';

/** What a started gateway tells: the ready line of `sluis serve`. */
export interface GatewayAddress {
  readonly sftp: {
    readonly host: string;
    readonly port: number;
    readonly hostKeys: readonly string[];
  } | null;
  readonly http: { readonly url: string; readonly mutualTlsUrl?: string } | null;
  /** What the broker is reached by; null when this process does not speak to one. */
  readonly amqp: AddressFacts | null;
}

export interface Gateway {
  /** Names this process in leases and uploads. */
  readonly nodeId: string;
  readonly address: GatewayAddress;
  /** Takes nothing new, lets what is in hand end, and lets go of everything but the office. */
  stop(): Promise<void>;
}

const heartbeatMs = 2_000;
const silentMs = 15_000;
const outboxPollMs = 5_000;
const parcelsMax = 500;
const attemptsMax = 5;
const retryPauseMs = 1_000;
const signatureBytesMax = 1024 * 1024;
const readBytes = 1024 * 1024;

/**
 * Starts what the settings ask of this process, in the order in which a crash is mended: what dead
 * processes left is reconciled, work and answers go on, and only then is anyone let in.
 */
export async function startGateway(office: Office): Promise<Gateway> {
  const { settings } = office;
  const running: Running = [];
  const stopAll = async (): Promise<void> => {
    // In the reverse of their start: the doors close first, the work behind them ends after.
    for (const part of running.reverse()) await part.stop();
  };
  const nodeId = randomUUID();
  try {
    running.push(await startHeart(office, nodeId));
    const wakes: Wakes = { work: [], parcels: [], events: [] };
    if (settings.roles.includes('worker')) await startWork(office, nodeId, running, wakes);
    running.push(await listenFor(office, wakes));
    const inlets = await startChannels(office, { nodeId, running, wakes });
    if (settings.roles.includes('portal')) running.push(await startLettersAndReminders(office));
    const portal = settings.roles.includes('portal') ? await openPortal(office) : undefined;
    if (portal !== undefined) running.push({ stop: () => portal.close() });
    return { nodeId, address: addressOf(inlets, portal), stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

function addressOf(
  inlets: ReadonlyMap<string, AddressFacts>,
  portal: Portal | undefined,
): GatewayAddress {
  return {
    sftp: sftpAddressOf(inlets.get('sftp')),
    http: portal === undefined ? null : httpOf(portal),
    amqp: inlets.get('amqp') ?? null,
  };
}

function httpOf({ url, mutualTlsUrl }: Portal): NonNullable<GatewayAddress['http']> {
  return mutualTlsUrl === undefined ? { url } : { url, mutualTlsUrl };
}

function sftpAddressOf(facts: AddressFacts | undefined): GatewayAddress['sftp'] {
  if (facts === undefined) return null;
  const { host, port, hostKeys } = facts as Partial<NonNullable<GatewayAddress['sftp']>>;
  if (host === undefined || port === undefined || hostKeys === undefined) {
    throw new Failure('gateway.defect', { what: 'address of the SFTP server' });
  }
  return { host, port, hostKeys };
}

/** Says that this process lives, and takes over the uploads of those that do not any more. */
async function startHeart(office: Office, nodeId: string): Promise<Pulse> {
  const { blobs, clock, database, journal, log } = office;
  const { knex } = database;
  await beat(knex, nodeId);
  const pulse = startPulse({
    everyMs: heartbeatMs,
    async run() {
      await beat(knex, nodeId);
      const lost = await recoverUploads(knex, { blobs, nodeId, silentMs, at: clock.now() });
      for (const { sender, name } of lost) {
        const facts = { reason: 'process-ended' };
        await journal.record({
          level: 'warn',
          code: 'upload.partial',
          sender,
          fileName: name,
          facts,
        });
      }
    },
    failed: (error) => {
      log.warn('gateway.heartbeat-missed', { reason: failureOf(error).code });
    },
  });
  return {
    wake: () => {
      pulse.wake();
    },
    async stop() {
      await pulse.stop();
      await signOff(knex, nodeId);
    },
  };
}

async function startWork(
  office: Office,
  nodeId: string,
  running: Running,
  wakes: Wakes,
): Promise<void> {
  const { settings, clock, log, database } = office;
  const ledger = openLedger({
    ...{ database, nodeId },
    recorded: ({ level, code, facts, sender, ticket, username, fileName }) => {
      log[level](code, { sender, ticket, username, fileName, ...facts });
    },
  });
  const pool = new ValidationPool({
    threads: settings.threads === 0 ? availableParallelism() : settings.threads,
    entry: threadEntry(import.meta.url),
    equipment: { parameters: office.parameters.files } satisfies Equipment,
  });
  running.push({ stop: () => pool.close() });
  const stages = openStages({
    ledger,
    clock,
    identity: office.identity,
    patience: { settleMs: settings.settleMs, goTimeoutMs: settings.goTimeoutMs },
    dateDaysMax: settings.dateAgeDaysMax,
    contentLimits: {
      fileBytesMax: settings.fileBytesMax,
      setBytesMax: settings.batchBytesMax,
      ratioMax: settings.zipRatioMax,
      signatureBytesMax,
    },
    contentPorts: contentPortsOf(office, pool),
    decide: decider(office, pool),
    memory: openChunkMemory(),
    signing: await ensureSigningKey(settings.keys, clock),
    blobs: office.blobs,
  });
  const outbox = startPulse({
    everyMs: outboxPollMs,
    async run() {
      const at = clock.now();
      while ((await showParcels(database.knex, { at, max: parcelsMax })) === parcelsMax);
    },
    failed: (error) => {
      log.error('outbox.stumbled', { reason: failureOf(error).code });
    },
  });
  const worker = startWorker({
    ledger,
    clock,
    pipeline: openPipeline({ ledger, stages, clock }),
    limits: {
      itemsMax: settings.workersMax,
      leaseMs: settings.leaseSeconds * 1000,
      attemptsMax,
      pollIntervalMs: Math.min(settings.pollIntervalMs, settings.settleMs),
      retryPauseMs,
    },
    events: workerEvents(office, outbox),
  });
  const upkeep = [startRetention(office), startEboxUpkeep(office), startExpiryRadar(office)];
  running.push(...upkeep, outbox, worker);
  wakes.work.push(() => {
    worker.wake();
  });
  wakes.parcels.push(() => {
    outbox.wake();
  });
}

function workerEvents(office: Office, outbox: Pulse): Parameters<typeof startWorker>[0]['events'] {
  const { log } = office;
  return {
    carried: ({ batchId, step, seq, attempts }, ms) => {
      log.debug('work.carried', { batch: batchId, step, seq, attempts, ms: Math.round(ms) });
      if (step !== 'chunk') outbox.wake();
    },
    failed: ({ batchId, step, seq, attempts }, failure) => {
      const level = failure.code === 'work.lease-lost' ? 'warn' : 'error';
      const facts = { batch: batchId, step, seq, attempts, ...failure.facts };
      log[level]('work.failed', { ...facts, reason: failure.code, error: failure });
    },
    stumbled: (failure) => {
      log.error('work.stumbled', { ...failure.facts, reason: failure.code, error: failure });
    },
  };
}

function contentPortsOf(office: Office, pool: ValidationPool): ContentPorts {
  const { identity, blobs, schemas, settings, parameters } = office;
  return {
    async senderFacts(number) {
      const known = parseSenderNumber(number);
      const record = known === undefined ? undefined : await identity.senders.senderOf(known);
      const { types = [], environments = [], profile, state, open = false } = record ?? {};
      return {
        ...{ number, types, environments },
        active: state === 'active' && open,
        allErrors: profile?.allErrors ?? false,
      };
    },
    async checkChannel({ sender, channel, type, environment }) {
      const found = await identity.channels.problem({ sender, channel, type, environment });
      return found === undefined ? [] : [found];
    },
    ownerOf: async (fingerprint, at) =>
      (await identity.certificates.ownerOf(fingerprint, at))?.sender,
    trust: () => identity.trust.trustList(),
    verify: verifySeal,
    pathOf: (blob) => blobs.pathOf(blob),
    read: (path) => createReadStream(path, { highWaterMark: readBytes }) as AsyncIterable<Buffer>,
    readWhole: (path) => readFile(path),
    sizeOf: async (path) => (await stat(path)).size,
    scratch: () => scratchIn(office.unpackDirectory),
    async judge(set, parts, onChunk) {
      const type = messageTypes.get(set.type);
      const number = parseSenderNumber(set.sender);
      const sender = number === undefined ? undefined : await identity.senders.senderOf(number);
      return judgeFile({
        pool,
        parts,
        expected: {
          type: set.type,
          roots: type?.roots ?? [],
          identifications: type?.identifications ?? [],
        },
        packs: schemas,
        receivedOn: brusselsDate(set.receivedAt),
        fromAuthority: sender?.quality === 'authority',
        contributionYears: parameters.years.map((year) => contributionYear(office, year)),
        limits: { formBytesMax: settings.formBytesMax, chunkBytes: settings.chunkBytes },
        onChunk,
      });
    },
  };
}

/** A place for an unpacked file, beside the blobs: it needs as much room. */
async function scratchIn(
  directory: string,
): Promise<{ readonly path: string; discard(): Promise<void> }> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, randomUUID());
  return { path, discard: () => rm(path, { force: true }) };
}

function contributionYear(
  { parameters }: Office,
  year: number,
): { readonly year: number; readonly thresholdCents?: string } {
  const { threshold } = parameters.forYear(year);
  return threshold === null ? { year } : { year, thresholdCents: threshold.toString() };
}

/** Notices of other processes, and of this one, that there is something to do. */
async function listenFor({ database }: Office, wakes: Wakes): Promise<{ stop(): Promise<void> }> {
  const wake = (list: readonly (() => void)[]) => (): void => {
    for (const one of list) one();
  };
  const listening = [
    await database.listen('sluis_landed', wake(wakes.work)),
    await database.listen('sluis_work', wake(wakes.work)),
    await database.listen('sluis_parcel', wake(wakes.parcels)),
    await database.listen(eventNotice, wake(wakes.events)),
  ];
  return {
    async stop() {
      for (const one of listening) await one.stop();
    },
  };
}
