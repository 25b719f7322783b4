import {
  argon2Hash,
  identityKeys,
  openIdentity,
  sealedBox,
  type Identity,
} from './identity/index.ts';
import type { ExpiryNotices } from './expiry.ts';
import { openMail, smtpCarrier, type Mail } from './mail/index.ts';
import { refusedPasswords, signInRules } from './sign-in-rules.ts';
import {
  openJournal,
  openLogger,
  type HealthCheck,
  type JournalBook,
  type Log,
} from './operations/index.ts';
import { join } from 'node:path';
import { loadParameters, type ParameterSets } from './computation/index.ts';
import { brokerChecks } from './broker-place.ts';
import { openMandates, openRouter, type MandateBook, type Router } from './routing/index.ts';
import { blobDirectoryOf, parseYaml, type Settings } from './settings.ts';
import { builtInPacks, isValidOn, type SchemaPacks } from './validation/index.ts';
import { messageTypes } from './messages/index.ts';
import {
  journalStore,
  mailStore,
  mandateStore,
  openBlobStore,
  openDatabase,
  registrationStore,
  routingRuleStore,
  schemaPackStore,
  signInStore,
  type BlobStore,
  type Database,
  type SchemaPackStore,
} from './storage/index.ts';
import { brusselsDate, type Clock } from './vocabulary/index.ts';

/** Everything an administration command or a gateway works with, wired once and closed once. */
export interface Office {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly journal: JournalBook;
  readonly identity: Identity;
  readonly mail: Mail;
  readonly schemaPacks: SchemaPackStore;
  /** The packs of this installation: built in, and installed by operators. */
  readonly schemas: SchemaPacks;
  readonly parameters: ParameterSets;
  /** Where zipped files are unpacked while they are inspected. */
  readonly unpackDirectory: string;
  readonly mandates: MandateBook;
  readonly router: Router;
  /** Where notices of things about to expire go, besides the journal. */
  readonly notices: ExpiryNotices;
  /** What `sluis doctor` and the readiness probe look at. */
  readonly checks: readonly HealthCheck[];
  close(): Promise<void>;
}

export interface OfficeOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  /** Whether the log repeats the journal: for a gateway; a command has said what it did. */
  readonly logsJournal?: boolean;
}

/** @throws Failure `storage.unavailable`, `storage.embedded` or `storage.newer-schema`. */
export async function openOffice(options: OfficeOptions): Promise<Office> {
  const { settings, clock, logsJournal = false } = options;
  const log = openLogger({ level: settings.logLevel });
  const database = await openDatabase({
    url: settings.databaseUrl,
    data: settings.data,
    poolMax: settings.databasePoolMax,
  });
  try {
    const blobs = await openBlobStore(blobDirectoryOf(settings));
    const store = journalStore(database.knex);
    const journal = openJournal({ store, clock, ...(logsJournal && { log }) });
    const keys = await identityKeys(settings.keys);
    const mail = openOutgoing({ settings, clock, database, seal: keys.key('mail-seal') });
    const identity = openIdentity({
      store: registrationStore(database.knex),
      keys,
      signing: { store: signInStore(database.knex), letters: mail, rules: signInRules(settings) },
      clock,
      journal,
      hash: argon2Hash(),
      refusedPasswords: await refusedPasswords(settings),
      allowSha1: settings.allowSha1,
    });
    const schemaPacks = schemaPackStore(database.knex);
    const { enterprises } = identity;
    const mandateRows = mandateStore(database.knex);
    const mandates = openMandates({ store: mandateRows, clock, journal, enterprises });
    const rules = routingRuleStore(database.knex);
    return {
      schemas: await openSchemas(schemaPacks),
      parameters: await shippedParameters(),
      unpackDirectory: join(blobDirectoryOf(settings), 'unpack'),
      settings,
      clock,
      log,
      database,
      blobs,
      journal,
      identity,
      mail,
      schemaPacks,
      mandates,
      router: openRouter({ directory: enterprises, mandates, rules }),
      notices: expiryLetters(mail, settings),
      checks: [...storageChecks(database, blobs), ...brokerChecks(settings)],
      close: async () => {
        mail.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The journal has every notice; whoever looks after the gateway gets them as letters too. */
function expiryLetters(mail: Mail, { operatorMail: to }: Settings): ExpiryNotices {
  return {
    async send({ kind, what, days, endsAt, remedy }) {
      // Owners of certificates and their access managers get letters of their own.
      if (to === undefined || kind === 'certificate') return;
      const until = brusselsDate(endsAt);
      const data = { what, days: String(days), until, remedy };
      await mail.send({ template: 'expiry-near', to, language: 'en', data });
    },
  };
}

/** Letters go to the mail server of the settings, or are held for operators. */
function openOutgoing(o: {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly database: Database;
  readonly seal: Buffer;
}): Mail {
  const { smtpUrl: url, mailFrom: from = 'sluis@localhost' } = o.settings;
  return openMail({
    store: mailStore(o.database.knex),
    clock: o.clock,
    vault: sealedBox(o.seal),
    carrier: url === undefined ? undefined : smtpCarrier({ url, from }),
  });
}

const schemasFolder = new URL('../schemas/', import.meta.url);

/** An installed pack goes before the built-in one of the same root and version. */
async function openSchemas(installed: SchemaPackStore): Promise<SchemaPacks> {
  const roots = [...messageTypes.values()].flatMap((type) => type.roots);
  const builtIn = await builtInPacks({ folder: schemasFolder, roots });
  return {
    async find(root, version, onDate) {
      const pack = await installed.find(root, version, onDate);
      if (pack !== undefined) return pack;
      const own = builtIn.filter((one) => one.root === root && one.version === version);
      return own.find((one) => isValidOn(one, onDate));
    },
  };
}

/**
 * The dated parameters that come with this release.
 *
 * @throws Failure `computation.invalid-parameters`
 */
export function shippedParameters(): Promise<ParameterSets> {
  const directory = join(import.meta.dirname, '..', 'config', 'parameters');
  return loadParameters({ directory, parseYaml });
}

/** Less than this and uploads are about to be refused. */
const freeBytesMin = 1024 ** 3;

function storageChecks(database: Database, blobs: BlobStore): HealthCheck[] {
  return [
    {
      name: 'database',
      run: async () => {
        await database.ping();
        return { state: 'ok', says: database.embedded ? 'embedded PostgreSQL' : 'PostgreSQL' };
      },
    },
    {
      name: 'blobs',
      run: async () => {
        // A write that lands and goes: permissions, a read-only volume and a full disk all show.
        const probe = await blobs.spool.create();
        await probe.write({ at: 0, data: Buffer.from('probe') });
        await probe.discard();
        const free = await blobs.freeBytes();
        const says = `writable, ${(free / 1024 ** 3).toFixed(1)} GiB free`;
        if (free >= freeBytesMin) return { state: 'ok', says };
        return { state: 'warning', says, remedy: 'free space or enlarge the volume' };
      },
    },
  ];
}
