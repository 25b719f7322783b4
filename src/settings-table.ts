import { resolve } from 'node:path';
import { amqpSettings } from './amqp-settings.ts';
import { httpSettings } from './http-settings.ts';
import { peopleSettings } from './people-settings.ts';
import {
  choice,
  choices,
  duration,
  fileOf,
  folder,
  host,
  integer,
  isPath,
  isUrlOf,
  optional,
  size,
  yesNo,
  type Given,
} from './setting-kinds.ts';

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
  ...httpSettings,
  ...amqpSettings,
  settleMs: duration({
    env: 'SLUIS_SETTLE',
    fallback: '30s',
    says: 'How long a GO waits for declaration and signature files that come after it.',
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
    says: 'Longest set: its declaration and signature files together as sent, and unpacked.',
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
  ...peopleSettings,
  eboxTypes: optional(
    {
      env: 'SLUIS_EBOX_TYPES',
      says: 'File of document types of the e-Box, in the place of config/ebox.yaml.',
    },
    'path of a file',
    isPath,
  ),
  logLevel: choice(
    { env: 'SLUIS_LOG_LEVEL', fallback: 'info', says: 'Least important log line written.' },
    logLevels,
  ),
} as const;
