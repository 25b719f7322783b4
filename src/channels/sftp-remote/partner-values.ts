import { createPublicKey } from 'node:crypto';
import ssh2 from 'ssh2';
import {
  Failure,
  isStorableName,
  parseEnterpriseNumber,
  parseSenderNumber,
  type Environment,
} from '../../vocabulary/index.ts';
import type {
  Aftercare,
  Claim,
  Detection,
  Directories,
  NewPartner,
  PartnerAddress,
  PartnerDestination,
  PartnerProfile,
  PartnerSecrets,
} from './ports.ts';

/** What a partner is registered with: text as people and forms give it. */
export interface PartnerWish extends PartnerSecrets {
  readonly name: string;
  readonly host: string;
  readonly port?: number;
  readonly username: string;
  readonly hostKeys: readonly string[];
  readonly profile?: string;
  readonly detection?: string;
  readonly claim?: string;
  readonly aftercare?: string;
  readonly archive?: string;
  readonly pull?: Directories;
  readonly push?: Directories;
  readonly readBack?: boolean;
  readonly schedule?: string;
  readonly destinations: readonly PartnerDestination[];
  readonly hubKey?: string;
  readonly productionUsers?: readonly string[];
}

const portUsual = 22;
const portMax = 65_535;
const textCharactersMax = 255;
const directoryCharactersMax = 1_024;
const destinationsMax = 10_000;
const hostKeysMax = 8;
const secretBytesMax = 16 * 1024;
const scheduleUsual = '*/5 * * * *';

type Values = Omit<
  NewPartner,
  'id' | 'state' | 'createdAt' | 'activeSince' | 'secretsSealed' | 'hasKey' | 'hasPassword'
>;

/**
 * Judges the values of a partner and fills in what was left out.
 *
 * @throws Failure `registration.invalid` with `what` and `why`
 */
export function partnerValues(wish: PartnerWish, isSchedule: (text: string) => boolean): Values {
  const { pull = {}, push = {}, schedule = scheduleUsual, archive } = wish;
  const values = {
    name: matching(wish.name, 'name', /^[a-z][a-z0-9-]{1,39}$/, 'a-z, digits and -, 2 to 40'),
    ...addressValues(wish),
    profile: oneOf<PartnerProfile>(wish.profile, 'profile', ['plain', 'isabel']),
    detection: oneOf<Detection>(wish.detection, 'detection', ['stable', 'go']),
    claim: oneOf<Claim>(wish.claim, 'claim', ['remember', 'rename']),
    aftercare: oneOf<Aftercare>(wish.aftercare, 'after', ['delete', 'archive', 'leave']),
    pull: directories(pull, 'pull'),
    push: directories(push, 'push'),
    readBack: wish.readBack ?? false,
    schedule: schedule.trim().replace(/\s+/g, ' '),
    destinations: destinations(wish.destinations),
    productionUsers: [...(wish.productionUsers ?? [])],
    ...(archive === undefined ? {} : { archive: directory(archive, 'archive') }),
    ...(wish.hubKey === undefined ? {} : { hubKey: hubKey(wish.hubKey) }),
  };
  if (!isSchedule(values.schedule)) throw invalid('schedule', 'five fields of cron are expected');
  secretsProblem(wish);
  agreement(values);
  return values;
}

/** @throws Failure `registration.invalid` */
export function addressValues(
  wish: Pick<PartnerWish, 'host' | 'port' | 'username' | 'hostKeys'>,
): Omit<PartnerAddress, keyof PartnerSecrets> {
  const { port = portUsual } = wish;
  if (!Number.isInteger(port) || port < 1 || port > portMax) throw invalid('port', '1 to 65535');
  if (wish.hostKeys.length === 0) {
    throw invalid('host key', 'the fingerprint of the host key is required: SHA256:…');
  }
  if (wish.hostKeys.length > hostKeysMax) throw invalid('host key', 'at most 8');
  const shape = /^SHA256:[A-Za-z0-9+/]{43}$/;
  const says = 'as ssh-keygen -l prints it: SHA256: and 43 characters';
  return {
    host: matching(wish.host, 'host', /^[A-Za-z0-9.:_-]{1,253}$/, 'a name or an address'),
    port,
    username: matching(wish.username, 'user', /^[^\s\p{C}]{1,255}$/u, 'up to 255 characters'),
    hostKeys: wish.hostKeys.map((text) =>
      matching(text.trim().replace(/=+$/, ''), 'host key', shape, says),
    ),
  };
}

/** @throws Failure `registration.invalid` for a key that cannot be read, or none of the two */
export function secretsProblem({ password, privateKey }: PartnerSecrets): void {
  if (password === undefined && privateKey === undefined) {
    throw invalid('credential', 'a key, a password or both');
  }
  if (password !== undefined && (password === '' || Buffer.byteLength(password) > secretBytesMax)) {
    throw invalid('password', 'it is empty or too long');
  }
  if (privateKey === undefined) return;
  if (Buffer.byteLength(privateKey) > secretBytesMax) throw invalid('key', 'it is too long');
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error || Array.isArray(parsed) || !parsed.isPrivateKey()) {
    throw invalid('key', 'no private key without passphrase, of OpenSSH or OpenSSL, was found');
  }
}

function agreement(values: Values): void {
  if (Object.keys(values.pull).length === 0 && Object.keys(values.push).length === 0) {
    throw invalid('directories', 'at least one to fetch from or to bring to');
  }
  if (values.aftercare === 'archive' && values.archive === undefined) {
    throw invalid('archive', 'files are to be archived: the directory is missing');
  }
  if (values.claim === 'rename' && values.aftercare === 'leave') {
    throw invalid('claim', 'files that are left where they are keep their name');
  }
  if (values.destinations.length === 0) {
    throw invalid('sender', 'at least one sender number or enterprise');
  }
  if (values.profile !== 'isabel') return;
  if (values.hubKey === undefined) throw invalid('hub key', 'the profile isabel needs it');
  if (values.destinations.some(({ mailbox }) => mailbox === undefined)) {
    throw invalid('mailbox', 'the profile isabel needs one for every sender number');
  }
}

function oneOf<T extends string>(
  text: string | undefined,
  what: string,
  known: readonly [T, ...T[]],
): T {
  if (text === undefined) return known[0];
  const found = known.find((one) => one === text);
  if (found === undefined) throw invalid(what, `one of ${known.join(', ')}`);
  return found;
}

function matching(text: string, what: string, shape: RegExp, says: string): string {
  if (shape.test(text)) return text;
  throw invalid(what, says);
}

const environments: readonly Environment[] = ['R', 'T', 'S'];

function directories(given: Directories, what: string): Directories {
  const found: Partial<Record<Environment, string>> = {};
  for (const environment of environments) {
    const path = given[environment];
    if (path !== undefined) found[environment] = directory(path, what);
  }
  const paths = Object.values(found);
  if (new Set(paths).size < paths.length) throw invalid(what, 'one directory, one environment');
  return found;
}

/** Without a slash at its end; relative ones start at the login's home. */
function directory(text: string, what: string): string {
  const path = text === '/' ? '/' : text.replace(/\/+$/, '');
  if (path === '' || path.length > directoryCharactersMax || /\p{C}|\\/u.test(path)) {
    throw invalid(what, 'no directory of a server');
  }
  if (path.split('/').includes('..')) throw invalid(what, 'without ..');
  return path;
}

function destinations(given: readonly PartnerDestination[]): readonly PartnerDestination[] {
  if (given.length > destinationsMax) throw invalid('sender', 'at most 10,000');
  const found = given.map(({ number, mailbox }) => ({
    number: destinationNumber(number),
    ...(mailbox === undefined ? {} : { mailbox: mailboxId(mailbox) }),
  }));
  if (new Set(found.map(({ number }) => number)).size < found.length) {
    throw invalid('sender', 'named twice');
  }
  return found;
}

function destinationNumber(text: string): string {
  const number = parseSenderNumber(text) ?? parseEnterpriseNumber(text);
  if (number === undefined) throw invalid('sender', 'a sender number or an enterprise number');
  return number;
}

function mailboxId(text: string): string {
  if (text.length <= textCharactersMax && isStorableName(text)) return text;
  throw invalid('mailbox', 'up to 128 characters');
}

function hubKey(pem: string): string {
  try {
    return createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
  } catch (error) {
    throw new Failure(
      'registration.invalid',
      { what: 'hub key', why: 'a public key in PEM' },
      error,
    );
  }
}

function invalid(what: string, why: string): Failure {
  return new Failure('registration.invalid', { what, why });
}
