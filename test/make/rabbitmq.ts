import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import {
  brokerProgram,
  startPrivateBroker,
  type BrokerFacts,
  type PrivateBroker,
} from '../../src/cli/private-broker.ts';
import { takeLock, withLock, type HeldLock } from '../../src/storage/file-lock.ts';
import { issue, type Issued } from './pki.ts';
import { brokerDirectory } from './rabbitmq-directory.mjs';

/** A virtual host of its own on the run's RabbitMQ. */
export interface TestBroker {
  readonly vhost: string;
  /** Whether the test file may answer the broker's questions about logins. */
  readonly questions: boolean;
  /** For the gateway: address with its administrator's credentials and the virtual host. */
  readonly url: string;
  readonly managementUrl: string;
  readonly facts: BrokerFacts;
  /** The certificate of its TLS port, PEM. */
  readonly certificate: string;
  /** A client certificate of the authority whose certificates its TLS port takes, PEM. */
  readonly client: KeyAndCertificate;
  /** Address for another login. */
  urlFor(username: string, password: string): string;
  /** Asks the management API as administrator; `body` makes it a PUT unless told otherwise. */
  ask(path: string, o?: { readonly method?: string; readonly body?: unknown }): Promise<unknown>;
  /** Removes the virtual host. */
  drop(): Promise<void>;
}

/** False on machines without RabbitMQ, where `test/run.mjs` has said so. */
export const hasRabbitMq = brokerProgram() !== undefined;

export interface KeyAndCertificate {
  readonly certificate: string;
  readonly key: string;
}

const startSeconds = 180;
const turnSeconds = 600;

/**
 * The RabbitMQ all test files of this run share, started by the first that asks and ended with the
 * run. `questions`: the file answers the broker's questions about logins, on a port that is one for
 * all, so that such files take turns; the turn ends with the file.
 */
export async function testBroker(o: { readonly questions?: boolean } = {}): Promise<TestBroker> {
  const directory = brokerDirectory(runPid());
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lockFile = (name: string): string => {
    const path = join(directory, name);
    writeFileSync(path, '', { flag: 'a' });
    return path;
  };
  const shared = await withLock(
    { path: lockFile('start.lock'), mode: 'exclusive', waitSeconds: startSeconds },
    () => sharedBroker(directory),
  );
  if (o.questions === true) {
    const path = lockFile('questions.lock');
    turn ??= await takeLock({ path, mode: 'exclusive', waitSeconds: turnSeconds });
  }
  return { ...(await vhostOn(shared)), questions: o.questions === true };
}

/** Of this test file, to answer the broker's questions. */
let turn: HeldLock | undefined;

// Not when the broker is dropped: a file whose preparation failed drops none, and others wait.
afterAll(() => turn?.release());

/** A broker of one test file alone. */
export interface OwnBroker extends TestBroker {
  readonly process: PrivateBroker;
  /** A certificate of the same authority as the client's. */
  issued(name: string): Promise<KeyAndCertificate>;
}

/**
 * A RabbitMQ for one test file, that it may kill and start again. `list`: its trust store asks the
 * gateway for the certificates of clients, instead of checking their authority.
 */
export async function ownBroker(o: { readonly list?: boolean } = {}): Promise<OwnBroker> {
  const directory = await mkdtemp(join(tmpdir(), 'sluis-broker-'));
  const { server, client, authority } = await certificates();
  const clients = o.list === true ? undefined : authority.certificatePem;
  const tls = { ...server, clients };
  const process = await startPrivateBroker({ directory, tls, watchedPid: runPid() });
  const broker = await vhostOn({ facts: process.facts, certificate: server.certificate, client });
  return {
    ...{ ...broker, questions: true, process, drop: () => process.close() },
    issued: async (name) => plain(await issue({ name, by: authority })),
  };
}

function runPid(): number {
  return Number(process.env['SLUIS_TEST_RUN'] ?? process.pid);
}

interface Shared {
  readonly facts: BrokerFacts;
  readonly certificate: string;
  readonly client: KeyAndCertificate;
  readonly groups: readonly number[];
}

async function sharedBroker(directory: string): Promise<Shared> {
  const path = join(directory, 'shared.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Shared;
  const { server, client, authority } = await certificates();
  const tls = { ...server, clients: authority.certificatePem };
  const started = await startPrivateBroker({
    ...{ directory: join(directory, 'broker'), tls, watchedPid: runPid() },
  });
  const { certificate } = server;
  const shared = { facts: started.facts, certificate, client, groups: started.groups() };
  writeFileSync(path, JSON.stringify(shared), { mode: 0o600 });
  return shared;
}

/** Common name of the client certificate. */
export const clientName = 'Payroll of 123456';

async function certificates(): Promise<{
  readonly server: KeyAndCertificate;
  readonly client: KeyAndCertificate;
  readonly authority: Issued;
}> {
  const authority = await issue({ name: 'Authority of the test broker', authority: {} });
  return {
    server: plain(await issue({ name: 'localhost' })),
    client: plain(await issue({ name: clientName, by: authority })),
    authority,
  };
}

function plain({ keyPem: key, certificatePem: certificate }: Issued): KeyAndCertificate {
  return { key, certificate };
}

const nameBytes = 4;

async function vhostOn(
  o: Pick<Shared, 'facts' | 'certificate' | 'client'>,
): Promise<Omit<TestBroker, 'questions'>> {
  const { facts, certificate, client } = o;
  const vhost = `t${randomBytes(nameBytes).toString('hex')}`;
  const { username, password, amqpPort, managementPort } = facts;
  const place = `127.0.0.1:${String(managementPort)}`;
  const ask: TestBroker['ask'] = async (path, { method, body } = {}) => {
    const key = Buffer.from(`${username}:${password}`).toString('base64');
    const answer = await fetch(`http://${place}/api${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'PUT'),
      headers: { authorization: `Basic ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${String(answer.status)} ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  await ask(`/vhosts/${vhost}`, { body: {} });
  await ask(`/permissions/${vhost}/${username}`, {
    body: { configure: '.*', write: '.*', read: '.*' },
  });
  const urlFor = (login: string, secret: string): string =>
    `amqp://${encodeURIComponent(login)}:${encodeURIComponent(secret)}@127.0.0.1:${String(amqpPort)}/${vhost}`;
  return {
    ...{ vhost, facts, certificate, client, ask, urlFor },
    url: urlFor(username, password),
    managementUrl: `http://${username}:${password}@${place}`,
    drop: async () => {
      await ask(`/vhosts/${vhost}`, { method: 'DELETE' });
    },
  };
}
