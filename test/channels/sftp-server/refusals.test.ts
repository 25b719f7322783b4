import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import ssh2 from 'ssh2';
import type { Entry } from '../../../src/channels/index.ts';
import { sparseFile } from '../../fakes/mailbox.ts';
import { needs, paramiko, run, sftp, sshOptions, type Outcome } from '../../make/clients.ts';
import { eventually } from '../../make/exchange.ts';
import { anSftpServer, type TestServer } from '../../make/sftp-server.ts';
import { closeOf, wireClient, type WireClient, wireConnection } from '../../make/wire-client.ts';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;
const { READ } = OPEN_MODE;
const write = OPEN_MODE.WRITE | OPEN_MODE.CREAT | OPEN_MODE.TRUNC;
const denied = { code: STATUS_CODE.PERMISSION_DENIED };
const megabyte = 1024 * 1024;

let gate: TestServer;
afterEach(async () => {
  expect(gate.mailbox.breaches).toEqual([]);
  await gate.close();
});

async function connected(o: Parameters<typeof anSftpServer>[0] = {}): Promise<WireClient> {
  gate = await anSftpServer(o);
  return wireClient(gate.login);
}

async function ssh(...args: readonly string[]): Promise<Outcome> {
  const options = ['-p', String(gate.login.port), ...sshOptions(gate.login)];
  return run('ssh', [...options, ...args], { ms: 10_000 });
}

/** A request by its name in the library's client; the error it ends with. */
function asked(ask: (done: (error?: Error | null) => void) => unknown): Promise<Error | undefined> {
  return new Promise((resolve) => {
    ask((error) => {
      resolve(error ?? undefined);
    });
  });
}

describe('a program other than SFTP', () => {
  const target = 'payroll02@127.0.0.1';

  it.each([
    ['a command', [target, 'id']],
    ['a shell', ['-T', target]],
    ['a shell with a terminal', ['-tt', target]],
    ['another subsystem', ['-s', target, 'netconf']],
  ])('is refused at once: %s', async (_what, args) => {
    gate = await anSftpServer();

    const done = await ssh(...args);

    expect(done.code).toBe(255);
    expect(done.output).toMatch(/request failed on channel/);
  });

  it('is refused: forwarding from the gateway', async () => {
    gate = await anSftpServer();

    const done = await ssh('-N', '-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1', target);

    expect(done.code).toBe(255);
    expect(done.output).toContain('remote port forwarding failed');
  });

  it('is refused: forwarding through the gateway', async () => {
    gate = await anSftpServer();

    const done = await ssh('-W', '127.0.0.1:22', target);

    expect(done.code).toBe(255);
    expect(done.output).toMatch(/administratively prohibited|stdio forwarding failed/);
  });

  it('is refused on a channel that is taken, and the channel goes on', async () => {
    const client = await connected();
    const inner = client.connection as unknown as {
      readonly _protocol: { subsystem(id: number, name: string, reply: boolean): void };
    };

    inner._protocol.subsystem(0, 'sftp', false);
    const directory = await client.stat('IN');
    await client.end();

    expect(directory.isDirectory()).toBe(true);
  });
});

describe('the tree', () => {
  it('cannot be changed', async () => {
    const client = await connected();
    const { sftp: raw } = client;
    writeFileSync(join(gate.mailbox.path, 'IN/here'), 'x');

    const errors = await Promise.all([
      asked((done) => {
        raw.mkdir('NEW', done);
      }),
      asked((done) => {
        raw.rmdir('IN', done);
      }),
      asked((done) => {
        raw.symlink('IN/here', 'IN/there', done);
      }),
      asked((done) => {
        raw.readlink('IN/here', done);
      }),
      asked((done) => {
        raw.rename('IN/here', 'INTEST/here', done);
      }),
      asked((done) => {
        raw.rename('IN', 'OTHER', done);
      }),
      asked((done) => {
        raw.unlink('IN', done);
      }),
      asked((done) => {
        raw.setstat('IN/here', { size: 0 }, done);
      }),
      asked((done) => {
        raw.setstat('IN/here', { mtime: 1, atime: 1 }, done);
      }),
    ]);
    await client.end();

    const { PERMISSION_DENIED, OP_UNSUPPORTED } = STATUS_CODE;
    expect(errors.map((error) => (error as { code?: number } | undefined)?.code)).toEqual([
      ...[PERMISSION_DENIED, PERMISSION_DENIED, OP_UNSUPPORTED, OP_UNSUPPORTED],
      ...[PERMISSION_DENIED, PERMISSION_DENIED, PERMISSION_DENIED, PERMISSION_DENIED, undefined],
    ]);
    expect(gate.mailbox.events).toEqual([]);
  });

  it('is read in OUT and written in IN, and not the other way round', async () => {
    const client = await connected();
    writeFileSync(join(gate.mailbox.path, 'IN/sent'), 'x');
    writeFileSync(join(gate.mailbox.path, 'OUT/answer'), 'x');

    await expect(client.open('OUT/forged', write)).rejects.toMatchObject(denied);
    await expect(client.open('OUT/answer', OPEN_MODE.WRITE)).rejects.toMatchObject(denied);
    await expect(client.open('IN/sent', READ)).rejects.toMatchObject(denied);
    await expect(client.open('IN', READ)).rejects.toMatchObject(denied);
    await expect(client.open('FI.nowhere', write)).rejects.toMatchObject({
      code: STATUS_CODE.NO_SUCH_FILE,
    });
    await client.end();
  });

  it.each([
    '../../etc/passwd',
    '/etc/passwd',
    'IN/../../etc/passwd',
    'IN/../../../../../etc/shadow',
    'IN/deeper/file',
    'OUT/../../box',
  ])('has nothing beyond it: %s', async (path) => {
    const client = await connected();

    await expect(client.open(path, READ)).rejects.toThrow();
    await expect(client.open(path, write)).rejects.toThrow();
    await client.end();

    expect(gate.mailbox.openFiles()).toBe(0);
  });

  it('takes no names that could not be kept', async () => {
    const client = await connected();
    const names = ['a\nb', 'a\u0000b', 'a\u001b[2J', 'x'.repeat(129), 'back\\slash', '..'];

    for (const name of names) {
      await expect(client.open(`IN/${name}`, write)).rejects.toMatchObject(denied);
    }
    await client.end();
  });

  needs('paramiko')('from paramiko, which sends bytes as they are', () => {
    it('takes no names that are not UTF-8', async () => {
      gate = await anSftpServer();

      const done = await paramiko(gate.login, "sftp.open(b'/IN/FI.\\xff\\xfe', 'w').close()");

      expect(done.code).toBe(1);
      expect(done.output).toMatch(/Permission denied|This name cannot be used/);
      expect(gate.mailbox.events).toEqual([]);
    });
  });

  it('has no paths without end', async () => {
    const client = await connected();

    await expect(client.stat(`IN/${'x/'.repeat(5_000)}`)).rejects.toThrow();
    const answer = await asked((done) => {
      client.sftp.realpath('x/'.repeat(5_000), (error) => {
        done(error);
      });
    });
    await client.end();

    expect(answer?.message).toBe('This path is too long');
  });
});

describe('what one client may hold', () => {
  it('is a number of open files, however fast it asks', async () => {
    const client = await connected({ limits: { handlesMax: 8 } });

    const opened = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => client.open(`IN/f${String(n)}`, write)),
    );
    const fulfilled = opened.filter(({ status }) => status === 'fulfilled');
    const first = opened.find((one) => one.status === 'fulfilled');
    if (first?.status === 'fulfilled') await client.close(first.value);
    await client.open('IN/again', write);
    await client.end();

    expect(fulfilled).toHaveLength(8);
  });

  it('is a number of channels, also of those that never ask for SFTP', async () => {
    gate = await anSftpServer({ limits: { channelsMax: 3 } });
    const { connection, socket } = await wireConnection(gate.login);
    const inner = connection as unknown as {
      readonly _protocol: { session(...a: number[]): void };
    };
    const failures: unknown[] = [];
    const wire = inner._protocol as unknown as {
      readonly _handlers: Record<string, (...args: unknown[]) => void>;
    };
    const confirmed: unknown[] = [];
    wire._handlers['CHANNEL_OPEN_FAILURE'] = (...args) => failures.push(args);
    wire._handlers['CHANNEL_OPEN_CONFIRMATION'] = (...args) => confirmed.push(args);

    for (let n = 0; n < 10; n += 1) inner._protocol.session(n, 1_000, 1_000);
    await eventually(
      () => Promise.resolve(failures.length + confirmed.length === 10 || undefined),
      'ten answers',
    );
    const closed = closeOf(socket);
    connection.end();
    await closed;

    expect([confirmed.length, failures.length]).toEqual([3, 7]);
  });

  it('is a number of sessions of one user', async () => {
    gate = await anSftpServer({ limits: { sessionsPerUserMax: 2 } });
    const held = [await wireClient(gate.login), await wireClient(gate.login)];

    const third = await sftp(gate.login, ['pwd']);
    await held[0]?.end();
    await eventually(() => Promise.resolve(gate.server.sessions() < 2 || undefined), 'one less');
    const fourth = await sftp(gate.login, ['pwd']);
    await held[1]?.end();

    expect(third.code).toBe(255);
    expect(fourth.code).toBe(0);
  });

  it('is a time without a request', async () => {
    const client = await connected({ limits: { idleMs: 300 } });

    await closeOf(client.socket);

    expect(gate.events).toContainEqual(
      expect.objectContaining({ code: 'sftp.idle', username: 'payroll02' }),
    );
  });

  it('is not idle while an answer to an old request still comes', async () => {
    let reads = 0;
    const client = await connected({
      limits: { idleMs: 400 },
      hooks: {
        beforeRead: () => new Promise((resolve) => setTimeout(resolve, 150 * (reads += 1))),
      },
    });
    await sparseFile(join(gate.mailbox.path, 'OUT/slow'), 100_000);
    const handle = await client.open('OUT/slow', READ);

    const counts = await Promise.all(
      [0, 1, 2, 3, 4].map((n) => client.read(handle, n * 10_000, 10_000)),
    );
    await client.end();

    expect(counts).toHaveLength(5);
  });

  it('is a length of the names that wait, each of which may be as long as a packet', async () => {
    let release: () => void = () => undefined;
    const disk = new Promise<void>((resolve) => {
      release = resolve;
    });
    const client = await connected({ hooks: { beforeWrite: () => disk } });
    const closed = closeOf(client.socket);
    const handle = await client.open('IN/slow', write);
    const long = `IN/${'x'.repeat(200_000)}`;

    client.write(handle, 0, Buffer.from('x')).catch(() => undefined);
    client.close(handle).catch(() => undefined);
    client.remove('IN/slow').catch(() => undefined);
    for (let n = 0; n < 30; n += 1) {
      client.rename(long, 'IN/other').catch(() => undefined);
      client.rename('IN/other', long).catch(() => undefined);
    }
    await closed;
    release();

    expect(gate.events).toContainEqual(
      expect.objectContaining({ facts: { reason: 'pending-names' } }),
    );
  });

  it('is a number of requests without an answer', async () => {
    let release: () => void = () => undefined;
    const disk = new Promise<void>((resolve) => {
      release = resolve;
    });
    const client = await connected({
      limits: { pendingRequestsMax: 100 },
      hooks: { beforeWrite: () => disk },
    });
    const closed = closeOf(client.socket);
    const handle = await client.open('IN/flood', write);

    for (let n = 0; n < 200; n += 1) {
      client.write(handle, n, Buffer.from('x')).catch(() => undefined);
    }
    await closed;
    release();

    expect(gate.events).toContainEqual(
      expect.objectContaining({ facts: { reason: 'pending-requests' } }),
    );
  });
});

describe('idle connections', () => {
  it('do not keep anybody out: 200 that say nothing, and a login', async () => {
    gate = await anSftpServer({ limits: { connectionsPerSourceMax: 250 } });
    const sockets = Array.from({ length: 200 }, () => {
      const socket = connect({ host: '127.0.0.1', port: gate.login.port });
      return socket.on('error', () => undefined);
    });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));

    const done = await sftp(gate.login, ['pwd']);
    for (const socket of sockets) socket.destroy();

    expect(done.code).toBe(0);
  });

  it('are limited for one source, and told in one line', async () => {
    gate = await anSftpServer({ limits: { connectionsPerSourceMax: 5 } });
    const sockets: Socket[] = [];
    for (let n = 0; n < 12; n += 1) {
      const socket = connect({ host: '127.0.0.1', port: gate.login.port });
      sockets.push(socket.on('error', () => undefined).resume());
    }
    let closed = 0;
    for (const socket of sockets) socket.once('close', () => (closed += 1));

    await eventually(() => Promise.resolve(closed === 7 || undefined), 'seven refusals');
    for (const socket of sockets) socket.destroy();

    expect(gate.events).toEqual([
      expect.objectContaining({
        code: 'sftp.connection-refused',
        facts: { reason: 'connections-per-source', refused: 1 },
      }),
    ]);
  });
});

/** The value of a count that stays while the server answers another client many times over. */
async function standstillOf(count: () => number): Promise<number> {
  const other = await wireClient(gate.login);
  let last = 0;
  for (let same = 0; same < 50; same = count() > 0 && count() === last ? same + 1 : 0) {
    last = count();
    await other.stat('OUT');
  }
  await other.end();
  return last;
}

describe('memory', () => {
  it('does not grow with a client that asks for much and reads nothing', async () => {
    let reads = 0;
    const client = await connected({
      hooks: {
        beforeRead: ({ bytes }) => {
          reads += bytes;
          return Promise.resolve();
        },
      },
    });
    await sparseFile(join(gate.mailbox.path, 'OUT/large'), 400 * megabyte);
    const handle = await client.open('OUT/large', READ);
    client.socket.pause();

    for (let n = 0; n < 1_500; n += 1) {
      client.read(handle, n * 255 * 1024, 255 * 1024).catch(() => undefined);
    }
    const held = await standstillOf(() => reads);
    client.destroy();

    // The socket buffers of the system, the client's window of 2 MiB, and 4 MiB of ours.
    expect(held).toBeLessThan(24 * megabyte);
  });

  it('does not grow with answers finished before their turn', async () => {
    let begun = 0;
    let release: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      release = resolve;
    });
    const client = await connected({
      hooks: {
        beforeRead({ at }) {
          begun += 1;
          return at === 0 ? first : Promise.resolve();
        },
      },
    });
    await sparseFile(join(gate.mailbox.path, 'OUT/large'), 100 * megabyte);
    const handle = await client.open('OUT/large', READ);

    const reads = Array.from({ length: 300 }, (_, n) =>
      client.read(handle, n * 255 * 1024, 255 * 1024),
    );
    await client.stat('OUT');
    await client.stat('OUT');
    const early = begun;
    release();
    await Promise.all(reads);
    await client.end();

    expect(early).toBeLessThanOrEqual(17);
    expect(begun).toBeGreaterThanOrEqual(300);
  });

  it('does not grow with a disk that does not keep up: the client has to wait', async () => {
    let release: () => void = () => undefined;
    const disk = new Promise<void>((resolve) => {
      release = resolve;
    });
    let arrived = 0;
    const client = await connected({
      hooks: {
        beforeWrite({ bytes }) {
          arrived += bytes;
          return disk;
        },
      },
    });
    const handle = await client.open('IN/slow', write);
    const part = Buffer.alloc(200_000);

    const writes = Array.from({ length: 150 }, (_, n) =>
      client.write(handle, n * part.length, part),
    );
    const held = await standstillOf(() => arrived);
    release();
    await Promise.all(writes);
    await client.close(handle);
    await client.end();

    expect(held).toBeLessThan(5 * megabyte);
    expect(arrived).toBe(150 * part.length);
  });

  it('is given back by a channel that closes with writes under way', async () => {
    let release: () => void = () => undefined;
    const disk = new Promise<void>((resolve) => {
      release = resolve;
    });
    const client = await connected({ hooks: { beforeWrite: () => disk } });
    const handle = await client.open('IN/slow', write);
    const other = await client.channel();
    for (let n = 0; n < 30; n += 1) {
      client.write(handle, 0, Buffer.alloc(200_000)).catch(() => undefined);
    }
    client.sftp.end();
    release();

    const error = await asked((done) => {
      other.stat('IN', (failed) => {
        done(failed);
      });
    });
    await client.end();

    expect(error).toBeUndefined();
  });
});

describe('a listing', () => {
  it('of 100,000 files comes whole, in pages every client can read', async () => {
    const names = Array.from(
      { length: 100_000 },
      (_, n) => `FO.NOTI.${String(n).padStart(6, '0')}`,
    );
    const modifiedAt = new Date('2026-01-15T11:00:00Z');
    const client = await connected({
      hooks: {
        list(after, max): readonly Entry[] {
          const start = after === undefined ? 0 : names.indexOf(after) + 1;
          return names.slice(start, start + max).map((name) => ({ name, bytes: 1, modifiedAt }));
        },
      },
    });
    const handle = await client.openDirectory('OUT');
    const seen: string[] = [];
    let largest = 0;
    for (
      let page = await client.page(handle);
      page !== undefined;
      page = await client.page(handle)
    ) {
      seen.push(...page.map(({ filename }) => filename));
      const bytes = page.map((one) => one.filename.length + one.longname.length + 40);
      largest = Math.max(
        largest,
        bytes.reduce((sum, one) => sum + one, 0),
      );
    }
    await client.end();

    expect(seen).toEqual(names);
    expect(largest).toBeLessThan(32_000);
  });
});

/** An SFTP packet: its type, a request's number, and what follows as numbers of 32 bits. */
function packetOf(type: number, ...numbers: readonly number[]): Buffer {
  const packet = Buffer.alloc(9 + numbers.length * 4);
  packet.writeUInt32BE(packet.length - 4, 0);
  packet[4] = type;
  packet.writeUInt32BE(7, 5);
  for (const [index, number] of numbers.entries()) packet.writeUInt32BE(number, 9 + index * 4);
  return packet;
}

describe('packets that break the protocol', () => {
  it.each([
    ['a length beyond all measure', Buffer.from([0x80, 0, 0, 0, 1])],
    ['a length of nothing', Buffer.from([0, 0, 0, 0])],
    ['a type nobody knows', Buffer.from([0, 0, 0, 1, 77])],
    ['an OPEN that ends too soon', Buffer.from([0, 0, 0, 5, 3, 0, 0, 0, 1])],
    ['a second INIT', Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3])],
    // Their handle or path is longer than the packet, and what follows reads as the other fields.
    ['a WRITE to a handle cut short', packetOf(6, 256, 0, 0, 0)],
    ['a READ of a handle cut short', packetOf(5, 256, 0, 0, 1)],
    ['an FSETSTAT of a handle cut short', packetOf(10, 256, 0)],
    ['a SETSTAT of a path cut short', packetOf(9, 256, 0)],
    ['an OPEN of a path cut short', packetOf(3, 256, 1, 0)],
    ['a RENAME of a path cut short', packetOf(18, 256, 0)],
    ['an EXTENDED request without an end', packetOf(200, 256)],
  ])('end the channel, and nobody else notices: %s', async (_what, packet) => {
    const client = await connected();
    const bystander = await wireClient(gate.login);
    const handle = await client.open('IN/FI.broken', write);
    expect(handle).toHaveLength(4);
    const inner = client.sftp as unknown as {
      readonly _protocol: { channelData(id: number, data: Buffer): void };
      readonly outgoing: { readonly id: number };
    };

    inner._protocol.channelData(inner.outgoing.id, packet);
    await eventually(
      () => Promise.resolve(gate.mailbox.events.length === 1 || undefined),
      'the end of the upload',
    );
    const directory = await bystander.stat('IN');
    client.destroy();
    await bystander.end();

    expect(gate.mailbox.events).toEqual(['abandon IN/FI.broken connection-lost']);
    expect(directory.isDirectory()).toBe(true);
  });
});
