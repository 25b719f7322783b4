import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  readFileSync,
  openSync,
  closeSync,
  readdirSync,
  statSync,
  watch,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { selfSignedCertificate, verifySeal, type SelfSigned } from '../../src/seal/index.ts';
import {
  composeSet,
  knownHostKey,
  openSender,
  type OutgoingSet,
  type Sender,
  type SenderOptions,
  type SetOrder,
} from '../../src/sender/index.ts';
import { openSshServer, type OpenSshServer } from '../make/openssh-server.ts';

const at = new Date('2026-01-15T09:00:00Z');
let server: OpenSshServer;
let signer: SelfSigned;
let senders: Sender[] = [];
let sequence = 0;

beforeAll(async () => {
  server = await openSshServer();
  signer = await selfSignedCertificate({
    commonName: 'sender',
    keyPair: { type: 'ec', curve: 'P-256' },
    from: new Date('2026-01-01T00:00:00Z'),
    to: new Date('2027-01-01T00:00:00Z'),
  });
});

afterEach(async () => {
  for (const sender of senders) await sender.close();
  senders = [];
});

afterAll(async () => {
  await server.close();
});

async function connected(o: Partial<SenderOptions> = {}): Promise<Sender> {
  const sender = await openSender({
    host: '127.0.0.1',
    port: server.port,
    username: server.username,
    privateKey: server.loginKey,
    hostKey: server.fingerprints.ed25519,
    pollIntervalMs: 50,
    ...o,
  });
  senders.push(sender);
  return sender;
}

async function aSet(o: Partial<SetOrder> = {}): Promise<OutgoingSet> {
  sequence += 1;
  return await composeSet({
    type: 'MEDC',
    sender: '123456',
    environment: 'R',
    sequence: String(sequence).padStart(5, '0'),
    parts: [{ content: Buffer.from('<A><Form></Form></A>') }],
    signing: signer,
    at,
    ...o,
  });
}

function contentOf(directory: string, name: string): Buffer {
  return readFileSync(join(server.directory, directory, name));
}

describe('sending a set', () => {
  it('uploads declaration and signature under temporary names and the GO last', async () => {
    const sender = await connected();
    const set = await aSet();
    const names = new Set<string>();
    const watcher = watch(join(server.directory, 'IN'), (_, name) => names.add(name ?? ''));

    const sent = await sender.send(set);

    const base = `MEDC.123456.20260115.${set.name.sequence}.R.1`;
    expect(sent).toEqual({ fileName: `GO.${base}`, declarations: 1, bytes: expect.any(Number) });
    expect(set.files.map(({ name }) => name)).toEqual([
      `FI.${base}.1`,
      `FS.${base}.1`,
      `GO.${base}`,
    ]);
    await until(() => names.has(sent.fileName));
    watcher.close();
    expect([...names]).toEqual([
      `FI.${base}.1.tmp`,
      `FI.${base}.1`,
      `FS.${base}.1.tmp`,
      `FS.${base}.1`,
      `GO.${base}`,
    ]);
    expect(contentOf('IN', `GO.${base}`).length).toBe(0);
    expect(readdirSync(join(server.directory, 'IN')).filter((one) => one.endsWith('.tmp'))).toEqual(
      [],
    );
  });

  it('signs every part so that its signature verifies', async () => {
    const sender = await connected();
    const parts = [Buffer.from('<A>first</A>'), Buffer.from('<A>second</A>')];
    const set = await aSet({ parts: parts.map((content) => ({ content })) });

    await sender.send(set);

    expect(set.goName).toMatch(/\.R\.2$/);
    for (const [index, part] of parts.entries()) {
      const suffix = `MEDC.123456.20260115.${set.name.sequence}.R.2.${String(index + 1)}`;
      const content = contentOf('IN', `FI.${suffix}`);
      expect(content).toEqual(part);
      const verdict = await verifySeal({
        signature: contentOf('IN', `FS.${suffix}`),
        content: {
          // eslint-disable-next-line @typescript-eslint/require-await -- a buffer needs no waiting
          open: async function* () {
            yield content;
          },
        },
        trust: { anchors: [{ der: signer.certificate, crls: [] }], allowSha1: false },
        at,
      });
      expect(verdict).toMatchObject({ ok: true, mode: 'binary' });
    }
  });

  it.each([
    ['T', 'INTEST'],
    ['S', 'INTEST-S'],
  ] as const)('of environment %s goes to %s', async (environment, directory) => {
    const sender = await connected();
    const set = await aSet({ environment });

    await sender.send(set);

    expect(existsSync(join(server.directory, directory, set.goName))).toBe(true);
  });

  it('keeps to the older layout of names when asked', async () => {
    const sender = await connected();
    const set = await aSet({ withoutParts: true });

    await sender.send(set);

    const base = `MEDC.123456.20260115.${set.name.sequence}.R`;
    expect(set.files.map(({ name }) => name)).toEqual([`FI.${base}`, `FS.${base}`, `GO.${base}`]);
  });

  it('transfers a large file from disk byte for byte', async () => {
    const sender = await connected();
    const path = join(server.scratch, 'large.xml');
    const content = randomBytes(5_000_011);
    writeFileSync(path, content);
    const set = await aSet({ parts: [{ path }] });

    await sender.send(set);

    const [first] = set.files;
    expect(sha256(contentOf('IN', first?.name ?? ''))).toBe(sha256(content));
  });

  it('refuses to overwrite a file it did not send, unless told to', async () => {
    const sender = await connected();
    const set = await aSet();
    const [first] = set.files;
    const path = join(server.directory, 'IN', first?.name ?? '');
    writeFileSync(path, 'of somebody else');

    await expect(sender.send(set)).rejects.toMatchObject({ code: 'sender.name-taken' });

    expect(readFileSync(path, 'utf8')).toBe('of somebody else');
    const bold = await connected({ replace: true });
    await bold.send(set);
    expect(readFileSync(path, 'utf8')).toContain('<Form>');
  });

  it('says which request was refused and why', async () => {
    const sender = await connected();

    await expect(sender.list('NOWHERE')).rejects.toMatchObject({
      code: 'sender.request-refused',
      facts: { doing: 'list NOWHERE', status: 2 },
    });
  });
});

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

describe('a server that dies in the middle of an upload', () => {
  it('gets the rest of the file when it is back, not the whole again', async () => {
    const mortal = await openSshServer();
    const path = join(mortal.scratch, 'large.xml');
    const content = randomBytes(64 * 1024 * 1024);
    writeFileSync(path, content);
    const set = await aSet({ parts: [{ path }] });
    const sender = await connected({
      port: mortal.port,
      privateKey: mortal.loginKey,
      hostKey: mortal.fingerprints.ed25519,
      triesMax: 10,
    });
    const [first] = set.files;
    const target = join(mortal.directory, 'IN', first?.name ?? '');

    const sending = sender.send(set);
    await until(() => existsSync(`${target}.tmp`) && statSync(`${target}.tmp`).size > 4_000_000);
    await mortal.kill();
    const left = statSync(`${target}.tmp`).size;
    // What lies there already is marked, to see that it is not sent a second time.
    const mark = Buffer.from('sent before');
    const partial = openSync(`${target}.tmp`, 'r+');
    writeSync(partial, mark, 0, mark.length, 0);
    closeSync(partial);
    await mortal.start();
    await sending;

    expect(left).toBeLessThan(content.length);
    mark.copy(content);
    expect(sha256(readFileSync(target))).toBe(sha256(content));
    expect(existsSync(join(mortal.directory, 'IN', set.goName))).toBe(true);
    await mortal.close();
  });

  it('is given up after the tries allowed', async () => {
    const mortal = await openSshServer();
    const sender = await connected({
      port: mortal.port,
      privateKey: mortal.loginKey,
      hostKey: mortal.fingerprints.ed25519,
      triesMax: 2,
    });
    await mortal.kill();

    await expect(sender.send(await aSet())).rejects.toMatchObject({ code: 'channel.unreachable' });
    await mortal.close();
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 2) {
    if (holds()) return;
    await pause(2);
  }
  throw new Error('it never came about');
}

describe('logging in', () => {
  it('is refused with a key the server does not know', async () => {
    await expect(connected({ privateKey: server.wrongKey })).rejects.toMatchObject({
      code: 'sender.refused',
      facts: { username: server.username },
    });
  });

  it('is not even tried with another host than the pinned one', async () => {
    const before = server.log().length;

    await expect(connected({ hostKey: `SHA256:${'A'.repeat(43)}` })).rejects.toMatchObject({
      code: 'channel.host-key',
    });

    expect(server.log().slice(before)).not.toContain('Accepted publickey');
  });

  it('accepts a pin of any of the kinds of key the server has', async () => {
    const sender = await connected({ hostKey: server.fingerprints.rsa });

    expect(await sender.list('IN')).toEqual(expect.any(Array));
  });

  it('stores an unknown host key once, and refuses a changed one', async () => {
    const file = join(server.scratch, 'config', 'known_hosts');
    const where = { file, host: '127.0.0.1', port: server.port };
    const told: string[] = [];
    const onFirst = ({ fingerprint }: { readonly fingerprint: string }): void => {
      told.push(fingerprint);
    };

    await connected({ hostKey: await knownHostKey({ ...where, onFirst }) });
    await connected({ hostKey: await knownHostKey({ ...where, onFirst }) });

    expect(told).toEqual([server.fingerprints.ed25519]);
    expect(readFileSync(file, 'utf8')).toMatch(/^\[127\.0\.0\.1\]:\d+ ssh-ed25519 \S+\n$/);
    const other = await openSshServer();
    writeFileSync(
      file,
      `# hosts\n${readFileSync(file, 'utf8').replace(String(server.port), String(other.port))}`,
    );
    const changed = await knownHostKey({ ...where, port: other.port });
    await expect(
      connected({ port: other.port, privateKey: other.loginKey, hostKey: changed }),
    ).rejects.toMatchObject({
      code: 'channel.host-key',
      facts: { shown: other.fingerprints.ed25519, pinned: `${file}:2` },
    });
    await other.close();
  });
});

describe('a silent server', () => {
  let silent: Server;
  let port: number;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });

  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('is left when the time for the login is over', async () => {
    const opening = connected({ port, deadlines: { loginMs: 200 } });

    await expect(opening).rejects.toMatchObject({
      code: 'channel.timed-out',
      facts: { doing: 'login', waitedMs: 200 },
    });
  });

  it('that refuses the connection is unreachable at once', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const address = closed.address();
    const free = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => closed.close(resolve));

    await expect(connected({ port: free })).rejects.toMatchObject({
      code: 'channel.unreachable',
      facts: { reason: 'ECONNREFUSED' },
    });
  });
});

describe('composing a set', () => {
  it.each([
    { type: 'MED' },
    { sender: '999999' },
    { sequence: '00000' },
    { sequence: '1' },
    { date: '20260230' },
    { date: '2026-01-15' },
    { parts: [] },
    { parts: Array.from({ length: 10 }, () => ({ content: Buffer.alloc(1) })) },
    { withoutParts: true, parts: [{ content: Buffer.alloc(1) }, { content: Buffer.alloc(1) }] },
  ] as readonly Partial<SetOrder>[])('refuses %j', async (order) => {
    await expect(aSet(order)).rejects.toMatchObject({ code: 'cli.usage' });
  });

  it('goes without a signature in simulation only', async () => {
    const order = { type: 'MEDC', sender: '123456', parts: [{ content: Buffer.alloc(1) }], at };

    const set = await composeSet({ ...order, environment: 'S' });

    expect(set.files.map(({ name }) => name.slice(0, 2))).toEqual(['FI', 'GO']);
    await expect(composeSet({ ...order, environment: 'R' })).rejects.toMatchObject({
      code: 'cli.usage',
    });
  });

  it('names the file that cannot be read', async () => {
    await expect(aSet({ parts: [{ path: '/nowhere/at-all.xml' }] })).rejects.toMatchObject({
      code: 'cli.unreadable',
      facts: { file: '/nowhere/at-all.xml' },
    });
  });

  it('counts forms that lie across the border of two pieces', async () => {
    const path = join(server.scratch, 'borders.xml');
    const content = Buffer.alloc(1024 * 1024 + 100, ' ');
    content.write('<Form></Form>', 1024 * 1024 - 3);
    writeFileSync(path, content);

    const set = await aSet({ parts: [{ path }] });

    expect(set.declarations).toBe(1);
  });
});
