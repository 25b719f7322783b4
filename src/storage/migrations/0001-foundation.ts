export const id = '0001-foundation';

/** The journal that operators read, and the schema packs they install. */
export const up = `
create table journal_event (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  level smallint not null check (level between 0 and 3),
  code text not null,
  sender text,
  ticket text,
  username text,
  source text,
  file_name text,
  facts jsonb not null default '{}'
);
create index journal_event_at on journal_event (at);
create index journal_event_ticket on journal_event (ticket, id) where ticket is not null;
create index journal_event_sender on journal_event (sender, id) where sender is not null;
create index journal_event_username on journal_event (username, id) where username is not null;
create index journal_event_file_name on journal_event (file_name, id) where file_name is not null;
create index journal_event_trouble on journal_event (level, id) where level >= 2;

create table schema_pack (
  id bigint generated always as identity primary key,
  root text not null,
  version text not null,
  namespace text,
  valid_from date,
  valid_to date,
  main text not null,
  whole_document boolean not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  added_at timestamptz not null,
  unique (root, version),
  check (valid_to is null or valid_from is null or valid_to >= valid_from)
);
create table schema_pack_file (
  schema_pack bigint not null references schema_pack (id) on delete cascade,
  name text not null,
  content bytea not null,
  primary key (schema_pack, name)
);
`;
