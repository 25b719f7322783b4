import { subjectAsBrokerWrites, type Management } from './channels/index.ts';
import type { Office } from './compose.ts';
import { startPulse } from './pulse.ts';
import { technicalUserNotice, usernameOf } from './storage/index.ts';
import { failureOf } from './vocabulary/index.ts';

const everyMs = 60_000;
/** Whoever was let in at the very moment of the block is cut by the second look. */
const secondLookMs = 1_500;
const certificatesMax = 1_000;

/**
 * Cuts the broker's connections of accounts that may not log in any more: at once when a technical
 * user is blocked or removed or his certificate is withdrawn, and within a minute for whatever
 * comes without a notice.
 */
export async function watchBrokerAccounts(
  office: Pick<Office, 'database' | 'identity' | 'log'>,
  o: {
    readonly broker: Management;
    /** Whose a name of the broker's is; undefined: nobody's who may be connected. */
    readonly mayStay: (username: string) => Promise<boolean>;
    /** Anything about accounts and channels changed. */
    readonly changed: () => void;
  },
): Promise<{ stop(): Promise<void> }> {
  const { database, identity, log } = office;
  const failed = (error: unknown): void => {
    log.warn('broker.accounts-not-watched', { reason: failureOf(error).code });
  };
  const later = new Set<NodeJS.Timeout>();

  /** Every name the account may be connected under. */
  async function namesOf(username: string): Promise<readonly string[]> {
    const { certificates } = identity;
    const own = await certificates.list({ username, retired: true, max: certificatesMax });
    return [username, ...new Set(own.map(({ der }) => subjectAsBrokerWrites(der)))];
  }

  async function look(accountId: string): Promise<void> {
    const username = await usernameOf(database.knex, accountId);
    if (username === undefined) return;
    const account = await identity.logins.accountFor(username);
    for (const name of await namesOf(username)) {
      // A certificate may be withdrawn while its account stays; and a subject may be that of
      // another account's certificate too, which may stay.
      const stays = name === username ? account?.blocked === false : await o.mayStay(name);
      if (!stays) await o.broker.closeConnections(name);
    }
  }

  const pulse = startPulse({
    everyMs,
    async run() {
      for (const name of await o.broker.connectedUsers()) {
        if (!(await o.mayStay(name))) await o.broker.closeConnections(name);
      }
    },
    failed,
  });
  const listening = await database.listen(technicalUserNotice, (accountId) => {
    o.changed();
    if (accountId === '') {
      pulse.wake();
      return;
    }
    look(accountId).catch(failed);
    const timer = setTimeout(() => {
      later.delete(timer);
      look(accountId).catch(failed);
    }, secondLookMs);
    later.add(timer);
  });
  return {
    async stop() {
      await listening.stop();
      for (const timer of later) clearTimeout(timer);
      await pulse.stop();
    },
  };
}
