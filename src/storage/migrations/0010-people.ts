export const id = '0010-people';

/**
 * Persons and what they may do. A person is one identity, whatever roles he holds in how many
 * enterprises; rights belong to a role assignment, so that a block in one enterprise leaves the
 * others alone.
 *
 * - `enterprise.state`: `registered` until its chief access manager logs in first; `closed` when its
 *   legal representative ended its access. Enterprises that operators register are active at once.
 * - `quality_type`, `enterprise_entitlement`: the qualities there are, the data each asks for, and
 *   which of them an enterprise may take on.
 * - `quality`: a quality that was activated. Exactly one access manager each, or suspended.
 * - `person`: the national number as a keyed hash (to find) and encrypted (to show).
 * - `role_assignment`: never deleted. Help desk and operators belong to no enterprise.
 * - `application`, `application_right`: what a user was ticked for. Managers of a quality have all
 *   applications of it without rows.
 * - `person_password`, `one_time_code`, `totp`, `backup_code`: factors. Codes are kept as hashes.
 * - `session`, `api_token`: reference tokens, kept as SHA-256.
 * - `audit_event`: append-only; every row carries the hash of the one before.
 * - `mail`: what is to be sent, or was; without a mail server it is the outbox operators read.
 */
export const up = `
alter table enterprise
  add column state text not null default 'active'
    check (state in ('registered', 'active', 'closed')),
  add column address jsonb,
  add column ebox_activated_at timestamptz,
  add column closed_at timestamptz;

create table quality_type (
  code text primary key,
  labels jsonb not null,
  fields jsonb not null default '[]',
  needs_entitlement boolean not null default false,
  ordinal integer not null
);

create table enterprise_entitlement (
  enterprise char(10) not null references enterprise (number),
  quality_type text not null references quality_type (code),
  added_at timestamptz not null,
  primary key (enterprise, quality_type)
);

create table quality (
  id uuid primary key,
  enterprise char(10) not null references enterprise (number),
  type text not null references quality_type (code),
  email text,
  data jsonb not null default '{}',
  state text not null default 'active' check (state in ('active', 'suspended')),
  activated_at timestamptz not null,
  changed_at timestamptz not null,
  unique (enterprise, type)
);

create table person (
  id uuid primary key,
  insz_hash bytea unique,
  insz_sealed bytea,
  username text not null unique check (username ~ '^[a-z0-9]{8,30}$'),
  last_name text not null,
  first_name text not null,
  title text,
  language char(2) not null check (language in ('nl', 'fr', 'de', 'en')),
  email text,
  state text not null default 'active' check (state in ('active', 'blocked')),
  created_at timestamptz not null,
  changed_at timestamptz not null,
  first_login_at timestamptz,
  last_login_at timestamptz
);
create index person_last_name on person (lower(last_name) text_pattern_ops);
create index person_first_name on person (lower(first_name) text_pattern_ops);
create index person_email on person (lower(email) text_pattern_ops);

create table role_assignment (
  id uuid primary key,
  person_id uuid not null references person (id),
  role text not null check (role in ('LR', 'CAM', 'COCAM', 'AM', 'COAM', 'USR', 'SP', 'CUR', 'REP',
    'HD', 'OP')),
  enterprise char(10) references enterprise (number),
  quality_id uuid references quality (id),
  capacity text check (capacity in ('employee', 'director', 'managing-director', 'manager',
    'founder', 'partner', 'member')),
  state text not null check (state in ('active', 'blocked', 'suspended', 'deleted')),
  valid_from timestamptz not null,
  valid_to timestamptz,
  facts jsonb not null default '{}',
  created_by text not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  check ((role in ('HD', 'OP')) = (enterprise is null)),
  check ((role in ('AM', 'COAM', 'USR', 'CUR')) = (quality_id is not null))
);
create unique index role_assignment_one_cam on role_assignment (enterprise)
  where role = 'CAM' and state in ('active', 'blocked');
create unique index role_assignment_one_am on role_assignment (quality_id)
  where role in ('AM', 'CUR') and state in ('active', 'blocked');
create unique index role_assignment_once on role_assignment
  (person_id, role, coalesce(enterprise, ''), coalesce(quality_id, person_id))
  where state <> 'deleted';
create index role_assignment_of_person on role_assignment (person_id) where state <> 'deleted';
create index role_assignment_of_enterprise on role_assignment (enterprise, role)
  where state <> 'deleted';
create index role_assignment_of_quality on role_assignment (quality_id, role)
  where state <> 'deleted';

create table application (
  code text primary key,
  labels jsonb not null,
  quality_types text[] not null,
  roles jsonb not null default '[]',
  certificate_required boolean not null default false,
  ordinal integer not null
);

create table application_right (
  assignment_id uuid not null references role_assignment (id),
  application text not null references application (code),
  application_role text not null default '',
  granted_by text not null,
  granted_at timestamptz not null,
  primary key (assignment_id, application, application_role)
);
create index application_right_of on application_right (application, assignment_id);

create table person_password (
  person_id uuid primary key references person (id),
  phc text not null,
  policy text not null,
  changed_at timestamptz not null
);

create table one_time_code (
  id uuid primary key,
  person_id uuid not null references person (id),
  purpose text not null
    check (purpose in ('initial', 'password-reset', 'email-change', 'second-factor-reset')),
  hash text not null,
  facts jsonb not null default '{}',
  failures integer not null default 0,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index one_time_code_of_person on one_time_code (person_id, purpose) where used_at is null;

create table totp (
  person_id uuid primary key references person (id),
  secret_sealed bytea not null,
  state text not null check (state in ('pending', 'proven', 'active')),
  last_step bigint not null default 0,
  created_at timestamptz not null,
  activated_at timestamptz
);

create table backup_code (
  person_id uuid not null references person (id),
  number integer not null,
  hash text not null,
  active boolean not null default false,
  used_at timestamptz,
  primary key (person_id, number)
);

create table session (
  id uuid primary key,
  token_hash bytea not null unique,
  person_id uuid not null references person (id),
  assignment_id uuid references role_assignment (id),
  stage text not null
    check (stage in ('password-change', 'second-factor', 'enrolment', 'role', 'open')),
  factors text[] not null,
  csrf_hash bytea not null,
  source text not null,
  user_agent text not null default '',
  created_at timestamptz not null,
  authenticated_at timestamptz not null,
  seen_at timestamptz not null,
  idle_until timestamptz not null,
  absolute_until timestamptz not null,
  ended_at timestamptz,
  end_reason text
);
create index session_of_person on session (person_id) where ended_at is null;
create index session_of_assignment on session (assignment_id) where ended_at is null;
create index session_age on session (absolute_until);

create table api_token (
  id uuid primary key,
  token_hash bytea not null unique,
  person_id uuid not null references person (id),
  assignment_id uuid not null references role_assignment (id),
  name text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_token_of_person on api_token (person_id) where revoked_at is null;

create table person_certificate (
  id uuid primary key,
  person_id uuid not null references person (id),
  fingerprint char(64) not null,
  der bytea not null,
  subject text not null,
  issuer text not null,
  serial text not null,
  not_before timestamptz not null,
  not_after timestamptz not null,
  qualified boolean not null default false,
  state text not null check (state in ('active', 'blocked', 'retired', 'revoked')),
  added_at timestamptz not null,
  changed_at timestamptz not null
);
create unique index person_certificate_one_owner on person_certificate (fingerprint)
  where state <> 'retired';
create index person_certificate_of_person on person_certificate (person_id);
create index person_certificate_expiry on person_certificate (not_after) where state = 'active';

create table help_desk_case (
  id uuid primary key,
  kind text not null check (kind in ('new-codes', 'username', 'second-factor', 'enterprise-number',
    'representative-access', 'conversion', 'other')),
  person_id uuid references person (id),
  enterprise char(10),
  facts jsonb not null default '{}',
  state text not null check (state in ('open', 'approved', 'done', 'refused')),
  opened_at timestamptz not null,
  due_on date,
  alarm_on date,
  alarmed_at timestamptz,
  closed_at timestamptz,
  closed_by text
);
create index help_desk_case_open on help_desk_case (due_on, opened_at) where state in ('open', 'approved');

create table audit_event (
  seq bigint primary key,
  at timestamptz not null,
  event text not null,
  actor text not null,
  acting_as text not null,
  action text not null,
  target text not null,
  enterprise char(10),
  quality_id uuid,
  source text not null,
  result text not null check (result in ('done', 'refused', 'failed')),
  before jsonb,
  after jsonb,
  prev_hash bytea not null,
  hash bytea not null
);
create index audit_event_at on audit_event (at);
create index audit_event_actor on audit_event (actor, seq);
create index audit_event_target on audit_event (target, seq);
create function audit_event_stays() returns trigger language plpgsql as
  'begin raise exception ''the audit trail is append-only''; end';
create trigger audit_event_stays before update or delete or truncate on audit_event
  for each statement execute function audit_event_stays();

create table mail (
  id uuid primary key,
  template text not null,
  recipient text not null,
  language char(2) not null,
  subject text not null,
  body text not null,
  secret boolean not null default false,
  state text not null check (state in ('pending', 'sent', 'held', 'dead')),
  attempts integer not null default 0,
  run_after timestamptz not null,
  last_error text,
  created_at timestamptz not null,
  sent_at timestamptz
);
create index mail_due on mail (run_after) where state = 'pending';
create index mail_age on mail (created_at);
`;
