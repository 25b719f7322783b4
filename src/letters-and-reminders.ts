import type { Office } from './compose.ts';
import { startPulse, type Pulse } from './pulse.ts';
import { mailNotice } from './storage/index.ts';
import { failureOf } from './vocabulary/index.ts';

const deliverEveryMs = 15_000;
const remindEveryMs = 60_000;
const sessionsKeptMs = 90 * 86_400_000;
const lettersKeptMs = 90 * 86_400_000;

/**
 * What happens around signing in while nobody asks: letters leave, requests for help are looked
 * into, the help desk is told of what runs late, and owners of what expires. Any number of processes
 * may do this: each row is taken by one of them.
 */
export async function startLettersAndReminders(office: Office): Promise<{ stop(): Promise<void> }> {
  const { database, identity, mail, clock, log } = office;
  const failed =
    (code: string) =>
    (error: unknown): void => {
      log.error(code, { reason: failureOf(error).code });
    };
  const post: Pulse = startPulse({
    everyMs: deliverEveryMs,
    async run() {
      await mail.deliver();
    },
    failed: failed('mail.stumbled'),
  });
  const reminders = startPulse({
    everyMs: remindEveryMs,
    async run() {
      await identity.recovery.settle();
      await identity.cases.alarm();
      await identity.personCertificates.warn();
      const now = clock.now().getTime();
      await identity.sessions.prune(new Date(now - sessionsKeptMs));
      await mail.prune(new Date(now - lettersKeptMs));
    },
    failed: failed('reminders.stumbled'),
  });
  const listening = await database.listen(mailNotice, () => {
    post.wake();
  });
  return {
    async stop() {
      await listening.stop();
      await reminders.stop();
      await post.stop();
    },
  };
}
