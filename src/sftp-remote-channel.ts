import { randomUUID } from 'node:crypto';
import type { ChannelOpener } from './channel-openers.ts';
import {
  circuitBreaker,
  pullFromPartner,
  sftpRemoteInlet,
  sftpRemoteOutlet,
  type Landing,
  type PartnerTools,
  type RemoteInlet,
  type RoundReport,
} from './channels/index.ts';
import type { Office } from './compose.ts';
import { partnerTools } from './partner-register.ts';
import { startPulse } from './pulse.ts';
import { wakeOn } from './schedule.ts';
import { beat, openMailbox, signOff } from './storage/index.ts';
import { failureOf } from './vocabulary/index.ts';

/** Below this nothing is fetched: files are as safe at the partner as here. */
const freeBytesMin = 256 * 1024 ** 2;
const everyMinute = '* * * * *';

/** Partners' SFTP servers: sets are fetched from them, answers brought to them. */
export const sftpRemoteChannel: ChannelOpener = {
  role: 'worker',
  async open(office, { nodeId }) {
    const tools = await partnerTools(office);
    const outlet = sftpRemoteOutlet({ ...tools, circuit: circuitBreaker(withCircuits(tools)) });
    return { name: 'sftp-remote', code: 14, inlet: inletOf(office, tools, nodeId), outlet };
  },
};

function withCircuits(tools: PartnerTools) {
  const { store, clock, journal } = tools;
  return { store: store.circuits, clock, journal };
}

function inletOf(office: Office, tools: PartnerTools, nodeId: string): RemoteInlet {
  return sftpRemoteInlet({
    ...tools,
    schedules: {
      ...tools.schedules,
      everyMinute: (run) =>
        wakeOn(everyMinute, run, (says) => {
          office.log.warn('schedule.late', { job: 'partners', says });
        }),
    },
    landing: landingOf(office, nodeId),
    circuit: circuitBreaker(withCircuits(tools)),
  });
}

const beatMs = 2_000;

/** One round at a partner, now: what `sluis partner run` does, in a process of its own. */
export async function runPartner(
  office: Office,
  o: { readonly name: string; readonly signal: AbortSignal },
): Promise<RoundReport> {
  const { knex } = office.database;
  const nodeId = randomUUID();
  const tools = await partnerTools(office);
  // Without it, what this process has under way would be taken for that of a dead one.
  await beat(knex, nodeId);
  const heart = startPulse({
    everyMs: beatMs,
    run: () => beat(knex, nodeId),
    failed: (error) => {
      office.log.warn('partner.heartbeat-missed', { reason: failureOf(error).code });
    },
  });
  try {
    return await pullFromPartner(tools, inletOf(office, tools, nodeId), o);
  } finally {
    await heart.stop();
    await signOff(knex, nodeId);
  }
}

function landingOf(office: Office, nodeId: string): Landing {
  const { database, blobs, clock, settings } = office;
  const { fileBytesMax } = settings;
  return {
    mailboxFor: ({ partner, sender }) =>
      openMailbox({
        account: { id: partner.id, username: partner.name, senderNumber: sender },
        ...{ knex: database.knex, blobs, clock, fileBytesMax, nodeId },
        channel: 'sftp-remote',
      }),
    async isReady() {
      try {
        await database.ping();
        return (await blobs.freeBytes()) >= freeBytesMin;
      } catch {
        // Whatever is wrong with it: nothing can land now, and the next round asks again.
        return false;
      }
    },
  };
}
