import { watchAccounts } from './account-watch.ts';
import type { ChannelOpener } from './channel-openers.ts';
import { ensureHostKeys, sftpInlet } from './channels/index.ts';
import { openMailbox } from './storage/index.ts';

/** The SFTP server: sets come in and answers are fetched, so that it needs no outlet. */
export const sftpChannel: ChannelOpener = {
  role: 'sftp',
  async open(office, { nodeId }) {
    const { settings, identity, journal, clock, database, blobs } = office;
    const { fileBytesMax } = settings;
    const gathered = journal.gathering();
    const inlet = sftpInlet({
      host: settings.sftpHost,
      port: settings.sftpPort,
      hostKeys: await ensureHostKeys(settings.keys),
      logins: identity.logins,
      mailboxFor: (account) =>
        openMailbox({
          ...{ account, blobs, clock, fileBytesMax, nodeId },
          knex: database.knex,
          channel: 'sftp',
        }),
      journal: gathered,
      clock,
      chacha20: settings.sftpChacha20,
      limits: {
        connectionsMax: settings.sftpSessionsMax,
        sessionsPerUserMax: settings.sftpSessionsPerUserMax,
        idleMs: settings.sftpIdleMs,
        loginGraceMs: settings.sftpLoginGraceMs,
        drainMs: settings.drainMs,
      },
      opened: (server) => watchAccounts(office, server),
    });
    const stop = async (o: Parameters<typeof inlet.stop>[0]): Promise<void> => {
      await inlet.stop(o);
      await gathered.flush();
    };
    return { name: 'sftp', code: 14, inlet: { ...inlet, stop } };
  },
};
