import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { Failure } from './vocabulary/index.ts';

/**
 * One setting, as data. Its names follow from `env` alone: `SLUIS_SFTP_HOST` is `sftpHost` in the
 * file and `--sftp-host` on the command line. A secret has no flag, since every process of the
 * machine can read a command line.
 */
export interface Setting<T> {
  readonly env: `SLUIS_${string}`;
  readonly type: string;
  /** As it would be written; `{data}` stands for the data directory. Absent: no value. */
  readonly fallback: string | undefined;
  readonly secret: boolean;
  /** One sentence for operators. */
  readonly says: string;
  /** The value, or undefined when the text is not of this type. */
  readonly read: (text: string) => T | undefined;
}

interface Words {
  readonly env: `SLUIS_${string}`;
  readonly fallback: string;
  readonly says: string;
}

type OptionalWords = Omit<Words, 'fallback'> & { readonly secret?: boolean };

const millisecondsOf: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  y: 365 * 86_400_000,
};

/** Reads `500ms`, `30s`, `5m`, `4h`, `90d` or `10y` (years of 365 days) as milliseconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d|y)$/.exec(text.trim());
  if (match === null) return undefined;
  const milliseconds = Number(match[1]) * (millisecondsOf[match[2] ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}

const bytesOf: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** Reads `1048576`, `512KiB`, `16MiB` or `2GiB` as bytes. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15})\s?((?:[KMGT]iB)?)$/.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Number(match[1]) * (bytesOf[match[2] ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function integerBetween(min: number, max: number): (text: string) => number | undefined {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  };
}

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

/** A setting that always has a value. */
type Given<T> = Setting<T> & { readonly fallback: string };

const integer = (words: Words, min: number, max: number): Given<number> => ({
  ...words,
  secret: false,
  type: `number ${String(min)}..${String(max)}`,
  read: integerBetween(min, max),
});
const duration = (words: Words): Given<number> => ({
  ...words,
  secret: false,
  type: 'duration (500ms 30s 5m 4h 90d 10y)',
  read: parseDuration,
});
const size = (words: Words): Given<number> => ({
  ...words,
  secret: false,
  type: 'size (512KiB 16MiB 2GiB)',
  read: parseBytes,
});
const yesNo = (words: Words): Given<boolean> => ({
  ...words,
  secret: false,
  type: 'yes or no',
  read: (text) => booleans[text.toLowerCase()],
});
const host = (words: Words): Given<string> => ({
  ...words,
  secret: false,
  type: 'host name or address',
  read: (text) => (/^[A-Za-z0-9.:_%-]{1,253}$/.test(text) ? text : undefined),
});
const folder = (words: Words): Given<string> => ({
  ...words,
  secret: false,
  type: 'directory',
  read: (text) => (text.includes('\0') ? undefined : resolve(text)),
});
const choice = <T extends string>(words: Words, options: readonly T[]): Given<T> => ({
  ...words,
  secret: false,
  type: `one of ${options.join(' ')}`,
  read: (text) => options.find((option) => option === text),
});
const choices = <T extends string>(words: Words, options: readonly T[]): Given<readonly T[]> => ({
  ...words,
  secret: false,
  type: `list of ${options.join(' ')}`,
  read: (text) => {
    const pieces = [...new Set(text.split(/[\s,]+/).filter((piece) => piece !== ''))];
    const known = options.filter((option) => pieces.includes(option));
    return pieces.length > 0 && known.length === pieces.length ? known : undefined;
  },
});
const optional = (
  words: OptionalWords,
  type: string,
  accepts: (text: string) => boolean,
): Setting<string> => ({
  secret: false,
  ...words,
  fallback: undefined,
  type,
  read: (text) => (accepts(text) ? text : undefined),
});

function isUrlOf(...schemes: readonly string[]): (text: string) => boolean {
  return (text) => schemes.some((scheme) => text.startsWith(`${scheme}:`)) && URL.canParse(text);
}

/** A role a process can play; all state is shared, so roles may run apart and many times over. */
export type Role = 'sftp' | 'amqp' | 'worker' | 'portal';
const roles: readonly Role[] = ['sftp', 'amqp', 'worker', 'portal'];

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Every setting. Numbers carry their unit in the name: `…Ms` milliseconds, `…Bytes…` bytes. */
export const settingsTable = {
  data: folder({
    env: 'SLUIS_DATA',
    fallback: './var',
    says: 'Where the embedded database, the blobs and the keys live unless told otherwise.',
  }),
  databaseUrl: optional(
    {
      env: 'SLUIS_DATABASE_URL',
      secret: true,
      says: 'PostgreSQL to use; without it an embedded one runs in the data directory.',
    },
    'postgres:// address',
    isUrlOf('postgres', 'postgresql'),
  ),
  databasePoolMax: integer(
    {
      env: 'SLUIS_DATABASE_POOL',
      fallback: '20',
      says: 'Connections one process may open; at least twice the transactions it runs at once.',
    },
    4,
    500,
  ),
  blobs: {
    env: 'SLUIS_BLOBS',
    fallback: 'file:{data}/blobs',
    type: 'file: address of a directory',
    secret: false,
    says: 'Blob store; uploads in progress are spooled inside it, so that landing is one rename.',
    read: (text) => (/^file:[^\0]+$/.test(text) ? `file:${resolve(fileOf(text))}` : undefined),
  } satisfies Given<string>,
  keys: folder({
    env: 'SLUIS_KEYS',
    fallback: '{data}/keys',
    says: 'Host keys, signing key and encryption key; nodes of one gateway share it.',
  }),
  roles: choices(
    {
      env: 'SLUIS_ROLES',
      fallback: 'sftp,amqp,worker,portal',
      says: 'What this process does.',
    },
    roles,
  ),
  sftpHost: host({
    env: 'SLUIS_SFTP_HOST',
    fallback: '127.0.0.1',
    says: 'Address the SFTP server listens on.',
  }),
  sftpPort: integer(
    { env: 'SLUIS_SFTP_PORT', fallback: '2222', says: 'SFTP port; 0 takes any free one.' },
    0,
    65_535,
  ),
  sftpChacha20: yesNo({
    env: 'SLUIS_SFTP_CHACHA20',
    fallback: 'no',
    says: 'Also offers chacha20-poly1305, which OpenSSH clients prefer and which costs a third of the speed.',
  }),
  sftpSessionsMax: integer(
    { env: 'SLUIS_SFTP_SESSIONS', fallback: '500', says: 'Connections accepted at one time.' },
    1,
    100_000,
  ),
  sftpSessionsPerUserMax: integer(
    {
      env: 'SLUIS_SFTP_SESSIONS_PER_USER',
      fallback: '20',
      says: 'Sessions one technical user may hold at one time.',
    },
    1,
    10_000,
  ),
  sftpIdleMs: duration({
    env: 'SLUIS_SFTP_IDLE',
    fallback: '15m',
    says: 'A session that asks nothing for so long is closed.',
  }),
  sftpLoginGraceMs: duration({
    env: 'SLUIS_SFTP_LOGIN_GRACE',
    fallback: '60s',
    says: 'Time a client has to log in.',
  }),
  sftpSpoolBytesMax: size({
    env: 'SLUIS_SFTP_SPOOL',
    fallback: '20GiB',
    says: 'Bytes one technical user may have in uploads that are not finished.',
  }),
  httpHost: host({
    env: 'SLUIS_HTTP_HOST',
    fallback: '127.0.0.1',
    says: 'Address of the portal and the health checks.',
  }),
  httpPort: integer(
    { env: 'SLUIS_HTTP_PORT', fallback: '8080', says: 'HTTP port; 0 takes any free one.' },
    0,
    65_535,
  ),
  httpBodyBytesMax: size({
    env: 'SLUIS_HTTP_BODY',
    fallback: '1MiB',
    says: 'Longest request body that is read.',
  }),
  amqpUrl: optional(
    { env: 'SLUIS_AMQP_URL', secret: true, says: 'Broker; without it the AMQP channel is off.' },
    'amqp:// or amqps:// address',
    isUrlOf('amqp', 'amqps'),
  ),
  settleMs: duration({
    env: 'SLUIS_SETTLE',
    fallback: '30s',
    says: 'How long a complete set waits for files that are still being replaced or cancelled.',
  }),
  goTimeoutMs: duration({
    env: 'SLUIS_GO_TIMEOUT',
    fallback: '4h',
    says: 'How long declarations wait for the GO file that starts them.',
  }),
  retentionOutMs: duration({
    env: 'SLUIS_RETENTION_OUT',
    fallback: '90d',
    says: 'How long answers stay visible after they were collected.',
  }),
  retentionArchiveMs: duration({
    env: 'SLUIS_RETENTION_ARCHIVE',
    fallback: '10y',
    says: 'How long the files of a batch are kept.',
  }),
  retentionPartialMs: duration({
    env: 'SLUIS_RETENTION_PARTIAL',
    fallback: '7d',
    says: 'How long an interrupted upload can be resumed.',
  }),
  retentionJournalMs: duration({
    env: 'SLUIS_RETENTION_JOURNAL',
    fallback: '2y',
    says: 'How long the processing journal is kept.',
  }),
  fileBytesMax: size({
    env: 'SLUIS_FILE_BYTES',
    fallback: '2GiB',
    says: 'Longest file taken from a sender.',
  }),
  batchBytesMax: size({
    env: 'SLUIS_BATCH_BYTES',
    fallback: '8GiB',
    says: 'Longest batch: its parts together, unpacked.',
  }),
  zipRatioMax: integer(
    {
      env: 'SLUIS_ZIP_RATIO',
      fallback: '200',
      says: 'How many times its packed size a zipped file may grow.',
    },
    1,
    10_000,
  ),
  formBytesMax: size({
    env: 'SLUIS_FORM_BYTES',
    fallback: '16MiB',
    says: 'Longest single declaration.',
  }),
  chunkBytes: size({
    env: 'SLUIS_CHUNK_BYTES',
    fallback: '1MiB',
    says: 'About how much of a file one step of work takes.',
  }),
  dateAgeDaysMax: integer(
    {
      env: 'SLUIS_DATE_AGE_DAYS',
      fallback: '366',
      says: 'How many days old the date in a file name may be.',
    },
    1,
    36_500,
  ),
  allowSha1: yesNo({
    env: 'SLUIS_ALLOW_SHA1',
    fallback: 'no',
    says: 'Accepts signatures made with SHA-1.',
  }),
  threads: integer(
    {
      env: 'SLUIS_THREADS',
      fallback: '0',
      says: 'Validation threads; 0 takes one for each processor.',
    },
    0,
    256,
  ),
  workersMax: integer(
    {
      env: 'SLUIS_WORKERS',
      fallback: '4',
      says: 'Work items this process carries at one time; each holds at most one transaction.',
    },
    1,
    128,
  ),
  leaseSeconds: integer(
    {
      env: 'SLUIS_LEASE_SECONDS',
      fallback: '60',
      says: 'How long a worker owns what it claimed, without a sign of life.',
    },
    5,
    3600,
  ),
  pollIntervalMs: duration({
    env: 'SLUIS_POLL',
    fallback: '5s',
    says: 'How often work is looked for when no notice arrives.',
  }),
  drainMs: duration({
    env: 'SLUIS_DRAIN',
    fallback: '30s',
    says: 'How long a stopping gateway lets running work and uploads finish.',
  }),
  logLevel: choice(
    { env: 'SLUIS_LOG_LEVEL', fallback: 'info', says: 'Least important log line written.' },
    logLevels,
  ),
} as const;

function fileOf(address: string): string {
  return address.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
}

/** The directory a `file:` blob address names. */
export function blobDirectoryOf(settings: Pick<SettingValues, 'blobs'>): string {
  return fileOf(settings.blobs);
}

type Table = typeof settingsTable;
export type SettingName = keyof Table;
type ValueOf<S> = S extends { readonly read: (text: string) => infer R }
  ? S extends { readonly fallback: string }
    ? Exclude<R, undefined>
    : R
  : never;
export type SettingValues = { readonly [Name in SettingName]: ValueOf<Table[Name]> };

/** Where a value came from: a flag, an environment variable, the settings file, or built in. */
export type Origin = 'flag' | 'environment' | 'file' | 'default';

export interface Settings extends SettingValues {
  readonly origins: Readonly<Record<SettingName, Origin>>;
  /** The file that was read, if any. */
  readonly file: string | undefined;
  /** What is no error but deserves a look: environment names we do not know. */
  readonly warnings: readonly string[];
}

export const settingNames = Object.keys(settingsTable) as SettingName[];

/** `sftpHost` for `SLUIS_SFTP_HOST`: the key in the settings file. */
export function fileKeyOf(name: SettingName): string {
  return settingsTable[name].env
    .slice('SLUIS_'.length)
    .toLowerCase()
    .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `--sftp-host` for `SLUIS_SFTP_HOST`; undefined for a secret. */
export function flagOf(name: SettingName): `--${string}` | undefined {
  const { env, secret } = settingsTable[name];
  return secret ? undefined : `--${env.slice('SLUIS_'.length).toLowerCase().replaceAll('_', '-')}`;
}

export interface SettingSources {
  /** Texts of flags given, by setting. */
  readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
  /** `--config`: must exist. Without it `config/default.yaml` is read if it is there. */
  readonly configFile?: string;
  /** Handed in by tests; the process's own otherwise. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const defaultFile = 'config/default.yaml';

/**
 * Flags beat the environment, the environment beats the file, the file beats what is built in.
 * Throws one Failure `settings.invalid` that names everything wrong at once.
 */
export function resolveSettings(sources: SettingSources = {}): Settings {
  const environment = sources.environment ?? process.env;
  const file = sources.configFile ?? (existsSync(defaultFile) ? defaultFile : undefined);
  const problems: Record<string, string> = {};
  const inFile = file === undefined ? {} : readFile(file, problems);
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const name of settingNames) {
    const { text, origin } = textOf(name, { flags: sources.flags ?? {}, environment, inFile });
    origins[name] = origin;
    const data = typeof values['data'] === 'string' ? values['data'] : './var';
    const value = text === undefined ? undefined : readText(name, text.replace('{data}', data));
    if (text !== undefined && value === undefined) problems[name] = problemOf(name, text, origin);
    values[name] = Array.isArray(value) ? Object.freeze(value) : value;
  }
  if (Object.keys(problems).length > 0) throw new Failure('settings.invalid', problems);
  return Object.freeze({
    ...(values as unknown as SettingValues),
    origins: Object.freeze(origins),
    file,
    warnings: Object.freeze(unknownNames(environment)),
  });
}

function readText(name: SettingName, text: string): unknown {
  return settingsTable[name].read(text);
}

function problemOf(name: SettingName, text: string, origin: Origin): string {
  const { env, secret, type } = settingsTable[name];
  const where = { flag: flagOf(name) ?? env, environment: env, file: fileKeyOf(name), default: '' };
  const shown = secret ? 'the value' : `'${text.slice(0, 80)}'`;
  return `${shown} (${origin} ${where[origin]}) is not a ${type}`;
}

interface Texts {
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly inFile: Readonly<Record<string, string>>;
}

function textOf(name: SettingName, texts: Texts): { text: string | undefined; origin: Origin } {
  const { env, fallback } = settingsTable[name];
  const candidates = [
    { origin: 'flag', text: texts.flags[name] },
    // An empty variable is how compose files and shells spell "not set".
    {
      origin: 'environment',
      text: texts.environment[env] === '' ? undefined : texts.environment[env],
    },
    { origin: 'file', text: texts.inFile[fileKeyOf(name)] },
  ] as const;
  const found = candidates.find(({ text }) => text !== undefined);
  return found ?? { text: fallback, origin: 'default' };
}

const fileCharactersMax = 1_000_000;

function readFile(file: string, problems: Record<string, string>): Record<string, string> {
  let content: unknown;
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > fileCharactersMax) throw new RangeError('it is too long for a settings file');
    content = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    problems[file] = String((error as { readonly message?: unknown }).message).split('\n')[0] ?? '';
    return {};
  }
  if (content === null) return {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    problems[file] = 'is not a list of settings';
    return {};
  }
  return textsOf(file, content as Record<string, unknown>, problems);
}

function textsOf(
  file: string,
  content: Readonly<Record<string, unknown>>,
  problems: Record<string, string>,
): Record<string, string> {
  const known = new Set(settingNames.map(fileKeyOf));
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(content)) {
    if (!known.has(key)) problems[key] = `is not a setting (in ${file})`;
    else if (Array.isArray(value)) texts[key] = value.map(String).join(',');
    else if (typeof value === 'string') texts[key] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') texts[key] = String(value);
    else if (value !== null) problems[key] = `is not a plain value (in ${file})`;
  }
  return texts;
}

function unknownNames(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set<string>(settingNames.map((name) => settingsTable[name].env));
  return Object.keys(environment)
    .filter((name) => name.startsWith('SLUIS_') && !name.startsWith('SLUIS_TEST_'))
    .filter((name) => !known.has(name))
    .map((name) => `${name} is not a setting`);
}

export interface SettingLine {
  readonly name: string;
  readonly env: string;
  readonly flag: string | undefined;
  /** As text; a secret only tells whether it is set. */
  readonly value: string | undefined;
  readonly origin: Origin;
  readonly says: string;
}

/** Every value with where it came from, for people; secrets masked. */
export function describeSettings(settings: Settings): readonly SettingLine[] {
  return settingNames.map((name) => {
    const { env, secret, says } = settingsTable[name];
    const value = settings[name];
    return {
      name: fileKeyOf(name),
      env,
      flag: flagOf(name),
      value: value === undefined ? undefined : secret ? '********' : textOfValue(name, value),
      origin: settings.origins[name],
      says,
    };
  });
}

function textOfValue(
  name: SettingName,
  value: string | number | boolean | readonly string[],
): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'object') return value.join(',');
  if (typeof value === 'string') return value;
  const { type } = settingsTable[name];
  if (type.startsWith('duration')) return writeUnits(value, millisecondsOf, 'ms');
  return type.startsWith('size') ? writeUnits(value, bytesOf, '') : String(value);
}

function writeUnits(value: number, units: Readonly<Record<string, number>>, least: string): string {
  const whole = Object.entries(units).filter(([, factor]) => value > 0 && value % factor === 0);
  const [unit, factor] = whole.at(-1) ?? [least, 1];
  return `${String(value / factor)}${unit}`;
}

/** Whether the environment asks for debugging, known even when the settings cannot be resolved. */
export function debugAsked(): boolean {
  return process.env[settingsTable.logLevel.env] === 'debug';
}

/** Reads the notation of our own files; other rooms get it handed in. Throws YAMLParseError. */
export function parseYaml(text: string): unknown {
  return parse(text);
}
