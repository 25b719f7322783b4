export const id = '0004-batches';

/**
 * The life of files, batches and parcels.
 *
 * - `landed_file`: what senders uploaded. IN* of the SFTP server is a view over it.
 * - `batch`, `batch_file`, `chunk`, `declaration`, `finding`, `assessment`: what became of a set.
 * - `parcel`, `parcel_file`: answers. OUT* of the SFTP server is a view over them.
 * - `work_item`: the queue; `lease_token` is the fencing token.
 */
export const up = `
create table node (
  id uuid primary key,
  started_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp()
);

create table landed_file (
  id uuid primary key,
  sender char(6) not null,
  directory text not null check (directory in ('IN', 'INTEST', 'INTEST-S')),
  name text not null,
  set_key text not null,
  temporary boolean not null,
  state text not null
    check (state in ('UPLOADING', 'PARTIAL', 'LANDED', 'CLAIMED', 'REPLACED', 'REMOVED', 'SWEPT')),
  channel text not null,
  account_id uuid not null,
  username text not null,
  node_id uuid,
  upload_token uuid,
  spool uuid,
  bytes bigint not null default 0,
  sha256 bytea,
  blob uuid,
  opened_at timestamptz not null,
  landed_at timestamptz,
  changed_at timestamptz not null,
  look_at timestamptz,
  batch_id bigint
);
create unique index landed_file_visible on landed_file (sender, directory, name)
  where state in ('UPLOADING', 'PARTIAL', 'LANDED');
create index landed_file_due on landed_file (look_at) where state = 'LANDED' and not temporary;
create index landed_file_set on landed_file (sender, directory, set_key)
  where state in ('UPLOADING', 'PARTIAL', 'LANDED');
create index landed_file_node on landed_file (node_id) where state = 'UPLOADING';
create index landed_file_batch on landed_file (batch_id);
create index landed_file_stale on landed_file (changed_at)
  where state in ('PARTIAL', 'REPLACED', 'REMOVED');

create table batch (
  id bigint generated always as identity primary key,
  ticket text not null unique,
  state text not null check (state in ('RECEIVED', 'REFUSED', 'ACCEPTED', 'PROCESSING', 'SETTLED',
    'NOTIFIED', 'ARCHIVED', 'CANCELLED', 'QUARANTINED')),
  sender char(6) not null,
  enterprise char(10),
  directory text not null,
  environment char(1) not null check (environment in ('R', 'T', 'S')),
  type text,
  set_date text,
  sequence text,
  parts integer,
  file_name text not null,
  reserves boolean not null,
  content_key text,
  seal_key text,
  channel text not null,
  username text not null,
  received_at timestamptz not null,
  judged_at timestamptz,
  settled_at timestamptz,
  notified_at timestamptz,
  archived_at timestamptz,
  errors jsonb not null default '[]',
  signer text,
  root text,
  schema_version text,
  declarations integer not null default 0,
  accepted integer not null default 0,
  refused integer not null default 0,
  chunks_left integer not null default 0,
  totals jsonb,
  quarantine jsonb
);
create unique index batch_name on batch (sender, type, set_date, sequence, environment)
  where reserves;
create index batch_file_name on batch (file_name);
create index batch_listing on batch (received_at desc, id desc);
create index batch_sender on batch (sender, received_at desc);
create index batch_state on batch (state) where state not in ('NOTIFIED', 'REFUSED', 'ARCHIVED');

create table batch_file (
  batch_id bigint not null references batch (id),
  landed_file_id uuid not null references landed_file (id),
  prefix text not null,
  part integer not null,
  name text not null,
  bytes bigint not null,
  sha256 bytea not null,
  blob uuid not null,
  primary key (batch_id, landed_file_id)
);

create table chunk (
  batch_id bigint not null references batch (id),
  seq integer not null,
  part integer not null,
  from_byte bigint not null,
  to_byte bigint not null,
  first_form integer not null,
  forms integer not null,
  result bytea,
  primary key (batch_id, seq)
);
alter table chunk alter column result set storage external;

create table declaration (
  batch_id bigint not null,
  number integer not null,
  accepted boolean not null,
  line integer not null,
  identification text not null,
  creation_date text not null,
  creation_hour text not null,
  attestation_status text not null,
  type_form text not null,
  reference text,
  employer_kind text,
  employer_number text,
  employer char(10),
  quarter integer,
  recipient text,
  channel text,
  rule text,
  explanation text,
  primary key (batch_id, number)
);
create index declaration_employer on declaration (employer) where employer is not null;

create table declaration_key (
  batch_id bigint not null,
  number integer not null,
  key text not null,
  primary key (batch_id, key, number)
);

create table finding (
  batch_id bigint not null,
  number integer not null,
  ordinal integer not null,
  code text not null,
  zone text not null,
  anomaly_class text not null,
  tag text,
  value text,
  line integer,
  col integer,
  location text,
  detail text,
  primary key (batch_id, number, ordinal)
);

create table assessment (
  batch_id bigint not null,
  number integer not null,
  contributor char(10),
  year integer not null,
  status text not null,
  reason text,
  entities integer,
  activity_tax bigint,
  levy bigint,
  total bigint,
  result text not null,
  primary key (batch_id, number)
);

create table answer_sequence (
  day text not null,
  environment char(1) not null,
  last integer not null,
  primary key (day, environment)
);

create table parcel (
  id bigint generated always as identity primary key,
  batch_id bigint not null references batch (id),
  kind text not null check (kind in ('ACRF', 'NOTI', 'STAT')),
  sender char(6) not null,
  directory text not null check (directory in ('OUT', 'OUTTEST', 'OUTTEST-S')),
  channel text not null,
  state text not null
    check (state in ('PENDING', 'SENDING', 'DELIVERED', 'COLLECTED', 'DEAD')),
  attempts integer not null default 0,
  run_after timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  last_error text,
  created_at timestamptz not null,
  delivered_at timestamptz,
  collected_at timestamptz,
  unique (batch_id, kind)
);
create index parcel_due on parcel (run_after) where state in ('PENDING', 'SENDING');

create table parcel_file (
  parcel_id bigint not null references parcel (id),
  ordinal integer not null,
  name text not null unique,
  bytes bigint not null,
  sha256 bytea not null,
  content bytea,
  blob uuid,
  visible boolean not null default false,
  sender char(6) not null,
  directory text not null,
  shown_at timestamptz,
  collected_at timestamptz,
  removed_at timestamptz,
  primary key (parcel_id, ordinal),
  check (content is not null or blob is not null)
);
create index parcel_file_view on parcel_file (sender, directory, name collate "C") where visible;

create table work_item (
  id bigint generated always as identity primary key,
  batch_id bigint not null references batch (id),
  sender char(6) not null,
  step text not null check (step in ('inspect', 'chunk', 'settle', 'notify')),
  seq integer not null default 0,
  state text not null default 'READY' check (state in ('READY', 'LEASED', 'DONE', 'POISON')),
  attempts integer not null default 0,
  run_after timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  lease_token uuid,
  node_id uuid,
  last_error text,
  unique (batch_id, step, seq)
);
create index work_item_ready on work_item (run_after, id) where state = 'READY';
create index work_item_leased on work_item (sender, lease_until) where state = 'LEASED';

create table slot (
  job text not null,
  slot text not null,
  done_at timestamptz not null default clock_timestamp(),
  primary key (job, slot)
);
`;
