import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ssh2 from 'ssh2';
import { randomFile, sftp } from '../../make/clients.ts';
import { anSftpServer, type TestServer } from '../../make/sftp-server.ts';
import { closeOf, wireClient, wireConnection } from '../../make/wire-client.ts';

/*
 * What our reach into ssh2 past its documented face does for clients; library.test.ts has the rest.
 * When these fail after a new release, read
 * version-shim.ts beside the library's lib/protocol/SFTP.js and lib/server.js.
 */

let gate: TestServer;
beforeAll(async () => {
  gate = await anSftpServer();
});
afterAll(async () => {
  await gate.close();
});

describe('the private face of ssh2', () => {
  it('carries the limits as they are', async () => {
    const client = await wireClient(gate.login);
    const limits = client.sftp as unknown as Record<string, number>;
    await client.stat('IN');

    expect(limits['_maxReadLen']).toBe(255 * 1024);
    expect(limits['_maxWriteLen']).toBe(255 * 1024);
    expect(limits['maxOpenHandles']).toBe(64);
    await client.end();
  });

  it('answers fsync, and posix-rename replaces', async () => {
    const local = randomFile(gate.folder, 4096);

    const done = await sftp(gate.login, [
      `put -f ${local} IN/one`,
      `put -f ${local} IN/two`,
      'rename IN/one IN/two',
    ]);

    expect(done.code).toBe(0);
    expect(gate.mailbox.events).toEqual([
      ...['sync IN/one', 'land IN/one', 'sync IN/two', 'land IN/two'],
      'rename IN/one two replacing',
    ]);
  });

  it('sends what was read whole and in its place, however late the client opens its window', async () => {
    const part = 255 * 1024;
    const content = randomBytes(40 * part + 1_000);
    writeFileSync(join(gate.mailbox.path, 'OUT/late'), content);
    const client = await wireClient(gate.login);
    const handle = await client.open('OUT/late', ssh2.utils.sftp.OPEN_MODE.READ);
    client.socket.pause();

    const parts = Array.from({ length: 41 }, async (_, n) => {
      const into = Buffer.alloc(part);
      const bytes = await new Promise<number>((resolve, reject) => {
        client.sftp.read(handle, into, 0, part, n * part, (error, count) => {
          if (error === undefined || (error as unknown) === null) resolve(count);
          else reject(error);
        });
      });
      return into.subarray(0, bytes);
    });
    client.socket.resume();
    const read = Buffer.concat(await Promise.all(parts));
    await client.close(handle);
    await client.end();

    expect(read.equals(content)).toBe(true);
    expect(gate.mailbox.events.at(-1)).toBe('collect OUT/late');
  });

  it('survives a client that opens the channel and leaves without a word', async () => {
    const { connection, socket } = await wireConnection(gate.login);
    const inner = connection as unknown as {
      readonly _protocol: { channelEOF(id: number): void; channelClose(id: number): void };
    };
    // The library's client sends INIT only once the channel is confirmed.
    const opened = new Promise<void>((resolve) => {
      connection.exec('ls', () => {
        resolve();
      });
    });
    await opened;
    inner._protocol.channelEOF(0);
    connection.end();
    await closeOf(socket);

    const client = await wireClient(gate.login);
    await client.end();
    expect(gate.mailbox.openFiles()).toBe(0);
  });
});
