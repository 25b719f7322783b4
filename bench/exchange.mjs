/** One batch through the gateway, as its sender sees it. */
import { answersOf } from './answers.mjs';
import { until } from './measure.mjs';
import { sftpCommands } from './openssh.mjs';

const pollIntervalMs = 20;

/**
 * Uploads a set with the OpenSSH client and waits for its notification. Answers with the
 * milliseconds of the upload, and those from the moment the GO was sent until the notification
 * could be seen; throws when a declaration did not get the verdict it should.
 */
export async function exchange(gateway, { login, client, set, declarations, secondsMax }) {
  const before = new Set(await answersOf(client, 'NOTI'));
  const uploads = set.files.map(({ name, path }) => `put "${path}" "/IN/${name}"`);
  const { stamps } = await sftpCommands(login, uploads);
  const goSent = stamps.at(-2);
  await until(
    async () => {
      await failIfRefused(gateway, client, set);
      const names = await answersOf(client, 'NOTI');
      return names.find((name) => !before.has(name));
    },
    { what: 'the notification', secondsMax, intervalMs: pollIntervalMs },
  );
  const seen = Date.now();
  const shown = await gateway.sluis(['batch', 'show', set.goName]);
  const { total, accepted } = shown.declarations;
  if (total !== declarations || accepted !== declarations) {
    throw new Error(`${accepted} of ${total} accepted, first ${JSON.stringify(shown.findings[0])}`);
  }
  return {
    uploadMs: goSent - stamps[0],
    answeredMs: seen - goSent,
    stages: stagesOf(shown.timeline, goSent, seen),
  };
}

/** What ends with each line of the journal; settlement and the answers are noted as they begin. */
const stageNames = {
  'batch.received': 'set taken up',
  'batch.accepted': 'checks, signature, validation, receipt',
  'batch.settled': 'mandates, routes, amounts, rows',
  'batch.notified': 'settlement',
};

/** Milliseconds of each stage, from the journal. */
function stagesOf(timeline, goSent, seen) {
  const stages = {};
  let last = goSent;
  for (const { at, code } of timeline) {
    const name = stageNames[code];
    if (name === undefined) continue;
    const time = new Date(at).getTime();
    stages[name] = time - last;
    last = time;
  }
  return { ...stages, 'notification written, signed, shown': seen - last };
}

/** A negative receipt means that no notification will ever come. */
async function failIfRefused(gateway, client, set) {
  set.looks = (set.looks ?? 0) + 1;
  if (set.looks % 250 !== 0) return;
  const { state } = await gateway.sluis(['batch', 'show', set.goName]);
  if (['REFUSED', 'QUARANTINED', 'CANCELLED'].includes(state)) {
    throw new Error(`${set.goName} is ${state}: ${gateway.log().slice(-1000)}`);
  }
}
