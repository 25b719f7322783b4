export const id = '0002-registration';

/**
 * Who may send, and how they prove it.
 *
 * - `enterprise`: known by number; the name is null while only the number is known (a mandator).
 * - `sender`: a sender number of one quality of one enterprise. No type listed = every type.
 * - `technical_user`: rows are never deleted, so that a name removed cannot come back as another's.
 * - `credential`: keys. One of kind `certificate-key` lives and dies with its certificate.
 * - `certificate`: retired, never deleted: it says who owned a signature at an instant of the past.
 * - `login_throttle`, `login_source`: wrong guesses, and where right logins came from. The names
 *   typed for accounts that do not exist are not kept: they may be passwords.
 */
export const up = `
create table enterprise (
  number char(10) primary key,
  nsso_number text unique,
  name text,
  country char(2) not null,
  registered_at timestamptz not null
);

create table sender (
  number char(6) primary key,
  enterprise char(10) not null references enterprise (number),
  quality text not null,
  types text[] not null,
  environments text[] not null check (environments <@ array['R', 'T', 'S']),
  profile jsonb not null default '{}',
  state text not null default 'active' check (state in ('active', 'suspended')),
  created_at timestamptz not null,
  constraint sender_quality_once unique (enterprise, quality)
);

create table technical_user (
  id uuid primary key,
  username text not null,
  sender char(6) not null references sender (number),
  auth text not null check (auth in ('publickey', 'publickey+password', 'password')),
  allow_ssh_rsa boolean not null,
  state text not null check (state in ('active', 'blocked', 'removed')),
  password_hash text,
  revoked_serials text[] not null default '{}',
  created_at timestamptz not null,
  changed_at timestamptz not null,
  constraint technical_user_username_once unique (username)
);
create index technical_user_of_sender on technical_user (sender);

create table certificate (
  id uuid primary key,
  technical_user_id uuid not null references technical_user (id),
  fingerprint char(64) not null,
  der bytea not null,
  subject text not null,
  issuer text not null,
  serial text not null,
  not_before timestamptz not null,
  not_after timestamptz not null,
  added_at timestamptz not null,
  retired_at timestamptz
);
create unique index certificate_one_owner on certificate (fingerprint) where retired_at is null;
create index certificate_history on certificate (fingerprint, added_at);
create index certificate_of_user on certificate (technical_user_id);

create table credential (
  id uuid primary key,
  technical_user_id uuid not null references technical_user (id),
  certificate_id uuid references certificate (id),
  kind text not null check (kind in ('ssh-key', 'ssh-ca', 'certificate-key')),
  algorithm text not null,
  blob bytea not null,
  fingerprint text not null,
  comment text not null default '',
  added_at timestamptz not null,
  retired_at timestamptz,
  check ((kind = 'certificate-key') = (certificate_id is not null))
);
create unique index credential_once on credential (technical_user_id, kind, fingerprint)
  where retired_at is null and kind <> 'certificate-key';
create index credential_of_user on credential (technical_user_id) where retired_at is null;

create table trust_anchor (
  fingerprint char(64) primary key,
  der bytea not null,
  subject text not null,
  issuer text not null,
  not_before timestamptz not null,
  not_after timestamptz not null,
  added_at timestamptz not null
);

create table trust_crl (
  anchor char(64) primary key references trust_anchor (fingerprint),
  der bytea not null,
  this_update timestamptz not null,
  next_update timestamptz not null,
  added_at timestamptz not null
);

create table login_throttle (
  key text primary key,
  scope text not null check (scope in ('pair', 'source', 'account')),
  source text,
  username text,
  score integer not null,
  until timestamptz,
  last_at timestamptz not null,
  locked boolean not null,
  refused integer not null default 0
);
create index login_throttle_age on login_throttle (last_at);
create index login_throttle_of_user on login_throttle (username) where username is not null;

create table login_source (
  username text not null,
  source text not null,
  last_at timestamptz not null,
  primary key (username, source)
);
create index login_source_age on login_source (last_at);
`;
