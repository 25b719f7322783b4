import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Office } from './compose.ts';
import { mandatesEnding, noticeOnce } from './storage/index.ts';
import { brusselsDate, formatQuarter, quarterOfInstant, type Quarter } from './vocabulary/index.ts';

/** One thing that works now and will not for ever. */
export interface ExpiringItem {
  readonly kind: 'certificate' | 'issuer' | 'revocation-list' | 'gateway-key' | 'mandates';
  /** The same each time it is listed; a successor has another. */
  readonly id: string;
  /** In words: whose it is, and what. */
  readonly what: string;
  readonly endsAt: Date;
  /** Whole days until then, negative when it has ended. */
  readonly days: number;
  /** The sender number it concerns, where it is one. */
  readonly sender?: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Told of things about to expire, once for each threshold. */
export interface ExpiryNotices {
  send(notice: ExpiringItem & { readonly thresholdDays: number }): Promise<void>;
}

/** A notice is given when so many days are left, and again at each that follows. */
export const expiryThresholdsDays = [60, 30, 14, 7, 3, 1] as const;

const dayMs = 86_400_000;
/** What ended longer ago is history and no news. */
const endedDaysMax = 30;
const rowsMax = 10_000;

type Parts = Pick<Office, 'identity' | 'database' | 'settings'>;
type Found = Omit<ExpiringItem, 'days'>;

/** What ends within so many days, what has ended lately included, the nearest end first. */
export async function expiring(
  parts: Parts,
  { at, withinDays }: { readonly at: Date; readonly withinDays: number },
): Promise<readonly ExpiringItem[]> {
  const found = [
    ...(await certificates(parts)),
    ...(await trust(parts)),
    ...(await gatewayKeys(parts.settings.keys)),
    ...(await mandates(parts, at, withinDays)),
  ];
  return found
    .map((item) => ({ ...item, days: Math.floor((item.endsAt.getTime() - at.getTime()) / dayMs) }))
    .filter(({ days }) => days < withinDays && days >= -endedDaysMax)
    .sort((a, b) => a.endsAt.getTime() - b.endsAt.getTime() || (a.id < b.id ? -1 : 1));
}

async function certificates({ identity }: Parts): Promise<readonly Found[]> {
  const all = await identity.certificates.list({ max: rowsMax });
  return all.map(({ fingerprint, username, subject, sender, notAfter }) => ({
    kind: 'certificate',
    id: `certificate ${fingerprint} of ${username}`,
    what: `${username}: ${subject}`,
    ...{ sender, endsAt: notAfter },
    remedy: 'ask the sender for its successor; both may overlap',
  }));
}

async function trust({ identity }: Parts): Promise<readonly Found[]> {
  const anchors = await identity.trust.list();
  return anchors.flatMap(({ fingerprint, subject, notAfter, crl }): readonly Found[] => {
    const issuer: Found = {
      ...{ kind: 'issuer', id: `issuer ${fingerprint}`, what: subject, endsAt: notAfter },
      remedy: 'add its successor: sluis trust add FILE',
    };
    if (crl === undefined) return [issuer];
    const list: Found = {
      kind: 'revocation-list',
      id: `revocation list of ${fingerprint}`,
      ...{ what: `revocation list of ${subject}`, endsAt: crl.nextUpdate },
      remedy: 'renew it: sluis trust add FILE --crl FILE; a stale one refuses every batch',
    };
    // A list lives for days: its end is news when it is past and nobody brought the next one.
    return [issuer, list];
  });
}

/** Certificates beside the gateway's own keys. Host keys of SSH have no end, and are not listed. */
async function gatewayKeys(directory: string): Promise<readonly Found[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    // The directory is made when a gateway first starts.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const found: Found[] = [];
  for (const name of names.filter((one) => /\.(?:pem|crt|cer)$/.test(one)).sort()) {
    const text = await readFile(join(directory, name), 'utf8');
    if (!text.includes('BEGIN CERTIFICATE')) continue;
    const { validTo, fingerprint256 } = new X509Certificate(text);
    found.push({
      kind: 'gateway-key',
      id: `gateway key ${fingerprint256}`,
      ...{ what: name, endsAt: new Date(validTo) },
      remedy: 'replace the key and certificate, and tell your senders',
    });
  }
  return found;
}

async function mandates(
  { database }: Parts,
  at: Date,
  withinDays: number,
): Promise<readonly Found[]> {
  const from = quarterOfInstant(new Date(at.getTime() - endedDaysMax * dayMs));
  const to = quarterOfInstant(new Date(at.getTime() + withinDays * dayMs));
  const rows = await mandatesEnding(database.knex, { from, to, max: rowsMax });
  return rows.map(({ mandatary, object, quarter, count }) => ({
    kind: 'mandates',
    id: `mandates of ${mandatary} for ${object} until ${String(quarter)}`,
    what: `${String(count)} mandates of ${mandatary} for ${object}, until ${formatQuarter(quarter as Quarter)}`,
    endsAt: endOfQuarter(quarter),
    remedy: 'have those that go on renewed: sluis mandate import FILE',
  }));
}

/** Midnight in Brussels after the last day of a quarter YYYYQ. */
export function endOfQuarter(quarter: number): Date {
  const year = Math.floor(quarter / 10);
  const month = (quarter % 10) * 3;
  const nextDay = Date.UTC(year, month, 1);
  // Brussels is one hour ahead of UTC, two in summer: one of the two is midnight there.
  const [summer, winter] = [new Date(nextDay - 2 * 3_600_000), new Date(nextDay - 3_600_000)];
  return brusselsDate(summer) === new Date(nextDay).toISOString().slice(0, 10) ? summer : winter;
}

/** The tightest threshold that is passed; undefined while none is. */
export function thresholdOf(days: number): number | undefined {
  return expiryThresholdsDays.filter((threshold) => days < threshold).at(-1);
}

/**
 * Writes what is about to expire to the journal and to the notices, once for each threshold, on
 * whichever process comes first.
 *
 * @returns how many notices were given.
 */
export async function noticeExpiring(
  office: Parts & Pick<Office, 'clock' | 'journal' | 'notices'>,
): Promise<number> {
  const at = office.clock.now();
  let given = 0;
  for (const item of await expiring(office, { at, withinDays: expiryThresholdsDays[0] })) {
    const thresholdDays = thresholdOf(item.days);
    if (thresholdDays === undefined || isOrdinary(item)) continue;
    const { id, what, kind, days, endsAt, sender } = item;
    const said = await noticeOnce(office.database.knex, {
      ...{ item: id, endsAt, thresholdDays, at },
      async tell() {
        await office.notices.send({ ...item, thresholdDays });
        await office.journal.record({
          level: 'warn',
          code: days < 0 ? 'expiry.ended' : 'expiry.near',
          ...(sender === undefined ? {} : { sender }),
          facts: { kind, what, days, endsAt: endsAt.toISOString() },
        });
      },
    });
    if (said) given += 1;
  }
  return given;
}

/** A revocation list always ends within days; what is left of a day is when to speak of it. */
function isOrdinary({ kind, days }: ExpiringItem): boolean {
  return kind === 'revocation-list' && days >= 1;
}
