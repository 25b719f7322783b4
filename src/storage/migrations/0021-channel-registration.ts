export const id = '0021-channel-registration';

/**
 * Which channels a sender may use, for what, and how far each has come.
 *
 * - `channel_registration`: message type `*` stands for every type. Rows are closed, never deleted.
 * - `channel_history`: every change, with who made it; the trigger refuses to change or delete a line.
 * - `sender_contact`: the one person to speak to about the technical side, and the channel that
 *   answers leave by when that is not the one their set came by.
 *
 * Senders that were registered before have their SFTP channel in production, as they had it.
 */
export const up = `
create table channel_registration (
  sender char(6) not null references sender (number),
  channel text not null,
  message_type text not null,
  environment char(1) not null check (environment in ('R', 'T', 'S')),
  state text not null
    check (state in ('requested', 'test', 'production', 'suspended', 'closed')),
  resumes_to text check (resumes_to in ('requested', 'test', 'production')),
  suspended_by text,
  requested_at timestamptz not null,
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (sender, channel, message_type, environment),
  check ((state = 'suspended') = (resumes_to is not null))
);

create table channel_history (
  id bigint generated always as identity primary key,
  sender char(6) not null references sender (number),
  channel text not null,
  message_type text not null,
  environment char(1) not null,
  act text not null,
  from_state text,
  to_state text not null,
  at timestamptz not null,
  by_whom text not null,
  as_role text not null,
  reason text
);
create index channel_history_sender on channel_history (sender, id);

create function channel_history_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the history of channels is append-only';
end $$;
create trigger channel_history_append_only before update or delete on channel_history
  for each row execute function channel_history_is_append_only();

create table sender_contact (
  sender char(6) primary key references sender (number),
  name text,
  email text,
  phone text,
  answers_by text,
  changed_at timestamptz not null,
  changed_by text not null
);

insert into channel_registration
  (sender, channel, message_type, environment, state, requested_at, changed_at, changed_by)
select s.number, 'sftp', t.type, e.environment, 'production', s.created_at, s.created_at, 'upgrade'
from sender s, unnest(case when cardinality(s.types) = 0 then array['*'] else s.types end) as t (type),
  unnest(s.environments) as e (environment);
insert into channel_history
  (sender, channel, message_type, environment, act, from_state, to_state, at, by_whom, as_role)
select r.sender, r.channel, r.message_type, r.environment, 'open', null, r.state, r.requested_at,
  'upgrade', 'operator'
from channel_registration r;
`;
