export const id = '0003-mandates';

/**
 * Who may declare for whom, and where the answers go. Quarters are written YYYYQ and both ends are
 * included; no last quarter = without end.
 *
 * - `mandate`: at most one mandatary at a time for a mandator and an object. Writers take a lock and
 *   look for overlaps themselves. Rows are ended, never deleted.
 * - `routing_rule`: what an enterprise asked for. No message type = its default for every type; no
 *   scenario = every scenario of the type.
 * - `curatorship`: bankrupt enterprises.
 */
export const up = `
create table mandate (
  mandator char(10) not null references enterprise (number),
  object text not null,
  from_quarter integer not null,
  to_quarter integer check (to_quarter >= from_quarter),
  mandatary char(10) not null references enterprise (number),
  added_at timestamptz not null,
  primary key (mandator, object, from_quarter),
  check (mandator <> mandatary)
);
create index mandate_of_mandatary on mandate (mandatary, mandator, object, from_quarter);

create table routing_rule (
  id bigint generated always as identity primary key,
  enterprise char(10) not null references enterprise (number),
  message_type text,
  scenario text,
  from_quarter integer not null,
  to_quarter integer check (to_quarter >= from_quarter),
  recipient char(10) not null references enterprise (number),
  channel text not null check (channel in ('ebox', 'sftp', 'amqp', 'paper')),
  check (scenario is null or message_type is not null)
);
create unique index routing_rule_once on routing_rule
  (enterprise, coalesce(message_type, ''), coalesce(scenario, ''), from_quarter);

create table curatorship (
  enterprise char(10) not null references enterprise (number),
  from_quarter integer not null,
  to_quarter integer check (to_quarter >= from_quarter),
  curator char(10) not null references enterprise (number),
  primary key (enterprise, from_quarter)
);
`;
