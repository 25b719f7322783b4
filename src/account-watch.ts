import type { Office } from './compose.ts';
import type { LoginAccount } from './identity/index.ts';
import { startPulse } from './pulse.ts';
import { technicalUserNotice } from './storage/index.ts';
import { failureOf } from './vocabulary/index.ts';

const everyMs = 60_000;

/** Who is logged in at an inlet of this process, and how one of them is cut off. */
export interface OpenSessions {
  /** Each account once. */
  accounts(): readonly { readonly id: string; readonly username: string }[];
  disconnect(accountId: string): void;
  /** Cuts what was opened with a key that is no longer one of the account's. */
  recheck(now: LoginAccount): void;
}

/**
 * Cuts the sessions of accounts that may not log in any more: at once when a technical user is
 * blocked or removed, or when the key or certificate that opened the session is retired, blocked or
 * revoked; and within a minute for whatever comes without a notice, such as a sender that
 * is suspended. The throttle is swept at the same pace; any number of processes may do that.
 */
export async function watchAccounts(
  office: Pick<Office, 'database' | 'identity' | 'log'>,
  sessions: OpenSessions,
): Promise<{ stop(): Promise<void> }> {
  const { logins } = office.identity;
  const pulse = startPulse({
    everyMs,
    async run() {
      for (const { id, username } of sessions.accounts()) {
        const now = await logins.accountFor(username);
        if (now?.id !== id || now.blocked) sessions.disconnect(id);
        else sessions.recheck(now);
      }
      await logins.sweep();
    },
    failed: (error) => {
      office.log.error('accounts.not-watched', { reason: failureOf(error).code });
    },
  });
  const listening = await office.database.listen(technicalUserNotice, () => {
    pulse.wake();
  });
  return {
    async stop() {
      await listening.stop();
      await pulse.stop();
    },
  };
}
