import { isIP } from 'node:net';
import { resolve } from 'node:path';
import {
  choice,
  choices,
  duration,
  fileOf,
  folder,
  host,
  integer,
  isMailAddress,
  isUrlOf,
  optional,
  size,
  yesNo,
  type Given,
  type Setting,
} from './setting-kinds.ts';
import { languages } from './vocabulary/index.ts';

/** A role a process can play; all state is shared, so roles may run apart and many times over. */
export type Role = 'sftp' | 'amqp' | 'worker' | 'portal';
const roles: readonly Role[] = ['sftp', 'amqp', 'worker', 'portal'];

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

const isPath = (text: string): boolean => text !== '' && !text.includes('\0');
const addressesOf = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '');

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const bitsMax = isIP(address) === 6 ? 128 : 32;
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  return isIP(address) !== 0 && fits && rest.length === 0;
}

function requests(whose: string, fallback: string, says: string): Given<number> {
  const env = `SLUIS_HTTP_${whose}_REQUESTS` as const;
  return integer({ env, fallback, says: `${says} Each process counts.` }, 1, 1_000_000);
}

function hoursOf(text: string): string | undefined {
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(text) ?? [];
  return Number(from) < Number(to) && Number(to) <= 24 ? text : undefined;
}
const passwordPolicies = ['modern', 'be-ume-legacy'] as const;
const passwordCompositions = ['R1', 'R2', 'R3'] as const;

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
  httpTlsCert: optional(
    {
      env: 'SLUIS_HTTP_TLS_CERT',
      says: 'PEM file of the certificate chain of the portal; with it the port speaks HTTPS alone.',
    },
    'path of a file',
    isPath,
  ),
  httpTlsKey: optional(
    { env: 'SLUIS_HTTP_TLS_KEY', says: 'PEM file of the key that goes with it.' },
    'path of a file',
    isPath,
  ),
  httpMtlsPort: {
    env: 'SLUIS_HTTP_MTLS_PORT',
    fallback: undefined,
    type: 'number 0..65535',
    secret: false,
    says: 'Second HTTPS port, which asks for the certificate of a person; 0 takes any free one.',
    read: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined),
  } satisfies Setting<number>,
  httpTrustedProxies: optional(
    {
      env: 'SLUIS_HTTP_TRUSTED_PROXIES',
      says: 'Addresses or networks (10.0.0.0/8) of proxies whose X-Forwarded-For is believed.',
    },
    'list of addresses and networks',
    (text) => addressesOf(text).every(isNetwork),
  ),
  httpProxySecret: optional(
    {
      env: 'SLUIS_HTTP_PROXY_SECRET',
      secret: true,
      says: 'Lets a trusted proxy that sends it hand in the certificates it saw.',
    },
    'text of 32 characters or more',
    (text) => text.length >= 32,
  ),
  httpSourceRequestsMax: requests('SOURCE', '1200', 'Requests a minute of one address.'),
  httpSessionRequestsMax: requests('SESSION', '600', 'Requests a minute of one session or token.'),
  httpLoginRequestsMax: requests(
    'LOGIN',
    '60',
    'Logins and shown factors a minute of one address.',
  ),
  httpRecoveryRequestsMax: requests('RECOVERY', '10', 'Recovery requests a minute of one address.'),
  contactPhone: optional(
    { env: 'SLUIS_CONTACT_PHONE', says: 'Telephone of the contact centre, shown to people.' },
    'telephone number',
    (text) => /^[+\d][\d ()/.-]{3,30}$/.test(text),
  ),
  contactEmail: optional(
    { env: 'SLUIS_CONTACT_EMAIL', says: 'E-mail of the contact centre.' },
    'e-mail address',
    (text) => /^[^\s@]+@[^\s@]+$/.test(text),
  ),
  contactUrl: optional(
    { env: 'SLUIS_CONTACT_URL', says: 'Page of the contact centre.' },
    'https:// address',
    isUrlOf('https'),
  ),
  contactHours: {
    env: 'SLUIS_CONTACT_HOURS',
    fallback: '7-20',
    type: 'hours such as 7-20',
    secret: false,
    says: 'Hours of the contact centre, Monday to Friday except public holidays.',
    read: hoursOf,
  } satisfies Given<string>,
  amqpUrl: optional(
    { env: 'SLUIS_AMQP_URL', secret: true, says: 'Broker; without it the AMQP channel is off.' },
    'amqp:// or amqps:// address',
    isUrlOf('amqp', 'amqps'),
  ),
  amqpManagementUrl: optional(
    {
      env: 'SLUIS_AMQP_MANAGEMENT_URL',
      secret: true,
      says: "The broker's management API; without it port 15672 of the broker, with the same user.",
    },
    'http:// or https:// address',
    isUrlOf('http', 'https'),
  ),
  amqpCa: optional(
    {
      env: 'SLUIS_AMQP_CA',
      says: "File (PEM) of the authority that signed the broker's certificate.",
    },
    'file',
    (text) => !text.includes('\0'),
  ),
  amqpAuthHost: host({
    env: 'SLUIS_AMQP_AUTH_HOST',
    fallback: '127.0.0.1',
    says: 'Address on which the broker asks who may log in; only the broker may reach it.',
  }),
  amqpAuthPort: integer(
    {
      env: 'SLUIS_AMQP_AUTH_PORT',
      fallback: '8090',
      says: "Port of the broker's questions; 0 takes any free one.",
    },
    0,
    65_535,
  ),
  amqpAuthSecret: optional(
    {
      env: 'SLUIS_AMQP_AUTH_SECRET',
      secret: true,
      says: "First part of the path of the broker's questions; without it nobody is let in.",
    },
    '24 to 128 letters, digits, hyphens and underscores',
    (text) => /^[A-Za-z0-9_-]{24,128}$/.test(text),
  ),
  amqpCertificates: yesNo({
    env: 'SLUIS_AMQP_CERTIFICATES',
    fallback: 'no',
    says: 'Technical users may log in to the broker by certificate; see the deploy notes first.',
  }),
  amqpTrustStore: yesNo({
    env: 'SLUIS_AMQP_TRUST_STORE',
    fallback: 'no',
    says: "The broker's rabbitmq_trust_store may ask for the registered certificates; see the deploy notes.",
  }),
  amqpAnswers: choice(
    {
      env: 'SLUIS_AMQP_ANSWERS',
      fallback: 'files',
      says: 'Answers over AMQP: a message for each file, or one for each set with its signature.',
    },
    ['files', 'set'] as const,
  ),
  amqpPrefetch: integer(
    {
      env: 'SLUIS_AMQP_PREFETCH',
      fallback: '16',
      says: 'Messages of one queue in hand at one time.',
    },
    1,
    1_000,
  ),
  amqpMessageBytesMax: size({
    env: 'SLUIS_AMQP_MESSAGE_BYTES',
    fallback: '16MiB',
    says: 'Longest message taken from a sender.',
  }),
  amqpQueueBytesMax: size({
    env: 'SLUIS_AMQP_QUEUE_BYTES',
    fallback: '1GiB',
    says: 'Bytes one queue of a sender may hold; beyond it the broker refuses more.',
  }),
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
  passwordPolicy: choice(
    {
      env: 'SLUIS_PASSWORD_POLICY',
      fallback: 'modern',
      says: 'Rules for passwords of people of enterprises; be-ume-legacy is the older manual.',
    },
    passwordPolicies,
  ),
  passwordPolicyStaff: choice(
    {
      env: 'SLUIS_PASSWORD_POLICY_STAFF',
      fallback: 'modern',
      says: 'Rules for passwords of the help desk and of operators.',
    },
    passwordPolicies,
  ),
  passwordRefused: optional(
    {
      env: 'SLUIS_PASSWORD_REFUSED',
      says: 'File of passwords nobody may choose, one a line, beside those refused anyway.',
    },
    'path of a file',
    isPath,
  ),
  passwordComposition: choice(
    {
      env: 'SLUIS_PASSWORD_COMPOSITION',
      fallback: 'R3',
      says: 'Reading of "2 alphanumeric characters" under be-ume-legacy: R1 any, R2 two kinds, R3 two digits or letters.',
    },
    passwordCompositions,
  ),
  secondFactor: choice(
    {
      env: 'SLUIS_SECOND_FACTOR',
      fallback: 'mandatory',
      says: 'Whether a long password of the modern rules may do without a second factor.',
    },
    ['mandatory', 'optional'] as const,
  ),
  certificateLogin: choice(
    {
      env: 'SLUIS_CERTIFICATE_LOGIN',
      fallback: 'alone',
      says: 'Whether a certificate opens the portal by itself, as cards with a PIN may, or with the password.',
    },
    ['alone', 'with-password'] as const,
  ),
  sessionIdleMs: duration({
    env: 'SLUIS_SESSION_IDLE',
    fallback: '30m',
    says: 'A session of the portal that asks nothing for so long is over.',
  }),
  sessionAbsoluteMs: duration({
    env: 'SLUIS_SESSION_ABSOLUTE',
    fallback: '12h',
    says: 'Longest life of a session of the portal.',
  }),
  issuerName: optional(
    {
      env: 'SLUIS_ISSUER_NAME',
      says: 'How authenticator apps name this installation; without it, sluis.',
    },
    'text of at most 60 characters',
    (text) => /^[^\p{C}:]{1,60}$/u.test(text),
  ),
  portalUrl: optional(
    { env: 'SLUIS_PORTAL_URL', says: 'Address of the portal as people reach it; letters name it.' },
    'https:// address',
    isUrlOf('https', 'http'),
  ),
  smtpUrl: optional(
    {
      env: 'SLUIS_SMTP_URL',
      secret: true,
      says: 'Mail server; without it letters are held and `sluis mail list` shows them.',
    },
    'smtp:// or smtps:// address',
    isUrlOf('smtp', 'smtps'),
  ),
  mailFrom: optional(
    { env: 'SLUIS_MAIL_FROM', says: 'Sender of letters; without it, sluis@localhost.' },
    'e-mail address',
    isMailAddress,
  ),
  helpDeskMail: optional(
    { env: 'SLUIS_HELP_DESK_MAIL', says: 'Who is told of requests that are about to run late.' },
    'e-mail address',
    isMailAddress,
  ),
  helpDeskLanguage: choice(
    {
      env: 'SLUIS_HELP_DESK_LANGUAGE',
      fallback: 'nl',
      says: 'Language of letters to the help desk: nl, fr, de or en.',
    },
    languages,
  ),
  operatorMail: optional(
    { env: 'SLUIS_OPERATOR_MAIL', says: 'Who is told of keys, issuers and lists about to expire.' },
    'e-mail address',
    isMailAddress,
  ),
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
