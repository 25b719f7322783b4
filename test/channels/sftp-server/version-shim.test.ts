import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomFile, sftp } from '../../make/clients.ts';
import { anSftpServer, type TestServer } from '../../make/sftp-server.ts';
import { wireClient, wireConnection } from '../../make/wire-client.ts';

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
    await once(socket, 'close');

    const client = await wireClient(gate.login);
    await client.end();
    expect(gate.mailbox.openFiles()).toBe(0);
  });
});
