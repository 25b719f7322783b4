import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import ssh2, { type SFTPWrapper } from 'ssh2';
import { run, sftp as runSftp, sshOptions } from '../../make/clients.ts';
import { anSftpServer, type TestServer } from '../../make/sftp-server.ts';
import { closeOf } from '../../make/wire-client.ts';

/*
 * What the server relies on beyond the documented face of ssh2. When one of these fails after an
 * upgrade, version-shim.ts has to be read again beside the library's sources.
 */

const project = resolve(import.meta.dirname, '../../..');

let server: TestServer;

beforeEach(async () => {
  server = await anSftpServer();
});

afterEach(async () => {
  await server.close();
});

/** Lends a channel of the same library's client, which keeps the extensions it was told. */
async function lent<T>(use: (sftp: SFTPWrapper) => Promise<T>): Promise<T> {
  const client = new ssh2.Client();
  const { port, username, keyPath } = server.login;
  client.connect({ host: '127.0.0.1', port, username, privateKey: readFileSync(keyPath) });
  await once(client, 'ready');
  try {
    const open = promisify<SFTPWrapper>((done) => client.sftp(done));
    return await use(await open());
  } finally {
    const closed = closeOf(client);
    client.end();
    await closed;
  }
}

describe('the SSH library', () => {
  it('is pinned to the version whose inside is known', () => {
    const wanted = JSON.parse(readFileSync(resolve(project, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const installed = JSON.parse(
      readFileSync(resolve(project, 'node_modules/ssh2/package.json'), 'utf8'),
    ) as { readonly version: string };

    expect(wanted.dependencies['ssh2']).toBe('1.17.0');
    expect(installed.version).toBe('1.17.0');
  });

  it('sends our extensions in its VERSION packet', async () => {
    const told = await lent((sftp) =>
      Promise.resolve(
        (sftp as unknown as { readonly _extensions: Readonly<Record<string, string>> })._extensions,
      ),
    );

    expect(told).toEqual({
      'limits@openssh.com': '1',
      'posix-rename@openssh.com': '1',
      'fsync@openssh.com': '1',
    });
  });

  it('tells OpenSSH how much a request may carry', async () => {
    const { port, username } = server.login;
    const args = ['-vvv', '-b', '-', '-P', String(port), ...sshOptions(server.login)];
    const { output } = await run('sftp', [...args, `${username}@127.0.0.1`], { input: 'pwd\n' });

    expect(output).toContain('Server supports extension "limits@openssh.com" revision 1');
    expect(output).toMatch(/upload\/download buffer sizes.*261120/);
  });

  it('reports success when a client has said goodbye', async () => {
    const { code } = await runSftp(server.login, ['ls']);

    expect(code).toBe(0);
  });
});
