export const id = '0035-ebox';

/**
 * The e-Box: documents for one quality of one enterprise.
 *
 * - `ebox_document.delivery`: the parcel it came with; a repetition finds it. Rows stay when what
 *   they stood for is deleted (`deleted_at`), so that a late repetition brings nothing back.
 * - `ebox_document.partition_id`: null is the general partition, which therefore nobody can delete.
 * - `ebox_document.protection` 2: users see it who also have `application`; its managers always do.
 * - `ebox_document.expires_on`, `warn_on`: legal dates; the first is the last day it can be read.
 * - `ebox_box`: what a quality chose; no row is the choice of nothing. `digested_at` is up to when
 *   documents were told of, `digested_on` the day that was done.
 * - `ebox_partition_member`: users who see a partition; its managers always do.
 */
export const up = `
create table ebox_box (
  quality_id uuid primary key references quality (id),
  digest text not null default 'off' check (digest in ('off', 'daily', 'weekly')),
  digested_on date,
  digested_at timestamptz not null
);
create index ebox_box_digest on ebox_box (digest) where digest <> 'off';

create table ebox_partition (
  id uuid primary key,
  quality_id uuid not null references quality (id),
  name text not null,
  created_at timestamptz not null,
  created_by text not null
);
create unique index ebox_partition_name on ebox_partition (quality_id, lower(name));

create table ebox_partition_member (
  partition_id uuid not null references ebox_partition (id) on delete cascade,
  assignment_id uuid not null references role_assignment (id),
  primary key (partition_id, assignment_id)
);

create table ebox_document (
  id uuid primary key,
  delivery text not null unique,
  quality_id uuid not null references quality (id),
  partition_id uuid references ebox_partition (id),
  type text not null,
  titles jsonb not null,
  search text not null,
  publisher text not null,
  publisher_enterprise char(10),
  ticket text not null,
  message_type text,
  environment char(1) not null check (environment in ('R', 'T', 'S')),
  protection smallint not null check (protection in (1, 2)),
  application text,
  published_at timestamptz not null,
  expires_on date not null,
  warn_on date not null,
  warned_at timestamptz,
  read boolean not null default false,
  first_read_at timestamptz,
  first_read_by text,
  deleted_at timestamptz,
  check ((protection = 2) = (application is not null)),
  check (warn_on <= expires_on)
);
create index ebox_document_listing on ebox_document (quality_id, published_at desc, id desc)
  where deleted_at is null;
create index ebox_document_expiry on ebox_document (expires_on) where deleted_at is null;
create index ebox_document_warning on ebox_document (warn_on)
  where deleted_at is null and warned_at is null;
create index ebox_document_partition on ebox_document (partition_id)
  where partition_id is not null;

create table ebox_file (
  document_id uuid not null references ebox_document (id),
  ordinal integer not null,
  name text not null,
  bytes bigint not null,
  sha256 bytea not null,
  blob uuid,
  primary key (document_id, ordinal),
  unique (document_id, name),
  check ((blob is null) = (bytes = 0))
);

insert into application (code, labels, quality_types, roles, ordinal) values
('social-risk',
 '{"nl":"Aangifte van sociale risico''s","fr":"Déclaration de risques sociaux","de":"Meldung von Sozialrisiken","en":"Declaration of social risks"}',
 array['employer', 'mandatary', 'service-provider', 'full-service-center', 'hospital',
   'telephone-operator', 'social-secretariat', 'authority'], '[]', 5)
on conflict (code) do nothing;
`;
