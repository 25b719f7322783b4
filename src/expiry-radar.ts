import type { Office } from './compose.ts';
import { noticeExpiring } from './expiry.ts';
import { startPulse, type Pulse } from './pulse.ts';
import { failureOf } from './vocabulary/index.ts';

const everyMs = 60 * 60_000;

/** Looks every hour for what is about to expire. Any number of processes may: each notice is one row. */
export function startExpiryRadar(office: Office): Pulse {
  return startPulse({
    everyMs,
    async run() {
      await noticeExpiring(office);
    },
    failed: (error) => {
      office.log.error('expiry.not-looked-at', { reason: failureOf(error).code, error });
    },
  });
}
