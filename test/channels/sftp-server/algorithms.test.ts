import { afterEach, describe, expect, it } from '@jest/globals';
import { run, sshOptions } from '../../make/clients.ts';
import { anSftpServer, type TestServer } from '../../make/sftp-server.ts';

let gate: TestServer;
afterEach(async () => {
  await gate.close();
});

/** What the server offers, as OpenSSH reads it from the KEXINIT. */
async function offered(options: { readonly chacha20?: boolean } = {}): Promise<string[]> {
  gate = await anSftpServer({ options });
  const args = sshOptions(gate.login).map((one) =>
    one === 'LogLevel=ERROR' ? 'LogLevel=DEBUG2' : one,
  );
  const { output } = await run('ssh', [
    ...['-s', '-p', String(gate.login.port), ...args],
    ...['payroll02@127.0.0.1', 'sftp'],
  ]);
  const server = output.slice(output.indexOf('peer server KEXINIT proposal'));
  const lines = server.split(/[\r\n]+/).slice(1, 9);
  return lines.flatMap((line) => (line.split(': ')[2] ?? line.split(': ')[1] ?? '').split(','));
}

describe('the algorithms offered', () => {
  it('are these and no others', async () => {
    expect(new Set(await offered())).toEqual(
      new Set([
        'curve25519-sha256',
        'curve25519-sha256@libssh.org',
        'ecdh-sha2-nistp256',
        'ecdh-sha2-nistp384',
        'diffie-hellman-group16-sha512',
        'diffie-hellman-group18-sha512',
        'kex-strict-s-v00@openssh.com',
        'ssh-ed25519',
        'aes128-gcm@openssh.com',
        'aes256-gcm@openssh.com',
        'aes256-ctr',
        'aes128-ctr',
        'hmac-sha2-256-etm@openssh.com',
        'hmac-sha2-512-etm@openssh.com',
        'hmac-sha2-256',
        'hmac-sha2-512',
        'none',
      ]),
    );
  });

  it('hold strict key exchange, and nothing with SHA-1, CBC or MD5', async () => {
    const names = await offered();

    expect(names).toContain('kex-strict-s-v00@openssh.com');
    expect(names.filter((name) => /sha1|cbc|md5|group14|dss|ssh-rsa$|zlib/.test(name))).toEqual([]);
  });

  it('hold chacha20 only where it was asked for', async () => {
    expect(await offered({ chacha20: true })).toContain('chacha20-poly1305@openssh.com');
  });
});

describe('a client that knows only old algorithms', () => {
  it.each(['Ciphers=aes128-cbc', 'KexAlgorithms=diffie-hellman-group14-sha1', 'MACs=hmac-sha1'])(
    'finds nothing in common (%s)',
    async (option) => {
      gate = await anSftpServer();
      const more = option.startsWith('MACs') ? ['Ciphers=aes128-ctr'] : [];

      const { code, output } = await run('ssh', [
        ...['-s', '-p', String(gate.login.port)],
        ...sshOptions(gate.login, option, ...more).map((one) =>
          one === 'LogLevel=ERROR' ? 'LogLevel=INFO' : one,
        ),
        ...['payroll02@127.0.0.1', 'sftp'],
      ]);

      expect(code).toBe(255);
      expect(output).toContain('no matching');
    },
  );
});
