import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import {
  subjectAsBrokerWrites,
  type AmqpLogins,
  type AmqpSender,
  type LoginCertificate,
} from './channels/index.ts';
import type { Office } from './compose.ts';
import type { BrokerCertificate } from './portal/index.ts';
import { selfSignedCertificate } from './seal/index.ts';
import type { Clock, Environment, SenderNumber } from './vocabulary/index.ts';

const linesMax = 100_000;
const pageMax = 500;
const certificatesMax = 20_000;
const certificatesKeptMs = 1_000;

/** The senders that AMQP is switched on for, with their logins. */
export async function amqpSenders({ identity }: Office): Promise<readonly AmqpSender[]> {
  const lines = await identity.channels.list({ channel: 'amqp', max: linesMax });
  const open = new Map<SenderNumber, Set<Environment>>();
  for (const line of lines) {
    const letters = openEnvironments(line);
    const before = open.get(line.sender) ?? [];
    if (letters.length > 0) open.set(line.sender, new Set([...before, ...letters]));
  }
  const logins = await loginsBySender(identity);
  return [...open].map(([sender, letters]) => ({
    sender,
    environments: [...letters],
    logins: logins.get(sender) ?? [],
  }));
}

/** A channel in test takes circuit tests and simulations; in production what it is meant for too. */
function openEnvironments(line: {
  readonly state: string;
  readonly environment: Environment;
}): readonly Environment[] {
  if (line.state !== 'test' && line.state !== 'production') return [];
  if (line.environment !== 'R') return [line.environment];
  return line.state === 'production' ? ['R', 'T', 'S'] : ['T', 'S'];
}

async function loginsBySender(
  identity: Office['identity'],
): Promise<ReadonlyMap<SenderNumber, readonly string[]>> {
  const logins = new Map<SenderNumber, string[]>();
  for (let after: string | undefined; ;) {
    const page = await identity.technicalUsers.list(
      after === undefined ? { max: pageMax } : { after, max: pageMax },
    );
    for (const { sender, username, state } of page) {
      if (state === 'removed') continue;
      logins.set(sender, [...(logins.get(sender) ?? []), username]);
    }
    after = page.at(-1)?.username;
    if (page.length < pageMax) return logins;
  }
}

/**
 * The certificates that may open a connection to the broker: those an authority issued. Read at most
 * once a second, since the broker asks several times for every login.
 */
export function loginCertificates({
  identity,
  clock,
}: Pick<Office, 'identity' | 'clock'>): () => Promise<readonly LoginCertificate[]> {
  let latest:
    { readonly at: number; readonly list: Promise<readonly LoginCertificate[]> } | undefined;
  const read = async (): Promise<readonly LoginCertificate[]> => {
    const now = clock.now();
    const list = await identity.certificates.list({ goodAt: now, max: certificatesMax });
    return (
      list
        .filter(({ userState }) => userState === 'active')
        // Anybody can sign a certificate of that name himself: only an authority's word counts.
        .filter(({ subject, issuer }) => subject !== issuer)
        .map(({ username, der }) => ({ username, der, subject: subjectAsBrokerWrites(der) }))
    );
  };
  return () => {
    if (latest === undefined || performance.now() - latest.at > certificatesKeptMs) {
      latest = { at: performance.now(), list: read() };
    }
    return latest.list;
  };
}

const placeholderYears = 10;

/**
 * What the broker's trust store is told: the certificates that may open a connection, and one more
 * that nobody has the key of and whose name nobody can guess. The plugin takes an empty list for no
 * news and would keep the last certificate that was on it.
 */
export async function trustList(
  certificates: () => Promise<readonly LoginCertificate[]>,
  clock: Clock,
): Promise<() => Promise<readonly BrokerCertificate[]>> {
  const now = clock.now();
  const to = new Date(now);
  to.setUTCFullYear(now.getUTCFullYear() + placeholderYears);
  const { certificate } = await selfSignedCertificate({
    commonName: `Nobody ${randomBytes(16).toString('hex')}`,
    ...{ keyPair: { type: 'ec', curve: 'P-256' }, from: now, to },
  });
  return async () => {
    const ders = [certificate, ...(await certificates()).map(({ der }) => der)];
    const listed = new Map(ders.map((der) => [sha256(der), der]));
    return [...listed].map(([id, der]) => ({ id, pem: new X509Certificate(der).toString() }));
  };
}

function sha256(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex');
}

/** Whose the `user-id` of a message is. */
export interface Publishers extends AmqpLogins {
  /** Everything is looked up anew: accounts changed. */
  forget(): void;
}

const rememberedMs = 1_000;
const rememberedMax = 1_000;

/**
 * One look-up a second for each name, since a busy sender's messages all bear the same. It only says
 * whose a message is that the broker took already; whether somebody may connect or write is never
 * answered from here. Told to forget by the notice of every change, so that the second is a bound
 * for changes without one.
 */
export function rememberedPublishers(find: AmqpLogins['accountOf']): Publishers {
  const known = new Map<
    string,
    { readonly at: number; readonly found: ReturnType<AmqpLogins['accountOf']> }
  >();
  return {
    forget() {
      known.clear();
    },
    accountOf(name) {
      const before = known.get(name);
      if (before !== undefined && performance.now() - before.at < rememberedMs) return before.found;
      if (known.size >= rememberedMax) known.clear();
      const found = find(name);
      const entry = { at: performance.now(), found };
      known.set(name, entry);
      // Whoever asked meets the failure; the next one asks again.
      found.catch(() => {
        if (known.get(name) === entry) known.delete(name);
      });
      return found;
    },
  };
}
