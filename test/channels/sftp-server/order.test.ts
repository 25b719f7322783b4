import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import ssh2 from 'ssh2';
import { needs, paramiko, randomFile, scp, sftp, sha256 } from '../../make/clients.ts';
import { eventually } from '../../make/exchange.ts';
import { anSftpServer, type TestServer } from '../../make/sftp-server.ts';
import { wireClient, type WireClient } from '../../make/wire-client.ts';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;
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

const later = (): Promise<void> => Promise.resolve();

/** A promise and the hand that resolves it. */
function latch(): { readonly opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const write = OPEN_MODE.WRITE | OPEN_MODE.CREAT | OPEN_MODE.TRUNC;

describe('writes the disk finishes out of order', () => {
  /** Every second write takes a while, so that the one behind it is done first. */
  const outOfOrder = {
    beforeWrite: ({ at }: { readonly at: number }) =>
      (at / 32_768) % 2 < 1 ? new Promise<void>((resolve) => setTimeout(resolve, 3)) : later(),
  };
  it('leave the file of scp 9.2 whole, which cuts it where answers came out of order', async () => {
    gate = await anSftpServer({ hooks: outOfOrder });
    const local = randomFile(gate.folder, 12 * megabyte);

    const done = await scp(gate.login, local, `${gate.login.username}@127.0.0.1:IN/FI.scp`);

    expect(done.code).toBe(0);
    expect(sha256(gate.mailbox.landed('IN/FI.scp'))).toBe(sha256(readFileSync(local)));
    expect(gate.mailbox.peakWrites()).toBeGreaterThan(1);
  });

  needs('paramiko')('paramiko', () => {
    it('closes without waiting for its writes, and loses nothing', async () => {
      gate = await anSftpServer({ hooks: outOfOrder });
      const local = randomFile(gate.folder, 3 * megabyte);

      const done = await paramiko(gate.login, 'sftp.put(sys.argv[4], "IN/FI.p")', [local]);

      expect(done.code).toBe(0);
      expect(sha256(gate.mailbox.landed('IN/FI.p'))).toBe(sha256(readFileSync(local)));
    });
  });

  it('are answered in the order they were asked', async () => {
    const first = latch();
    const client = await connected({
      hooks: { beforeWrite: ({ at }) => (at === 0 ? first.opened : later()) },
    });
    const handle = await client.open('IN/FI.order', write);

    const answers: number[] = [];
    const writes = [0, 1, 2].map((n) =>
      client.write(handle, n * 4, Buffer.from(`${String(n)}...`)).then(() => answers.push(n)),
    );
    await eventually(
      () => Promise.resolve(gate.mailbox.peakWrites() === 3 || undefined),
      'three writes at once',
    );
    const early = [...answers];
    first.open();
    await Promise.all(writes);
    await client.close(handle);
    await client.end();

    expect(early).toEqual([]);
    expect(answers).toEqual([0, 1, 2]);
    expect(gate.mailbox.landed('IN/FI.order').toString()).toBe('0...1...2...');
  });

  it('to one and the same place keep their order', async () => {
    const first = latch();
    let seen = 0;
    const client = await connected({
      hooks: { beforeWrite: () => ((seen += 1) === 1 ? first.opened : later()) },
    });
    const handle = await client.open('IN/FI.same', write);

    const writes = [
      client.write(handle, 0, Buffer.from('older')),
      client.write(handle, 0, Buffer.from('newer')),
    ];
    await client.stat('IN');
    first.open();
    await Promise.all(writes);
    await client.close(handle);
    await client.end();

    expect(gate.mailbox.landed('IN/FI.same').toString()).toBe('newer');
  });
});

describe('CLOSE', () => {
  it('waits for the writes before it', async () => {
    const slow = latch();
    const client = await connected({ hooks: { beforeWrite: () => slow.opened } });
    const handle = await client.open('IN/FI.close', write);

    const pending = [client.write(handle, 0, Buffer.from('late')), client.close(handle)];
    await client.stat('IN');
    const early = [...gate.mailbox.events];
    slow.open();
    await Promise.all(pending);
    await client.end();

    expect(early).toEqual([]);
    expect(gate.mailbox.landed('IN/FI.close').toString()).toBe('late');
  });

  it('is answered only after the file has landed', async () => {
    const landing = latch();
    const client = await connected({ hooks: { beforeLand: () => landing.opened } });
    const handle = await client.open('IN/FI.promise', write);
    await client.write(handle, 0, Buffer.from('content'));
    let answered = false;

    const closed = client.close(handle).then(() => {
      answered = true;
    });
    await client.stat('IN');
    const early = answered;
    landing.open();
    await closed;
    await client.end();

    expect(early).toBe(false);
    expect(gate.mailbox.events).toEqual(['land IN/FI.promise']);
  });

  it('fails when the landing fails', async () => {
    const client = await connected({
      hooks: { beforeLand: () => Promise.reject(new Error('no room')) },
    });
    const handle = await client.open('IN/FI.unlanded', write);

    await expect(client.close(handle)).rejects.toMatchObject({
      code: STATUS_CODE.FAILURE,
      message: 'The gateway could not do this; try again later',
    });
    await client.end();
    expect(gate.events).toContainEqual(
      expect.objectContaining({ code: 'sftp.request-failed', fileName: 'FI.unlanded' }),
    );
  });

  it('fails after a failed write, and nothing lands', async () => {
    const client = await connected({
      hooks: {
        beforeWrite: ({ at }) => (at === 4 ? Promise.reject(new Error('disk')) : later()),
      },
    });
    const handle = await client.open('IN/FI.failed', write);

    const writes = await Promise.allSettled(
      [0, 4, 8].map((at) => client.write(handle, at, Buffer.from('data'))),
    );
    const late = await Promise.allSettled([client.write(handle, 12, Buffer.from('data'))]);
    const closed = client.close(handle);

    await expect(closed).rejects.toMatchObject({ code: STATUS_CODE.FAILURE });
    await client.end();
    expect(writes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(late.map(({ status }) => status)).toEqual(['rejected']);
    expect(gate.mailbox.events).toEqual(['abandon IN/FI.failed write-failed']);
  });

  it('makes the real client say so: sftp ends with code 1', async () => {
    gate = await anSftpServer({ hooks: { beforeWrite: () => Promise.reject(new Error('disk')) } });
    const local = randomFile(gate.folder, 100_000);

    const done = await sftp(gate.login, [`put ${local} IN/FI.disk`]);

    expect(done.code).toBe(1);
    expect(gate.mailbox.events).toEqual(['abandon IN/FI.disk write-failed']);
  });

  it('comes once: a second one and writes behind it change nothing', async () => {
    const landing = latch();
    const client = await connected({ hooks: { beforeLand: () => landing.opened } });
    const handle = await client.open('IN/FI.once', write);
    await client.write(handle, 0, Buffer.from('content'));

    const pending = [
      client.close(handle),
      client.close(handle),
      client.write(handle, 0, Buffer.from('changed')),
    ];
    await client.stat('IN');
    landing.open();
    const ends = await Promise.allSettled(pending);
    await client.end();

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(gate.mailbox.events).toEqual(['land IN/FI.once']);
    expect(gate.mailbox.landed('IN/FI.once').toString()).toBe('content');
  });
});

describe('requests on names', () => {
  it('that change something are done in the order they came', async () => {
    const removal = latch();
    const client = await connected({ hooks: { beforeRemove: () => removal.opened } });
    writeFileSync(join(gate.mailbox.path, 'IN/old'), 'old');
    writeFileSync(join(gate.mailbox.path, 'IN/new'), 'new');

    const pending = [client.remove('IN/old'), client.rename('IN/new', 'IN/old')];
    removal.open();
    await Promise.all(pending);
    await client.end();

    expect(gate.mailbox.events).toEqual(['remove IN/old', 'rename IN/new old']);
  });

  it('wait for the landing of the file they name', async () => {
    const landing = latch();
    const client = await connected({ hooks: { beforeLand: () => landing.opened } });
    const handle = await client.open('IN/FI.tmp', write);

    const pending = [client.close(handle), client.rename('IN/FI.tmp', 'IN/FI.final')];
    await new Promise((resolve) => setImmediate(resolve));
    landing.open();
    await Promise.all(pending);
    await client.end();

    expect(gate.mailbox.events).toEqual(['land IN/FI.tmp', 'rename IN/FI.tmp FI.final']);
  });
});

describe('the end of a connection', () => {
  it('abandons what was opened while it went', async () => {
    const creating = latch();
    const began = latch();
    const client = await connected({
      hooks: {
        beforeCreate: () => {
          began.open();
          return creating.opened;
        },
      },
    });
    const opening = client.open('IN/FI.gone', write).catch(() => undefined);
    await began.opened;
    client.destroy();
    await opening;
    creating.open();
    await eventually(
      () => Promise.resolve(gate.server.sessions() === 0 || undefined),
      'the end of the session',
    );

    expect(gate.mailbox.openFiles()).toBe(0);
    expect(gate.mailbox.events).toEqual(['abandon IN/FI.gone connection-lost']);
  });

  it('lets a landing under way end, and abandons nothing of it', async () => {
    const landing = latch();
    const client = await connected({ hooks: { beforeLand: () => landing.opened } });
    const handle = await client.open('IN/FI.landing', write);
    const closed = client.close(handle).catch(() => undefined);
    await client.stat('IN');

    client.destroy();
    await closed;
    landing.open();
    await eventually(
      () => Promise.resolve(gate.server.sessions() === 0 || undefined),
      'the end of the session',
    );

    expect(gate.mailbox.events).toEqual(['land IN/FI.landing']);
  });
});

describe('stop', () => {
  it('lets an upload under way land and be answered', async () => {
    const client = await connected();
    const handle = await client.open('IN/FI.drain', write);

    const stopped = gate.server.stop();
    await client.write(handle, 0, Buffer.from('to the end'));
    await client.close(handle);
    await stopped;

    expect(gate.mailbox.events).toEqual(['land IN/FI.drain']);
    client.destroy();
  });

  it('cuts what is not done within the drain time, and leaves it partial', async () => {
    const client = await connected({ limits: { drainMs: 100 } });
    await client.open('IN/FI.cut', write);

    await gate.server.stop();

    expect(gate.mailbox.events).toEqual(['abandon IN/FI.cut server-stopped']);
    client.destroy();
  });
});
