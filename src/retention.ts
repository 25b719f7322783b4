import type { Office } from './compose.ts';
import { wakeOn } from './schedule.ts';
import {
  claimSlot,
  removeEventsBefore,
  removePartnerHistory,
  sweep,
  sweepOrphans,
} from './storage/index.ts';
import { brusselsDate, failureOf } from './vocabulary/index.ts';

const daily = '17 3 * * *';

/**
 * The nightly sweep of what has outlived its settings. Any number of processes may run it: a day is
 * a slot, and the first to claim it sweeps. A night that nobody was up is caught up at start.
 */
export function startRetention(office: Office): { stop(): Promise<void> } {
  let underWay: Promise<void> = Promise.resolve();
  const run = (): void => {
    underWay = underWay.then(() => sweepOnce(office));
  };
  const task = wakeOn(daily, run, (says) => {
    office.log.warn('schedule.late', { job: 'retention', says });
  });
  run();
  return {
    async stop() {
      await task.stop();
      await underWay;
    },
  };
}

async function sweepOnce({
  blobs,
  clock,
  database,
  journal,
  log,
  settings,
}: Office): Promise<void> {
  const { knex } = database;
  const now = clock.now();
  try {
    if (!(await claimSlot(knex, 'retention', brusselsDate(now)))) return;
    const swept = await sweep({
      ...{ knex, blobs, now },
      limits: {
        outMs: settings.retentionOutMs,
        archiveMs: settings.retentionArchiveMs,
        partialMs: settings.retentionPartialMs,
      },
    });
    const orphans = await sweepOrphans({ knex, blobs, now });
    const journalFrom = new Date(now.getTime() - settings.retentionJournalMs);
    await journal.removeBefore(journalFrom);
    await removeEventsBefore(knex, journalFrom);
    const partners = await removePartnerHistory(knex, journalFrom);
    const level = orphans.orphansKept > 0 ? 'warn' : 'info';
    const facts = { ...swept, ...orphans, ...partners };
    await journal.record({ level, code: 'retention.swept', facts });
  } catch (error) {
    // The slot stays claimed: what was not swept is still due, and goes the next night.
    log.error('retention.failed', { reason: failureOf(error).code, error });
  }
}
