import { once } from 'node:events';
import ssh2 from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import { ed25519KeyPair } from '../../src/channels/index.ts';
import { brusselsDate, systemClock } from '../../src/vocabulary/index.ts';
import { anExchange } from '../make/exchange.ts';
import { inletContract, type InletHarness } from './contract/inlet.ts';
import { closeOf } from '../make/wire-client.ts';

type Login = Readonly<{ host: string; port: number; username: string; privateKey: string }>;

inletContract('sftp', openHarness);

async function openHarness(): Promise<InletHarness> {
  const exchange = await anExchange({
    clock: systemClock,
    settings: { roles: 'sftp,worker', sftpPort: '0', drainMs: '20s' },
  });
  const pair = await ed25519KeyPair();
  const { technicalUsers } = exchange.office.identity;
  const { sender } = exchange.secretariat;
  const sshKeys = [Buffer.from(pair.public)];
  await technicalUsers.register({ username: 'payroll02', sender, by: 'test', sshKeys });
  await technicalUsers.register({ username: 'payroll03', sender, by: 'test', sshKeys });
  await technicalUsers.block({ username: 'payroll03', by: 'test' });
  const loginOf = (username: string): Login => {
    const { host, port } = exchange.sftp;
    return { host, port, username, privateKey: pair.private };
  };
  return {
    ...{ exchange, channel: 'sftp' },
    date: brusselsDate(systemClock.now()).replaceAll('-', ''),
    send: (files) => send(loginOf('payroll02'), files),
    sendBlocked: (files) => send(loginOf('payroll03'), files),
    sendUnheard: (files) => sendUnheard(loginOf('payroll02'), files),
    begin: (name, content) => begin(loginOf('payroll02'), name, content),
    stop: () => exchange.stop(),
    close: () => exchange.close(),
  };
}

type Files = Parameters<InletHarness['send']>[0];

async function send(login: Login, files: Files): Promise<void> {
  // Without listeners of its own the library writes to the console.
  const quiet = (): void => undefined;
  const client = new SftpClient('a sender', { error: quiet, end: quiet, close: quiet });
  await client.connect(login);
  try {
    for (const [name, content] of Object.entries(files)) {
      await client.put(Buffer.from(content), `IN/${name}`);
    }
  } finally {
    await client.end();
  }
}

async function session(login: Login): Promise<{ client: ssh2.Client; sftp: ssh2.SFTPWrapper }> {
  const client = new ssh2.Client();
  // What is cut on purpose is no error of the test.
  client.on('error', () => undefined);
  const ready = once(client, 'ready');
  client.connect(login);
  await ready;
  const sftp = await new Promise<ssh2.SFTPWrapper>((resolve, reject) => {
    client.sftp((error, opened) => {
      if (error === undefined) resolve(opened);
      else reject(error);
    });
  });
  return { client, sftp };
}

function asked(ask: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    ask((error) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}

function opened(sftp: ssh2.SFTPWrapper, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sftp.open(path, 'w', (error, handle) => {
      if (error === undefined) resolve(handle);
      else reject(error);
    });
  });
}

/** All but the last file in order; of the last, CLOSE leaves and its reply is never read. */
async function sendUnheard(login: Login, files: Files): Promise<void> {
  const { client, sftp } = await session(login);
  const entries = Object.entries(files);
  for (const [index, [name, content]] of entries.entries()) {
    const handle = await opened(sftp, `IN/${name}`);
    const data = Buffer.from(content);
    if (data.length > 0) {
      await asked((done) => {
        sftp.write(handle, data, 0, data.length, 0, done);
      });
    }
    if (index < entries.length - 1) {
      await asked((done) => {
        sftp.close(handle, done);
      });
    } else {
      sftp.close(handle, () => undefined);
    }
  }
  const closed = closeOf(client);
  client.end();
  await closed;
}

async function begin(
  login: Login,
  name: string,
  content: Buffer,
): Promise<{ finish(): Promise<void> }> {
  const { client, sftp } = await session(login);
  const half = Math.floor(content.length / 2);
  const handle = await opened(sftp, `IN/${name}`);
  await asked((done) => {
    sftp.write(handle, content, 0, half, 0, done);
  });
  return {
    async finish() {
      await asked((done) => {
        sftp.write(handle, content, half, content.length - half, half, done);
      });
      await asked((done) => {
        sftp.close(handle, done);
      });
      client.end();
    },
  };
}
