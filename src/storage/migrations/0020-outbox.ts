export const id = '0020-outbox';

/**
 * Parcels that are brought to the other side, and what integrators are told.
 *
 * - `parcel.number`: 0 for an answer on the whole batch, else the declaration it holds.
 * - `parcel.ticket`: of the declaration it holds; null for an answer, whose ticket is the batch's.
 * - `parcel.sender` is the sender number it goes to; an enterprise without one is its `recipient`.
 * - `parcel.lease_token` fences: who lost the lease cannot mark the parcel.
 * - `parcel.dead_at`: given up; stays until an operator or a repeated set revives it.
 * - `declaration.form_offset`, `form_bytes`: where a routed form stands in its part, unpacked; which
 *   part that is follows from \`batch_file.first_form\`, the number of the first form of a part.
 * - `batch_event`: the life of batches as integrators are told it, in the transaction it tells of.
 */
export const up = `
alter table parcel drop constraint parcel_kind_check;
alter table parcel add constraint parcel_kind_check
  check (kind in ('ACRF', 'NOTI', 'STAT', 'ROUT'));
alter table parcel drop constraint parcel_batch_id_kind_key;
alter table parcel alter column sender drop not null;
alter table parcel add column number integer not null default 0;
alter table parcel add column ticket text;
alter table parcel add column recipient char(10);
alter table parcel add column lease_token uuid;
alter table parcel add column reference text;
alter table parcel add column dead_at timestamptz;
alter table parcel add constraint parcel_once unique (batch_id, kind, number);
alter table parcel add constraint parcel_addressed check (sender is not null or recipient is not null);
create index parcel_outbox on parcel (channel, id) where state in ('PENDING', 'SENDING');
create index parcel_dead on parcel (dead_at) where state = 'DEAD';

alter table parcel_file alter column sender drop not null;

alter table declaration add column form_offset bigint;
alter table declaration add column form_bytes integer;

alter table batch_file add column first_form integer;

create table batch_event (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  event text not null,
  batch_id bigint not null,
  sender char(6) not null,
  environment char(1) not null,
  facts jsonb not null default '{}',
  published_at timestamptz
);
create index batch_event_due on batch_event (id) where published_at is null;
create index batch_event_of_batch on batch_event (batch_id);
create index batch_event_at on batch_event (at);
`;
