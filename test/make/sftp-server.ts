import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startSftpServer,
  type ChannelEvent,
  type SftpLimits,
  type SftpServer,
  type SftpServerOptions,
} from '../../src/channels/index.ts';
import { systemClock, type Clock } from '../../src/vocabulary/index.ts';
import { anAccount, fakeLogins, type FakeLogins } from '../fakes/logins.ts';
import { fakeMailbox, type FakeMailbox, type MailboxHooks } from '../fakes/mailbox.ts';
import { ed25519Pair, loginKey, type Login } from './clients.ts';

/** The SFTP server over a directory, and a login it accepts. */
export interface TestServer {
  readonly server: SftpServer;
  readonly mailbox: FakeMailbox;
  readonly logins: FakeLogins;
  readonly events: readonly ChannelEvent[];
  readonly login: Login;
  /** Scratch space of the clients. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function anSftpServer(
  o: {
    readonly hooks?: MailboxHooks;
    readonly limits?: Partial<SftpLimits>;
    readonly clock?: Clock;
    readonly options?: Partial<SftpServerOptions>;
  } = {},
): Promise<TestServer> {
  const home = mkdtempSync(join(tmpdir(), 'sluis-sftp-'));
  const folder = mkdtempSync(join(home, 'client-'));
  const mailbox = fakeMailbox(join(home, 'box'), o.hooks);
  const logins = fakeLogins();
  const key = loginKey(folder);
  logins.accounts.set('payroll02', anAccount('payroll02', [key.publicLine]));
  const events: ChannelEvent[] = [];
  const server = await startSftpServer({
    host: '127.0.0.1',
    port: 0,
    hostKeys: [{ pem: ed25519Pair().private }],
    logins,
    mailboxFor: () => mailbox,
    journal: {
      record(event) {
        events.push(event);
        return Promise.resolve();
      },
    },
    clock: o.clock ?? systemClock,
    ...(o.limits === undefined ? {} : { limits: o.limits }),
    ...o.options,
  });
  return {
    ...{ server, mailbox, logins, events, folder },
    login: {
      port: server.port,
      username: 'payroll02',
      keyPath: key.path,
      folder,
      hostKey: server.hostKeys[0] ?? '',
    },
    async close() {
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
