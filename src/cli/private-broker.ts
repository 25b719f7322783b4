import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, openSync, closeSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A RabbitMQ of our own on loopback ports, with nothing of it outside one directory. */
export interface PrivateBroker {
  readonly facts: BrokerFacts;
  /** Process groups that are to be ended when it is ended from elsewhere. */
  groups(): readonly number[];
  /** Ends it with SIGKILL, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and data. */
  start(): Promise<void>;
  /** Ends it and removes its directory. */
  close(): Promise<void>;
}

export interface BrokerFacts {
  readonly directory: string;
  readonly amqpPort: number;
  /** 0 without TLS. */
  readonly amqpsPort: number;
  readonly managementPort: number;
  /** Where it asks who may log in: `http://127.0.0.1:PORT/SECRET/…`. */
  readonly authPort: number;
  readonly authSecret: string;
  readonly username: string;
  readonly password: string;
}

export interface PrivateBrokerOptions {
  /** Made when it does not exist; removed by `close`. */
  readonly directory: string;
  /** PEM; turns TLS and login by the client certificates that `clients` holds on. */
  readonly tls?: {
    readonly certificate: string;
    readonly key: string;
    /** Certificates of authorities; undefined: the gateway's list of certificates, of its trust store. */
    readonly clients: string | undefined;
  };
  /** Ends the broker when this process is gone, whatever became of us. */
  readonly watchedPid?: number;
}

const programs = ['/usr/lib/rabbitmq/bin/rabbitmq-server', '/opt/rabbitmq/sbin/rabbitmq-server'];
const startMsMax = 120_000;
const lookAgainMs = 100;
const nameBytes = 6;
const secretBytes = 24;

/** The start script of an installed RabbitMQ, of Debian or of the generic archive. */
export function brokerProgram(): string | undefined {
  return programs.find((path) => existsSync(path));
}

/** Whether `installBroker` has a chance: root on a system with apt. */
export function isBrokerInstallable(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** Installs Debian's RabbitMQ; true when it is there afterwards. Takes about half a minute. */
export function installBroker(): boolean {
  if (!isBrokerInstallable()) return false;
  const options = { env: { ...systemEnvironment(), DEBIAN_FRONTEND: 'noninteractive' } };
  spawnSync('apt-get', ['update', '-qq'], { ...options, stdio: 'ignore' });
  const packages = ['install', '-y', '-qq', '--no-install-recommends', 'rabbitmq-server'];
  spawnSync('apt-get', packages, { ...options, stdio: 'ignore' });
  return brokerProgram() !== undefined;
}

/** @throws Error when it is not installed or does not come up; the log's end is in the message */
export async function startPrivateBroker(o: PrivateBrokerOptions): Promise<PrivateBroker> {
  const program = brokerProgram();
  if (program === undefined) throw new Error('RabbitMQ is not installed');
  const facts = await factsOf(o);
  const [epmdPort, distributionPort] = [await freePort(), await freePort()];
  const name = `sluis-${randomBytes(nameBytes).toString('hex')}@localhost`;
  await prepare(o, facts);
  const environment = {
    ...systemEnvironment(),
    HOME: o.directory,
    // The start script then becomes the virtual machine, so that our child is the broker itself.
    detached: 'yes',
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: name,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(o.directory, 'mnesia'),
    RABBITMQ_LOG_BASE: join(o.directory, 'log'),
    RABBITMQ_PID_FILE: join(o.directory, 'pid'),
    RABBITMQ_CONFIG_FILE: join(o.directory, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(o.directory, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(o.directory, 'enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  const log = openSync(join(o.directory, 'out.log'), 'a', 0o600);
  const children: ChildProcess[] = [];
  const run = (path: string, options: readonly string[]): ChildProcess => {
    const child = spawn(path, options, {
      env: environment,
      cwd: o.directory,
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.on('error', () => undefined);
    child.unref();
    if (child.pid !== undefined) guard(o.watchedPid ?? process.pid, child.pid);
    return child;
  };
  const start = async (): Promise<void> => {
    // Without one of our own, Erlang would start a daemon that outlives everything.
    if (children.length === 0) children.push(run(epmdProgram(), ['-port', String(epmdPort)]));
    children[1] = run(program, []);
    await answering(facts, children[1]);
  };
  const kill = async (): Promise<void> => {
    await end(children[1]);
  };
  const close = async (): Promise<void> => {
    for (const child of [...children].reverse()) await end(child);
    closeSync(log);
    await rm(o.directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await start();
  } catch (error) {
    const said = readFileSync(join(o.directory, 'out.log'), 'utf8').slice(-2_000);
    await close();
    throw new Error(`RabbitMQ did not start: ${said}`, { cause: error });
  }
  const groups = (): readonly number[] => children.flatMap(({ pid }) => pid ?? []);
  return { facts, groups, kill, start, close };
}

async function factsOf(o: PrivateBrokerOptions): Promise<BrokerFacts> {
  return {
    directory: o.directory,
    amqpPort: await freePort(),
    amqpsPort: o.tls === undefined ? 0 : await freePort(),
    managementPort: await freePort(),
    authPort: await freePort(),
    authSecret: randomBytes(secretBytes).toString('hex'),
    username: 'gateway',
    password: randomBytes(secretBytes).toString('hex'),
  };
}

async function prepare(o: PrivateBrokerOptions, facts: BrokerFacts): Promise<void> {
  await mkdir(o.directory, { recursive: true });
  await chmod(o.directory, 0o700);
  const plugins = ['rabbitmq_management', 'rabbitmq_auth_backend_http'];
  if (o.tls !== undefined) plugins.push('rabbitmq_auth_mechanism_ssl');
  if (hasList(o)) plugins.push('rabbitmq_trust_store');
  await writeFile(join(o.directory, 'enabled_plugins'), `[${plugins.join(',')}].\n`);
  if (o.tls !== undefined) {
    await writeFile(join(o.directory, 'tls.crt'), o.tls.certificate);
    if (o.tls.clients !== undefined) {
      await writeFile(join(o.directory, 'clients.crt'), o.tls.clients);
    }
    await writeFile(join(o.directory, 'tls.key'), o.tls.key, { mode: 0o600 });
  }
  await writeFile(join(o.directory, 'rabbitmq.conf'), configurationOf(facts, hasList(o)), {
    mode: 0o600,
  });
}

function hasList({ tls }: PrivateBrokerOptions): boolean {
  return tls !== undefined && tls.clients === undefined;
}

/** What `docs/deploy.md` tells operators to write, on loopback. */
function configurationOf(facts: BrokerFacts, list: boolean): string {
  const questions = `http://127.0.0.1:${String(facts.authPort)}/${facts.authSecret}`;
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${String(facts.amqpPort)}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${String(facts.managementPort)}`,
    `default_user = ${facts.username}`,
    `default_pass = ${facts.password}`,
    'default_user_tags.administrator = true',
    'auth_backends.1 = internal',
    'auth_backends.2 = http',
    'auth_http.http_method = post',
    ...['user', 'vhost', 'resource', 'topic'].map(
      (what) => `auth_http.${what}_path = ${questions}/${what}`,
    ),
    'disk_free_limit.absolute = 50MB',
    'log.file.level = warning',
  ];
  const secured = facts.amqpsPort === 0 ? [] : tlsLines(facts);
  const authorities = `ssl_options.cacertfile = ${facts.directory}/clients.crt`;
  const trusted = list
    ? listLines(questions)
    : [authorities, 'ssl_options.fail_if_no_peer_cert = false'];
  return [...lines, ...(secured.length === 0 ? [] : [...trusted, ...secured])].join('\n');
}

function listLines(questions: string): string[] {
  return [
    'trust_store.providers.1 = http',
    `trust_store.url = ${questions}/certificates`,
    'trust_store.refresh_interval = 1',
    'ssl_options.fail_if_no_peer_cert = true',
  ];
}

function tlsLines(facts: BrokerFacts): string[] {
  return [
    `listeners.ssl.1 = 127.0.0.1:${String(facts.amqpsPort)}`,
    `ssl_options.certfile = ${facts.directory}/tls.crt`,
    `ssl_options.keyfile = ${facts.directory}/tls.key`,
    'ssl_options.verify = verify_peer',
    'ssl_cert_login_from = distinguished_name',
    'auth_mechanisms.1 = PLAIN',
    'auth_mechanisms.2 = EXTERNAL',
    '',
  ];
}

/** Only what programs need to run: nothing of ours, no secret, goes to the broker. */
function systemEnvironment(): Record<string, string> {
  return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };
}

function epmdProgram(): string {
  return ['/usr/bin/epmd', '/usr/local/bin/epmd'].find((path) => existsSync(path)) ?? 'epmd';
}

/** A shell that outlives us for as long as it takes to see that we are gone. */
function guard(watched: number, guarded: number): void {
  const [us, it] = [String(watched), String(guarded)];
  const loop = `while kill -0 ${us} 2>/dev/null && kill -0 ${it} 2>/dev/null; do sleep 2; done; kill -0 ${us} 2>/dev/null || kill -9 -${it} 2>/dev/null`;
  const shell = spawn('/bin/sh', ['-c', loop], { detached: true, stdio: 'ignore', cwd: '/' });
  shell.on('error', () => undefined);
  shell.unref();
}

async function answering(facts: BrokerFacts, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + startMsMax;
  const key = Buffer.from(`${facts.username}:${facts.password}`).toString('base64');
  const url = `http://127.0.0.1:${String(facts.managementPort)}/api/health/checks/port-listener/${String(facts.amqpPort)}`;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended at once');
    if (performance.now() > deadline) throw new Error('it did not answer in time');
    try {
      const answer = await fetch(url, { headers: { authorization: `Basic ${key}` } });
      if (answer.ok) return;
    } catch {
      // Not yet listening: asked again until the deadline.
    }
    await pause(lookAgainMs);
  }
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.ref();
  // The whole group: the broker's own helpers would go on for a while.
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

const portMin = 20_000;
const portMax = 32_000;
const portsTriedMax = 100;

/**
 * A port that is free, below those that systems hand out by themselves: not all that are chosen here
 * are taken at once, and none may be given away meanwhile.
 */
async function freePort(): Promise<number> {
  for (let tried = 1; ; tried += 1) {
    const port = randomInt(portMin, portMax);
    try {
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
      return port;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || tried === portsTriedMax) throw error;
    }
  }
}
