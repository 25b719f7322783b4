export const id = '0031-partners';

/**
 * Partners' SFTP servers.
 *
 * - `partner.secrets`: password and key, sealed with a key of this installation; emptied on removal.
 * - `partner.circuit_*`: failures in a row, and until when nothing is tried.
 * - `partner_destination`: whom a partner is brought files for; one living partner each.
 * - `partner_run`: a slot of a schedule is a row that can be written once.
 * - `remote_file`: what is known of files in directories of partners.
 */
export const up = `
create table partner (
  id uuid primary key,
  name text not null,
  host text not null,
  port integer not null,
  username text not null,
  host_keys text[] not null check (cardinality(host_keys) > 0),
  has_password boolean not null,
  has_key boolean not null,
  secrets bytea not null,
  profile text not null check (profile in ('plain', 'isabel')),
  detection text not null check (detection in ('stable', 'go')),
  claim text not null check (claim in ('rename', 'remember')),
  aftercare text not null check (aftercare in ('delete', 'archive', 'leave')),
  archive text,
  pull jsonb not null,
  push jsonb not null,
  read_back boolean not null,
  schedule text not null,
  hub_key text,
  production_users text[] not null default '{}',
  state text not null check (state in ('active', 'suspended', 'removed')),
  circuit_failures integer not null default 0,
  circuit_until timestamptz,
  circuit_reason text,
  created_at timestamptz not null,
  active_since timestamptz not null
);
create unique index partner_name on partner (name) where state <> 'removed';

create table partner_destination (
  number text primary key,
  partner_id uuid not null references partner (id),
  mailbox text
);
create index partner_destination_of on partner_destination (partner_id);

create table partner_run (
  id uuid primary key,
  partner_id uuid not null references partner (id),
  due_at timestamptz not null,
  trigger text not null check (trigger in ('schedule', 'hand')),
  missed integer not null default 0,
  state text not null check (state in ('running', 'done', 'failed', 'abandoned')),
  lease_until timestamptz,
  started_at timestamptz not null,
  ended_at timestamptz,
  files integer not null default 0,
  bytes bigint not null default 0,
  error text,
  unique (partner_id, trigger, due_at)
);
create unique index partner_run_one on partner_run (partner_id) where state = 'running';
create index partner_run_shown on partner_run (partner_id, started_at desc);

create table remote_file (
  partner_id uuid not null references partner (id),
  directory text not null,
  name text not null,
  bytes bigint not null,
  modified bigint not null,
  looks integer not null default 1,
  state text not null check (state in ('seen', 'fetching', 'landed', 'gone', 'refused')),
  sha256 bytea,
  seen_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (partner_id, directory, name)
);

create index landed_file_partner on landed_file (account_id, name) where channel = 'sftp-remote';
`;
