import {
  deleteExpired,
  warnOfExpiry,
  writeDigests,
  type EboxUpkeepTools,
} from './channels/index.ts';
import type { Office } from './compose.ts';
import type { LetterWish } from './mail/index.ts';
import { startPulse, type Pulse } from './pulse.ts';
import { wakeOn } from './schedule.ts';
import { eboxStore, hastenEboxParcels } from './storage/index.ts';
import { failureOf } from './vocabulary/index.ts';

/** Legal time. A slot that nobody was up for is caught up at start: what is due stands in the rows. */
const nightly = '41 3 * * *';
const everyMorning = '0 7 * * *';
const hastenEveryMs = 60_000;

/**
 * What becomes of e-Boxes by the passing of time: readers are warned, documents end, digests are
 * written. Any number of processes may run it: each box and each document is taken by one of them.
 */
export function startEboxUpkeep(office: Office): { stop(): Promise<void> } {
  let underWay: Promise<void> = Promise.resolve();
  const run = (): void => {
    underWay = underWay.then(() => keepEboxes(office));
  };
  const tasks = [wakeOn(nightly, run), wakeOn(everyMorning, run)];
  run();
  const hastening = hastenWaiting(office);
  return {
    async stop() {
      for (const task of tasks) await task.stop();
      await hastening.stop();
      await underWay;
    },
  };
}

/** All of it once, now. What fails is logged and still due. */
export async function keepEboxes(office: Office): Promise<void> {
  const { journal, log } = office;
  const tools = toolsOf(office);
  try {
    await warnOfExpiry(tools);
    const deleted = await deleteExpired(tools);
    if (deleted > 0) {
      await journal.record({ level: 'info', code: 'ebox.expired', facts: { documents: deleted } });
    }
    await writeDigests(tools);
  } catch (error) {
    log.error('ebox.upkeep-failed', { reason: failureOf(error).code, error });
  }
}

/** Parcels whose recipient has an e-Box by now need not wait out their pause. */
function hastenWaiting({ database, log }: Office): Pulse {
  return startPulse({
    everyMs: hastenEveryMs,
    async run() {
      await hastenEboxParcels(database.knex);
    },
    failed: (error) => {
      log.error('ebox.upkeep-failed', { reason: failureOf(error).code, error });
    },
  });
}

function toolsOf(office: Office): EboxUpkeepTools {
  const { database, blobs, clock, journal, identity } = office;
  return {
    ...{ store: eboxStore(database.knex), blobs, clock },
    letters: {
      expiring: ({ to, language, enterprise, quality, count, until }, trx) => {
        const data = { enterprise, quality, count: String(count), until };
        return send(office, { template: 'ebox-expiring', to, language, data }, trx);
      },
      digest: ({ to, language, enterprise, quality, count, unread }, trx) => {
        const data = { enterprise, quality, count: String(count), unread: String(unread) };
        return send(office, { template: 'ebox-digest', to, language, data }, trx);
      },
    },
    news: {
      warned: ({ qualityId, count, until, written }) =>
        journal.record({
          ...{ level: 'warn', code: 'ebox.expiring' },
          facts: { quality: qualityId, documents: count, until, written },
        }),
      expired: ({ id, enterprise, qualityId, type, expiresOn, wasRead }, trx) =>
        identity.audit.record(
          { name: 'system', role: 'system', source: 'system' },
          {
            ...{ event: 'sensitive_delete', action: 'ebox.expire', target: `document ${id}` },
            ...{ enterprise, qualityId, before: { type, expiresOn, read: wasRead } },
          },
          trx,
        ),
    },
  };
}

/** One address that no letter can be written to must not keep all others from theirs. */
async function send({ mail, log }: Office, letter: LetterWish, trx: object): Promise<void> {
  try {
    await mail.send(letter, trx);
  } catch (error) {
    if (failureOf(error).code !== 'mail.refused') throw error;
    log.warn('ebox.letter-refused', { template: letter.template });
  }
}
