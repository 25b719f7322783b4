import type { Identity } from '../identity/index.ts';
import type { HealthCheck, Verdict } from '../operations/index.ts';
import type { Clock } from '../vocabulary/index.ts';

const dayMs = 86_400_000;
const noticeDays = 30;
/** A revocation list is renewed in days, so its end is near when hours are left. */
const crlNoticeDays = 2;
const rowsMax = 10_000;
const namedMax = 20;

/** Certificates of senders, accepted issuers and revocation lists that run out. */
export function registrationChecks(identity: Identity, clock: Clock): HealthCheck[] {
  return [
    { name: 'certificates', run: () => senderCertificates(identity, clock) },
    { name: 'trust', run: () => trustVerdicts(identity, clock) },
  ];
}

function daysUntil(instant: Date, clock: Clock): number {
  return Math.floor((instant.getTime() - clock.now().getTime()) / dayMs);
}

/** A sender's certificate that expired refuses batches, but it is the sender who has to act. */
async function senderCertificates(identity: Identity, clock: Clock): Promise<Verdict[]> {
  const all = await identity.certificates.list({ max: rowsMax });
  const near = all.filter(({ notAfter }) => daysUntil(notAfter, clock) < noticeDays);
  const named = near.slice(0, namedMax).map(({ username, subject, notAfter }): Verdict => {
    const says = `${username}: ${subject} ends ${notAfter.toISOString().slice(0, 10)}`;
    return { state: 'warning', says, remedy: 'ask the sender for its successor; both may overlap' };
  });
  const rest = near.length - named.length;
  const more: Verdict[] = rest > 0 ? [{ state: 'warning', says: `and ${String(rest)} more` }] : [];
  return [{ state: 'ok', says: `${String(all.length)} registered` }, ...named, ...more];
}

async function trustVerdicts(identity: Identity, clock: Clock): Promise<Verdict[]> {
  const anchors = await identity.trust.list();
  const trouble = anchors.flatMap(({ subject, notAfter, crl }): Verdict[] => {
    const days = daysUntil(notAfter, clock);
    const verdicts: Verdict[] = [];
    if (days < noticeDays) {
      const state = days < 0 ? 'wrong' : 'warning';
      const says = `${subject} ends ${notAfter.toISOString().slice(0, 10)}`;
      verdicts.push({ state, says, remedy: 'add its successor: sluis trust add FILE' });
    }
    if (crl === undefined) {
      const says = `${subject} is not checked for revocation`;
      verdicts.push({ state: 'warning', says, remedy: 'sluis trust add FILE --crl FILE' });
    } else if (daysUntil(crl.nextUpdate, clock) < crlNoticeDays) {
      const stale = crl.nextUpdate <= clock.now();
      const says = `the revocation list of ${subject} ends ${crl.nextUpdate.toISOString()}`;
      const remedy = 'renew it: sluis trust add FILE --crl FILE; a stale one refuses every batch';
      verdicts.push({ state: stale ? 'wrong' : 'warning', says, remedy });
    }
    return verdicts;
  });
  return [{ state: 'ok', says: `${String(anchors.length)} accepted issuers` }, ...trouble];
}
