import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import SftpClient from 'ssh2-sftp-client';
import {
  clients,
  curl,
  lftp,
  needs,
  paramiko,
  randomFile,
  run,
  scp,
  sftp,
  sha256,
  sshOptions,
} from '../../make/clients.ts';
import { eventually } from '../../make/exchange.ts';
import { anSftpServer, type TestServer } from '../../make/sftp-server.ts';

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;
const long = process.env['SLUIS_TEST_LONG'] === '1';
const sizes = [0, 4 * kilobyte, 3 * megabyte, ...(long ? [35 * megabyte, 300 * megabyte] : [])];
const testMs = long ? 600_000 : 60_000;

let gate: TestServer;
beforeAll(async () => {
  gate = await anSftpServer();
});
afterEach(() => {
  expect(gate.mailbox.breaches).toEqual([]);
  gate.mailbox.hooks.beforeWrite = () => Promise.resolve();
});
afterAll(async () => {
  await gate.close();
});

for (const client of clients) {
  needs(client.name)(`${client.name}, as Debian packages it`, () => {
    it.each(sizes)(
      'brings %d bytes in and fetches them back',
      async (bytes) => {
        const local = randomFile(gate.folder, bytes);
        const name = `FI.${client.name}.${String(bytes)}`;
        const back = join(gate.folder, name);

        const put = await client.put(gate.login, local, `IN/${name}`);
        const landed = gate.mailbox.landed(`IN/${name}`);
        copyFileSync(local, join(gate.mailbox.path, 'OUT', name));
        const got = await client.get(gate.login, `OUT/${name}`, back);

        expect(put).toEqual({ code: 0, output: expect.any(String) });
        expect(sha256(landed)).toBe(sha256(readFileSync(local)));
        expect(got).toEqual({ code: 0, output: expect.any(String) });
        expect(sha256(readFileSync(back))).toBe(sha256(landed));
        expect(gate.mailbox.events).toContain(`land IN/${name}`);
        expect(gate.mailbox.events).toContain(`collect OUT/${name}`);
      },
      testMs,
    );
  });
}

/** Stops the program in the middle of an upload; tells when the server knows. */
async function killedHalfway(
  name: string,
  start: (started: (child: ChildProcess) => void) => Promise<unknown>,
): Promise<void> {
  let child: ChildProcess | undefined;
  let seen = 0;
  gate.mailbox.hooks.beforeWrite = ({ at }) => {
    seen += 1;
    // The first part is let through, everything behind it waits until the client is dead.
    if (at < megabyte) return Promise.resolve();
    return eventually(
      () => Promise.resolve(child?.killed === true ? true : undefined),
      'kill',
    ).then(() => undefined);
  };
  const ended = start((one) => {
    child = one;
  });
  await eventually(() => Promise.resolve(seen > 8 ? true : undefined), 'writes');
  child?.kill('SIGKILL');
  await ended;
  await eventually(
    () =>
      Promise.resolve(
        gate.mailbox.events.includes(`abandon IN/${name} connection-lost`) ? true : undefined,
      ),
    `the end of ${name}`,
  );
}

function sftpCommand(): string[] {
  const { login } = gate;
  const target = `${login.username}@127.0.0.1`;
  return ['-b', '-', '-P', String(login.port), ...sshOptions(login), target];
}

describe('an upload whose client is killed halfway', () => {
  it('stays unfinished, and OpenSSH goes on with it where it ended', async () => {
    const local = randomFile(gate.folder, 8 * megabyte);
    await killedHalfway('FI.killed', (started) =>
      run('sftp', sftpCommand(), { started, input: `put ${local} IN/FI.killed\n` }),
    );
    const partial = gate.mailbox.partial('IN/FI.killed');

    const again = await sftp(gate.login, [`reput ${local} IN/FI.killed`]);

    expect(partial.length).toBeGreaterThan(0);
    expect(partial.length).toBeLessThan(8 * megabyte);
    expect(again.code).toBe(0);
    expect(sha256(gate.mailbox.landed('IN/FI.killed'))).toBe(sha256(readFileSync(local)));
  });

  it('is told to the journal as partial', async () => {
    const local = randomFile(gate.folder, 8 * megabyte);
    await killedHalfway('FI.killed2', (started) =>
      run('sftp', sftpCommand(), { started, input: `put ${local} IN/FI.killed2\n` }),
    );

    expect(existsSync(join(gate.mailbox.path, 'IN/FI.killed2'))).toBe(false);
    expect(gate.events).toContainEqual(
      expect.objectContaining({ code: 'sftp.upload-partial', fileName: 'FI.killed2' }),
    );
  });
});

describe('an unfinished upload', () => {
  function leave(name: string, bytes: number): string {
    const local = randomFile(gate.folder, 3 * megabyte);
    const partial = join(gate.mailbox.path, '.partial', 'IN', name);
    writeFileSync(partial, readFileSync(local).subarray(0, bytes));
    return local;
  }

  needs('lftp')('resumed by lftp', () => {
    it('is completed', async () => {
      const local = leave('FI.lftp', megabyte);

      const done = await lftp(gate.login, [`put -c ${local} -o IN/FI.lftp`]);

      expect(done.code).toBe(0);
      expect(sha256(gate.mailbox.landed('IN/FI.lftp'))).toBe(sha256(readFileSync(local)));
    });
  });

  needs('curl')('resumed by curl', () => {
    it('is completed', async () => {
      const local = leave('FI.curl', megabyte);

      const done = await curl(gate.login, 'IN/FI.curl', ['-C', '-', '-T', local]);

      expect(done).toEqual({ code: 0, output: '' });
      expect(sha256(gate.mailbox.landed('IN/FI.curl'))).toBe(sha256(readFileSync(local)));
    });
  });

  it('is begun anew by a plain put', async () => {
    leave('FI.anew', 2 * megabyte);
    const small = randomFile(gate.folder, 4 * kilobyte);

    const done = await sftp(gate.login, [`put ${small} IN/FI.anew`]);

    expect(done.code).toBe(0);
    expect(gate.mailbox.landed('IN/FI.anew')).toEqual(readFileSync(small));
  });
});

describe('an upload under a temporary name', () => {
  needs('lftp')('of lftp', () => {
    it('is removed, if it was there, and renamed', async () => {
      const local = randomFile(gate.folder, 4 * kilobyte);
      writeFileSync(join(gate.mailbox.path, 'IN/FI.temp'), 'older');

      const done = await lftp(gate.login, [
        'set xfer:use-temp-file yes',
        `put ${local} -o IN/FI.temp`,
      ]);

      expect(done.code).toBe(0);
      expect(gate.mailbox.landed('IN/FI.temp')).toEqual(readFileSync(local));
      expect(gate.mailbox.events).toContain('rename IN/.in.FI.temp FI.temp');
    });
  });

  it('replaces the old file at once with posix-rename', async () => {
    const local = randomFile(gate.folder, 4 * kilobyte);
    writeFileSync(join(gate.mailbox.path, 'IN/FI.posix'), 'older');
    const client = new SftpClient();
    await client.connect({
      ...{ host: '127.0.0.1', port: gate.login.port, username: gate.login.username },
      privateKey: readFileSync(gate.login.keyPath),
    });

    await client.put(local, '/IN/FI.posix.tmp');
    await client.posixRename('/IN/FI.posix.tmp', '/IN/FI.posix');
    await client.end();

    expect(gate.mailbox.landed('IN/FI.posix')).toEqual(readFileSync(local));
    expect(gate.mailbox.events).toContain('rename IN/FI.posix.tmp FI.posix replacing');
  });
});

describe('new session keys in the middle', () => {
  it.each(['aes128-gcm@openssh.com', 'aes256-ctr'])(
    'hurt neither way (%s)',
    async (cipher) => {
      const local = randomFile(gate.folder, 8 * megabyte);
      const [name, back] = [`FI.rekey.${cipher}`, join(gate.folder, `rekey-${cipher}`)];
      copyFileSync(local, join(gate.mailbox.path, 'OUT', name));

      const done = await sftp(
        gate.login,
        [`put ${local} IN/${name}`, `get OUT/${name} ${back}`],
        ...['RekeyLimit=1M', `Ciphers=${cipher}`],
      );

      expect(done.code).toBe(0);
      expect(sha256(gate.mailbox.landed(`IN/${name}`))).toBe(sha256(readFileSync(local)));
      expect(sha256(readFileSync(back))).toBe(sha256(readFileSync(local)));
    },
    testMs,
  );
});

describe('other things clients do', () => {
  it('keep times and rights that nobody asked for (put -p, scp -p)', async () => {
    const local = randomFile(gate.folder, 4 * kilobyte);

    const put = await sftp(gate.login, [`put -p ${local} IN/FI.p`]);
    const copied = await scp(gate.login, local, `${gate.login.username}@127.0.0.1:IN/FI.p2`);

    expect([put.code, copied.code]).toEqual([0, 0]);
  });

  it('make a shorter file of a longer one with scp, which does not say TRUNC', async () => {
    const [short, longer] = [
      randomFile(gate.folder, 4 * kilobyte),
      randomFile(gate.folder, 3 * megabyte),
    ];
    const target = `${gate.login.username}@127.0.0.1:IN/FI.shorter`;
    await scp(gate.login, longer, target);

    const done = await scp(gate.login, short, target);

    expect(done.code).toBe(0);
    expect(gate.mailbox.landed('IN/FI.shorter')).toEqual(readFileSync(short));
  });

  it('list, stat and move about', async () => {
    writeFileSync(join(gate.mailbox.path, 'OUT/FO.listed'), 'answer');

    const done = await sftp(gate.login, ['ls -1', 'cd OUT', 'pwd', 'ls -l FO.listed']);

    expect(done.code).toBe(0);
    expect(done.output).toMatch(/IN\s+INTEST\s+INTEST-S\s+OUT\s+OUTTEST\s+OUTTEST-S/);
    expect(done.output).toContain('Remote working directory: /OUT');
    expect(done.output).toMatch(/-rw-r----- .* 6 .* FO\.listed/);
  });

  needs('paramiko')('paramiko', () => {
    it('pipelines its writes, appends, and reads ahead', async () => {
      const script = `
with sftp.open('IN/FI.piped', 'w') as file:
    file.set_pipelined(True)
    for n in range(100):
        file.write(bytes([n]) * 30000)
with sftp.open('IN/FI.piped', 'a') as file:
    file.write(b'end')
print(sftp.stat('IN/FI.piped').st_size)
`;
      const done = await paramiko(gate.login, script);

      expect(done).toEqual({ code: 0, output: '3000003\n' });
      expect(gate.mailbox.landed('IN/FI.piped').subarray(-5)).toEqual(
        Buffer.from([99, 99, ...Buffer.from('end')]),
      );
    });
  });

  needs('lftp')('lftp', () => {
    it('mirrors 200 small files over four connections', async () => {
      const folder = join(gate.folder, 'mirror');
      const names = Array.from({ length: 200 }, (_, n) => `FI.mirror.${String(n)}`);
      await run('mkdir', ['-p', folder]);
      for (const name of names) writeFileSync(join(folder, name), `content of ${name}`);

      const done = await lftp(gate.login, [`mirror -R -P 4 ${folder} IN`]);
      const wrong = names.filter(
        (name) => gate.mailbox.landed(`IN/${name}`).toString() !== `content of ${name}`,
      );

      expect(done.code).toBe(0);
      expect(wrong).toEqual([]);
    });
  });
});
