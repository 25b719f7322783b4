export const id = '0030-declared';

/**
 * - `declared`: the original that stands for a key of a sender.
 * - `declaring`: settled sets whose originals are not entered there yet, in the order in which they
 *   were settled.
 */
export const up = `
create table declared (
  sender char(6) not null,
  key text collate "C" not null,
  batch_id bigint not null,
  number integer not null,
  primary key (sender, key)
);
create table declaring (
  id bigint generated always as identity,
  sender char(6) not null,
  batch_id bigint not null unique,
  primary key (sender, id)
);
insert into declared (sender, key, batch_id, number)
select distinct on (b.sender, k.key) b.sender, k.key, k.batch_id, k.number
from declaration_key k
join declaration d on d.batch_id = k.batch_id and d.number = k.number
join batch b on b.id = k.batch_id
where b.environment = 'R' and b.settled_at is not null and b.type in ('MEDC', 'DMFA')
  and d.accepted and d.attestation_status = '0'
order by b.sender, k.key, b.settled_at, k.batch_id, k.number;
`;
