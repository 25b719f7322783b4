export const id = '0015-signin';

/**
 * What signing in needs beside the tables of persons.
 *
 * - `failures` of a password and of an authenticator app count wrong tries in a row over all sources;
 *   at the hundredth the factor is disabled (`disabled_at`) until new codes are issued.
 * - `person_password.stands_alone`: long enough to be the only factor.
 * - `factor_enrolment`: an app that is being set up, beside the one that still is in force. Nothing
 *   of it counts before its end.
 * - `session.quality_id`: the quality that a manager of the whole enterprise has chosen to look at;
 *   `session.certificate_id`: what it was opened with, so that a block of the certificate ends it.
 * - `certificate_notice`: which warnings of an expiry went out, each once over all nodes.
 * - `recovery_request`: what somebody who is not logged in asked for. It is looked into afterwards,
 *   so that the answer takes as long whether the account exists or not.
 * - `mail.body` of a letter with a secret is sealed.
 */
export const up = `
alter table person_password
  add column failures integer not null default 0,
  add column disabled_at timestamptz,
  add column stands_alone boolean not null default false;

alter table totp
  add column failures integer not null default 0,
  add column disabled_at timestamptz;

create table factor_enrolment (
  person_id uuid primary key references person (id),
  session_id uuid not null references session (id),
  secret_sealed bytea not null,
  step bigint,
  failures integer not null default 0,
  code_hashes text[] not null default '{}',
  started_at timestamptz not null,
  expires_at timestamptz not null
);

alter table session
  add column quality_id uuid references quality (id),
  add column certificate_id uuid references person_certificate (id);
create index session_of_certificate on session (certificate_id) where ended_at is null;

alter table api_token add column quality_id uuid references quality (id);

create table certificate_notice (
  fingerprint char(64) not null,
  days integer not null,
  noticed_at timestamptz not null,
  primary key (fingerprint, days)
);

create table recovery_request (
  id uuid primary key,
  kind text not null check (kind in ('username', 'new-codes')),
  enterprise char(10) not null,
  insz_hash bytea not null,
  language char(2) not null,
  source text not null,
  requested_at timestamptz not null
);
create index recovery_request_due on recovery_request (requested_at);
`;
