export const id = '0011-people-search';

/**
 * What the acts on persons need beside the tables themselves.
 *
 * - `role_search`: one narrow row for every assignment that is not deleted, with the eight criteria
 *   of a search folded (no accents, small letters, order of code points). Triggers keep it, so that
 *   no writer can forget it. Names, user names and addresses are found by their beginning.
 * - `role_in_force`: the assignments a session may act in; its lines are the only place that says
 *   when that is. Validity in time is left to the reader, who has the clock.
 * - `identity_key_check`: a mark of the master key, so that a node with another key finds out before
 *   it writes what the others cannot read.
 * - `quality_type`: the catalogue as it is shipped, and a row of `quality` for every sender number
 *   that was registered before there were qualities.
 * - Service providers who are natural persons, and representatives, may have no enterprise number.
 */
export const up = `
alter table role_assignment drop constraint role_assignment_check;
alter table role_assignment add constraint role_assignment_enterprise check (
  case
    when role in ('HD', 'OP') then enterprise is null
    when role in ('SP', 'REP') then true
    else enterprise is not null
  end);

alter table technical_user add column contact jsonb;

create table identity_key_check (
  id boolean primary key default true check (id),
  mark bytea not null
);

create function search_key(given text) returns text
  language sql immutable strict parallel safe
  as 'select lower(regexp_replace(normalize(given, NFKD), ''[\\u0300-\\u036f]'', '''', ''g''))
    collate "C"';

create table role_search (
  assignment_id uuid primary key references role_assignment (id),
  person_id uuid not null,
  role text not null,
  state text not null,
  enterprise char(10),
  quality_id uuid,
  language char(2) not null,
  username text collate "C" not null,
  last_name text collate "C" not null,
  first_name text collate "C" not null,
  title text collate "C",
  email text collate "C"
);
create index role_search_by_name on role_search (last_name, first_name, assignment_id);
create index role_search_of_enterprise
  on role_search (enterprise, last_name, first_name, assignment_id);
create index role_search_of_quality
  on role_search (quality_id, last_name, first_name, assignment_id);
create index role_search_of_person on role_search (person_id);
create index role_search_username on role_search (username);
create index role_search_first_name on role_search (first_name, last_name, assignment_id);
create index role_search_title on role_search (title, last_name, first_name, assignment_id);
create index role_search_language on role_search (language, last_name, first_name, assignment_id);
create index role_search_email on role_search (email);

create function role_search_added() returns trigger language plpgsql as $$
begin
  insert into role_search
  select a.id, a.person_id, a.role, a.state, a.enterprise, a.quality_id, p.language,
    p.username, search_key(p.last_name), search_key(p.first_name), search_key(p.title),
    search_key(p.email)
  from new_rows a join person p on p.id = a.person_id
  where a.state <> 'deleted';
  return null;
end $$;
create trigger role_search_added after insert on role_assignment
  referencing new table as new_rows
  for each statement execute function role_search_added();

create function role_search_changed() returns trigger language plpgsql as $$
begin
  delete from role_search s using new_rows a
  where s.assignment_id = a.id and a.state = 'deleted';
  update role_search s
  set role = a.role, state = a.state, enterprise = a.enterprise, quality_id = a.quality_id
  from new_rows a where s.assignment_id = a.id;
  return null;
end $$;
create trigger role_search_changed after update on role_assignment
  referencing new table as new_rows
  for each statement execute function role_search_changed();

create function role_search_person_changed() returns trigger language plpgsql as $$
begin
  update role_search s
  set language = p.language, username = p.username, last_name = search_key(p.last_name),
    first_name = search_key(p.first_name), title = search_key(p.title),
    email = search_key(p.email)
  from new_rows p join old_rows o on o.id = p.id
  where s.person_id = p.id
    and (p.language, p.username, p.last_name, p.first_name, p.title, p.email)
      is distinct from (o.language, o.username, o.last_name, o.first_name, o.title, o.email);
  return null;
end $$;
create trigger role_search_person_changed after update on person
  referencing old table as old_rows new table as new_rows
  for each statement execute function role_search_person_changed();

create view role_in_force as
select a.*
from role_assignment a
join person p on p.id = a.person_id and p.state = 'active'
left join enterprise e on e.number = a.enterprise
left join quality q on q.id = a.quality_id
where a.state = 'active'
  and coalesce(e.state, 'active') <> 'closed'
  and coalesce(q.state, 'active') = 'active';

insert into quality_type (code, labels, fields, needs_entitlement, ordinal) values
('employer',
 '{"nl":"Werkgever","fr":"Employeur","de":"Arbeitgeber","en":"Employer"}',
 '[{"name":"nsso","kind":"nsso","required":false,"labels":{"nl":"RSZ-nummer","fr":"Numéro ONSS","de":"LSS-Nummer","en":"NSSO number"}}]',
 false, 1),
('mandatary',
 '{"nl":"Mandataris","fr":"Mandataire","de":"Mandatsträger","en":"Mandatary"}',
 '[]', false, 2),
('service-provider',
 '{"nl":"Dienstverrichter","fr":"Prestataire de services","de":"Dienstleister","en":"Service provider"}',
 '[{"name":"profession","kind":"text","required":false,"max":60,"labels":{"nl":"Beroep","fr":"Profession","de":"Beruf","en":"Profession"}}]',
 false, 3),
('full-service-center',
 '{"nl":"Full Service Center","fr":"Full Service Center","de":"Full Service Center","en":"Full service centre"}',
 '[{"name":"administrations","kind":"digits","required":true,"min":1,"max":5,"labels":{"nl":"Aantal besturen","fr":"Nombre d''administrations","de":"Anzahl Verwaltungen","en":"Number of administrations"}}]',
 true, 4),
('hospital',
 '{"nl":"Zorgverstrekker: ziekenhuis","fr":"Prestataire de soins : hôpital","de":"Pflegeerbringer: Krankenhaus","en":"Care provider: hospital"}',
 '[{"name":"recognitionNumber","kind":"digits","required":true,"min":8,"max":8,"labels":{"nl":"Erkenningsnummer","fr":"Numéro d''agrément","de":"Zulassungsnummer","en":"Recognition number"}}]',
 true, 5),
('telephone-operator',
 '{"nl":"Telefoonoperator","fr":"Opérateur téléphonique","de":"Telefonbetreiber","en":"Telephone operator"}',
 '[{"name":"network","kind":"text","required":true,"max":60,"labels":{"nl":"Netwerk","fr":"Réseau","de":"Netz","en":"Network"}},{"name":"emergencyPhone","kind":"phone","required":true,"labels":{"nl":"Telefoon bij nood","fr":"Téléphone en cas d''urgence","de":"Notrufnummer","en":"Telephone in emergencies"}}]',
 true, 6),
('social-secretariat',
 '{"nl":"Erkend sociaal secretariaat","fr":"Secrétariat social agréé","de":"Anerkanntes Sozialsekretariat","en":"Recognised social secretariat"}',
 '[{"name":"recognitionNumber","kind":"digits","required":true,"min":3,"max":6,"labels":{"nl":"Erkenningsnummer","fr":"Numéro d''agrément","de":"Zulassungsnummer","en":"Recognition number"}},{"name":"recognisedOn","kind":"date","required":true,"labels":{"nl":"Erkend op","fr":"Agréé le","de":"Anerkannt am","en":"Recognised on"}}]',
 true, 7),
('authority',
 '{"nl":"Overheid","fr":"Autorité publique","de":"Behörde","en":"Public authority"}',
 '[]', true, 8);

insert into quality (id, enterprise, type, activated_at, changed_at)
select gen_random_uuid(), enterprise, quality, created_at, created_at from sender;
`;
