import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import SftpClient from 'ssh2-sftp-client';
import { ed25519KeyPair } from '../../src/channels/index.ts';
import { openOffice } from '../../src/compose.ts';
import {
  composeSet,
  medcBatch,
  openSender,
  type OutgoingSet,
  type Sender,
} from '../../src/sender/index.ts';
import { resolveSettings } from '../../src/settings.ts';
import { systemClock } from '../../src/vocabulary/index.ts';
import { eventually, registerSecretariat, type TestSecretariat } from '../make/exchange.ts';
import { startGatewayProcess, type GatewayProcess } from '../make/gateway-process.ts';
import { debianPostgres, postgresServer, type PostgresServer } from '../make/postgres-server.ts';

const declarations = 120;
const username = 'payroll09';
const main = join(import.meta.dirname, '../../dist/main.js');
const bin = debianPostgres();

/** One machine: its data directory and the address of its database, empty for the embedded one. */
interface Site {
  readonly data: string;
  readonly databaseUrl: string;
}

let home: string;
let postgres: PostgresServer | undefined;
let gateway: GatewayProcess | undefined;
let opened: Site | undefined;
let secretariat: TestSecretariat;
let key: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sluis-restore-'));
  // The embedded server has a user of its own, who must come by.
  chmodSync(home, 0o755);
});
afterEach(async () => {
  await gateway?.signal('SIGKILL');
  if (opened?.databaseUrl === '') await databaseGone(opened);
  await postgres?.remove();
  postgres = undefined;
  rmSync(home, { recursive: true, force: true });
});

/** The embedded server outlives a gateway for a moment, even one that was killed. */
async function databaseGone(site: Site): Promise<void> {
  const pidFile = join(site.data, 'postgres/cluster/postmaster.pid');
  await eventually(
    () => Promise.resolve(existsSync(pidFile) ? undefined : true),
    'the end of the server',
  );
}

function done(command: string, ...words: readonly string[]): void {
  const { status, stderr } = spawnSync(command, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}

async function furnish(site: Site): Promise<void> {
  const office = await openOffice({
    settings: resolveSettings({
      flags: { data: site.data, logLevel: 'error' },
      environment: { SLUIS_DATABASE_URL: site.databaseUrl },
    }),
    clock: systemClock,
  });
  secretariat = await registerSecretariat(office, { clock: systemClock });
  const pair = await ed25519KeyPair();
  key = pair.private;
  await office.identity.technicalUsers.register({
    ...{ username, sender: secretariat.sender, by: 'test' },
    sshKeys: [Buffer.from(pair.public)],
  });
  await office.close();
}

async function open(site: Site): Promise<GatewayProcess> {
  opened = site;
  gateway = await startGatewayProcess({ ...site, ownHostKeys: true });
  return gateway;
}

/** Logs in as a program does that has pinned the host key of the first machine. */
function connect(to: GatewayProcess, hostKeys: readonly string[]): Promise<Sender> {
  return openSender({
    ...{ host: '127.0.0.1', port: to.sftp.port, username, privateKey: key, hostKey: hostKeys },
    pollIntervalMs: 100,
  });
}

async function setOf(seed: number): Promise<OutgoingSet> {
  const pieces: string[] = [];
  for await (const piece of medcBatch({ declarations, seed })) pieces.push(piece);
  return await composeSet({
    ...{ type: 'MEDC', environment: 'R', sender: secretariat.sender },
    sequence: String(seed).padStart(5, '0'),
    parts: [{ content: Buffer.from(pieces.join('')) }],
    signing: secretariat.certificate,
    at: systemClock.now(),
  });
}

/** Sends a set and waits for its notification; the bytes of all its answers by name. */
async function exchangeOf(sender: Sender, set: OutgoingSet): Promise<ReadonlyMap<string, string>> {
  const { fileName } = await sender.send(set);
  const receipt = await sender.waitForReceipt(fileName);
  await sender.waitForNotification(receipt.ticket);
  return answersIn();
}

async function answersIn(): Promise<ReadonlyMap<string, string>> {
  if (gateway === undefined) throw new Error('no gateway');
  const client = new SftpClient();
  await client.connect({ host: '127.0.0.1', port: gateway.sftp.port, username, privateKey: key });
  try {
    const answers = new Map<string, string>();
    for (const { name } of await client.list('OUT')) {
      const content = (await client.get(`OUT/${name}`)) as Buffer;
      answers.set(name, content.toString('base64'));
    }
    return answers;
  } finally {
    await client.end();
  }
}

interface Check {
  readonly name: string;
  readonly state: string;
}

function doctor(site: Site): readonly Check[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'doctor', '--json'], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      SLUIS_DATA: site.data,
      SLUIS_DATABASE_URL: site.databaseUrl,
    },
  });
  if (status !== 0) throw new Error(stdout + stderr);
  return (JSON.parse(stdout) as { checks: readonly Check[] }).checks;
}

/** What must hold at the restored machine, whichever way it was restored. */
async function expectAlive(
  at: Site,
  o: { readonly hostKeys: readonly string[]; readonly before: ReadonlyMap<string, string> },
): Promise<Sender> {
  expect(doctor(at).filter(({ state }) => state === 'wrong')).toEqual([]);
  const sender = await connect(await open(at), o.hostKeys);

  expect(await answersIn()).toEqual(o.before);
  return sender;
}

const withServer = bin === undefined ? describe.skip : describe;
withServer(
  bin === undefined ? 'a back-up of a server (skipped: no PostgreSQL with pg_dump)' : 'a back-up',
  () => {
    it('taken while the gateway runs is restored beside another server', async () => {
      const server = await postgresServer({ bin: bin ?? '' });
      postgres = server;
      const first: Site = { data: join(home, 'first'), databaseUrl: server.url };
      const second: Site = { data: join(home, 'second'), databaseUrl: server.urlOf('restored') };
      const backup = join(home, 'backup');
      mkdirSync(backup);
      await furnish(first);
      const running = await open(first);
      const { hostKeys } = running.sftp;
      const sender = await connect(running, hostKeys);
      const kept = await setOf(1);
      const before = await exchangeOf(sender, kept);

      const dump = join(backup, 'sluis.dump');
      done(join(bin ?? '', 'pg_dump'), '--format', 'custom', '--file', dump, first.databaseUrl);
      done('tar', '-C', first.data, '-cf', join(backup, 'blobs.tar'), '--exclude=spool', 'blobs');
      done('tar', '-C', first.data, '-cf', join(backup, 'keys.tar'), 'keys');
      // The dump knows nothing of this one.
      const after = await setOf(2);
      await exchangeOf(sender, after);
      await sender.close();
      await running.signal('SIGKILL');
      mkdirSync(second.data);
      done('tar', '-C', second.data, '-xf', join(backup, 'blobs.tar'));
      done('tar', '-C', second.data, '-xf', join(backup, 'keys.tar'));
      done(join(bin ?? '', 'createdb'), '--maintenance-db', server.urlOf('postgres'), 'restored');
      done(join(bin ?? '', 'pg_restore'), '--no-owner', '--dbname', second.databaseUrl, dump);

      const again = await expectAlive(second, { hostKeys, before });
      // The same set again is the same batch, with the same answers.
      expect(await exchangeOf(again, kept)).toEqual(before);
      // And the one that was lost is a first time, not a duplicate.
      const both = await exchangeOf(again, after);
      expect(both.size).toBe(before.size * 2);
      await again.close();
    }, 300_000);
  },
);

describe('a back-up of the embedded database', () => {
  it('is the data directory copied once all have gone, and put back elsewhere', async () => {
    const first: Site = { data: join(home, 'first'), databaseUrl: '' };
    const second: Site = { data: join(home, 'elsewhere/second'), databaseUrl: '' };
    await furnish(first);
    const running = await open(first);
    const { hostKeys } = running.sftp;
    const sender = await connect(running, hostKeys);
    const kept = await setOf(3);
    const before = await exchangeOf(sender, kept);
    await sender.close();

    await running.signal('SIGTERM');
    await databaseGone(first);
    const tape = join(home, 'data.tar');
    done('tar', '--numeric-owner', '-C', first.data, '-cpf', tape, '.');
    rmSync(first.data, { recursive: true });
    mkdirSync(second.data, { recursive: true });
    done('tar', '--numeric-owner', '-C', second.data, '-xpf', tape);

    const again = await expectAlive(second, { hostKeys, before });
    expect(await exchangeOf(again, kept)).toEqual(before);
    await again.close();
  }, 300_000);
});
