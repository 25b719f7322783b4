import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import ssh2, { type SFTPWrapper } from 'ssh2';
import Client from 'ssh2-sftp-client';
import { startPartner, type Misbehaviour, type Partner } from '../../sftp-test-server/index.ts';
import { closeOf } from '../make/wire-client.ts';

const readyTimeoutMs = 5_000;
const quietMs = 300;
const content = randomBytes(500_000);

let directory: string;
let partner: Partner | undefined;
let clients: Client[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluis-partner-'));
  clients = [];
});

afterEach(async () => {
  await partner?.stop();
  await Promise.allSettled(clients.map((client) => client.end()));
  await rm(directory, { recursive: true, force: true });
});

async function start(misbehave?: Misbehaviour): Promise<Partner> {
  const users = [{ name: 'sluis', password: 'vrij verkeer' }];
  partner = await startPartner({
    directory,
    users,
    ...(misbehave === undefined ? {} : { misbehave }),
  });
  return partner;
}

async function login(to: Partner, password = 'vrij verkeer'): Promise<Client> {
  const client = newClient();
  const { host, port } = to;
  await client.connect({ host, port, username: 'sluis', password, readyTimeout: readyTimeoutMs });
  return client;
}

/** The library prints what becomes of a connection unless told not to. */
function newClient(): Client {
  const quiet = { error: () => undefined, end: () => undefined, close: () => undefined };
  const client = new Client('partner', quiet);
  clients.push(client);
  return client;
}

/** The client library turns a refused WRITE into a success, so it is asked one layer below. */
async function writeOnce(to: Partner, path: string): Promise<void> {
  const client = new ssh2.Client();
  const { host, port } = to;
  try {
    client.connect({ host, port, username: 'sluis', password: 'vrij verkeer' });
    await once(client, 'ready');
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
      client.sftp((error, channel) => {
        if (error === undefined) resolve(channel);
        else reject(error);
      });
    });
    const open = promisify<string, 'w', Buffer>(sftp.open.bind(sftp));
    const handle = await open(path, 'w');
    await new Promise<void>((resolve, reject) => {
      sftp.write(handle, Buffer.from('x'), 0, 1, 0, (error) => {
        if (error == null) resolve();
        else reject(error);
      });
    });
  } finally {
    const closed = closeOf(client);
    client.end();
    await closed;
  }
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'sec1', format: 'pem' }).toString();
}

/** The line an authorized_keys file has for a private key. */
function lineOf(pem: string): string {
  const key = ssh2.utils.parseKey(pem);
  if (key instanceof Error) throw key;
  return `${key.type} ${key.getPublicSSH().toString('base64')}`;
}

/** Whether nothing came of a promise for a while. */
async function staysOpen(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => false,
    () => false,
  );
  return Promise.race([settled, pause(quietMs, true)]);
}

describe('a partner that behaves', () => {
  it('takes a file, lists it, tells its size and gives it back', async () => {
    const client = await login(await start());

    await client.put(content, '/one.xml');
    const listed = await client.list('/');
    const back = (await client.get('/one.xml')) as Buffer;

    expect(listed.map(({ name, size }) => [name, size])).toEqual([['one.xml', content.length]]);
    expect(back.equals(content)).toBe(true);
    expect((await readFile(join(directory, 'one.xml'))).equals(content)).toBe(true);
  });

  it('renames, removes, and replaces nothing by a rename', async () => {
    const client = await login(await start());
    await client.put(Buffer.from('a'), '/a');
    await client.put(Buffer.from('b'), '/b');

    await client.rename('/a', '/c');
    const onto = client.rename('/b', '/c');

    await expect(onto).rejects.toThrow('The target exists');
    await client.delete('/b');
    expect(await readFile(join(directory, 'c'), 'utf8')).toBe('a');
    expect((await client.list('/')).map(({ name }) => name)).toEqual(['c']);
  });

  it('goes on with a file where it was left', async () => {
    const client = await login(await start());
    await writeFile(join(directory, 'half'), content.subarray(0, 1_000));

    await client.append(content.subarray(1_000), '/half');

    expect((await readFile(join(directory, 'half'))).equals(content)).toBe(true);
  });

  it('lets nobody in without the right credential', async () => {
    const server = await start();

    await expect(login(server, 'fout')).rejects.toThrow(/authentication/i);
  });

  it('checks the signature of a key, not its name alone', async () => {
    const [known, other] = [newKey(), newKey()];
    partner = await startPartner({ directory, users: [{ name: 'k', publicKey: lineOf(known) }] });
    const { host, port } = partner;
    const client = newClient();
    const stranger = newClient();

    await client.connect({ host, port, username: 'k', privateKey: known });
    const refused = stranger.connect({ host, port, username: 'k', privateKey: other });

    await Promise.all([
      expect(client.list('/')).resolves.toEqual([]),
      expect(refused).rejects.toThrow(/authentication/i),
    ]);
  });

  it('shows the host key whose fingerprint it tells', async () => {
    const server = await start();
    let shown = '';
    const client = newClient();
    const { host, port } = server;

    await client.connect({
      ...{ host, port, username: 'sluis', password: 'vrij verkeer' },
      hostVerifier: (key: Buffer) => {
        shown = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
        return true;
      },
    });

    expect(server.fingerprint).toBe(`SHA256:${shown}`);
  });

  it('keeps clients inside its directory', async () => {
    const client = await login(await start());

    await client.put(Buffer.from('x'), '/../../../outside');

    expect(await readFile(join(directory, 'outside'), 'utf8')).toBe('x');
  });

  it('remembers what was asked, in order', async () => {
    const server = await start();
    const client = await login(server);

    await client.put(Buffer.from('x'), '/x');

    const asked = server.requests().map(({ user, what, path }) => [user, what, path]);
    expect(asked).toEqual(
      expect.arrayContaining([
        ['sluis', 'login', ''],
        ['sluis', 'open', '/x'],
        ['sluis', 'write', '/x'],
        ['sluis', 'close', '/x'],
      ]),
    );
  });
});

describe('a partner that misbehaves', () => {
  it('cuts the connection in the middle of an upload', async () => {
    const server = await start({ cutAfterBytes: 100_000 });
    const client = await login(server);

    await expect(client.put(content, '/cut')).rejects.toThrow();

    expect((await stat(join(directory, 'cut'))).size).toBeLessThan(content.length);
  });

  it('cuts the connection in the middle of a download', async () => {
    await writeFile(join(directory, 'long'), content);
    const client = await login(await start({ cutAfterBytes: 100_000 }));

    await expect(client.get('/long')).rejects.toThrow();
  });

  it('falls silent in the middle of an upload, and keeps the line', async () => {
    const server = await start({ stallAfterBytes: 100_000 });
    const transfer = login(server).then((client) => client.put(content, '/half'));

    expect(await staysOpen(transfer)).toBe(true);

    expect(server.connections()).toBe(1);
    expect((await stat(join(directory, 'half'))).size).toBeLessThan(100_000);
    await server.stop();
    await expect(transfer).rejects.toThrow();
  });

  it('behaves again after the connections it was told to spoil', async () => {
    const server = await start({ refuse: 'open', connections: 1 });
    const first = await login(server);
    await expect(first.put(content, '/one')).rejects.toThrow('The partner refuses');

    const second = await login(server);
    await second.put(content, '/one');

    expect((await readFile(join(directory, 'one'))).equals(content)).toBe(true);
  });

  it.each(['open', 'close', 'rename', 'remove'] as const)('refuses to %s', async (at) => {
    await writeFile(join(directory, 'there'), 'x');
    const client = await login(await start({ refuse: at }));

    const attempt = async (): Promise<void> => {
      await client.put(Buffer.from('y'), '/new');
      await client.rename('/there', '/moved');
      await client.delete('/moved');
    };

    await expect(attempt()).rejects.toThrow('The partner refuses');
  });

  it('refuses to write', async () => {
    const server = await start({ refuse: 'write' });

    await expect(writeOnce(server, '/x')).rejects.toThrow('The partner refuses');
  });

  it('refuses every login', async () => {
    await expect(login(await start({ refuse: 'login' }))).rejects.toThrow(/authentication/i);
  });

  it('hangs up on whoever connects', async () => {
    await expect(login(await start({ refuse: 'connect' }))).rejects.toThrow();
  });

  it('sends no greeting when it stalls from the start', async () => {
    const server = await start({ stall: 'connect' });
    const socket = connect(server.port, server.host);
    let bytes = 0;
    socket.on('data', (data) => (bytes += data.length));

    await pause(quietMs);

    expect(bytes).toBe(0);
    expect(server.connections()).toBe(1);
    socket.destroy();
  });

  it.each(['login', 'open', 'write', 'close'] as const)('never answers at %s', async (at) => {
    const server = await start({ stall: at });
    const transfer = login(server).then((client) => client.put(content, '/x'));

    expect(await staysOpen(transfer)).toBe(true);

    await server.stop();
    await expect(transfer).rejects.toThrow();
  });

  it('takes its time over a listing', async () => {
    await writeFile(join(directory, 'x'), 'x');
    const client = await login(await start({ listingDelayMs: quietMs }));

    const began = performance.now();
    const listed = await client.list('/');

    expect(listed).toHaveLength(1);
    expect(performance.now() - began).toBeGreaterThanOrEqual(quietMs);
  });

  it('tells a size that is not so', async () => {
    await writeFile(join(directory, 'x'), 'four');
    const client = await login(await start({ sizeOffBy: 3 }));

    const told = await client.stat('/x');

    expect(told.size).toBe(7);
  });

  it('keeps less of a write than it says', async () => {
    const client = await login(await start({ writeBytesMax: 10 }));

    await client.put(Buffer.alloc(100, 'x'), '/short');

    expect((await stat(join(directory, 'short'))).size).toBe(10);
  });
});
