export const id = '0040-revision';

/**
 * Which version of a person or a quality somebody saw before he changed it. The server counts, so
 * that no way of changing one can forget to; a login is no change.
 */
export const up = `
alter table person add column revision integer not null default 1;
alter table quality add column revision integer not null default 1;

create function count_revision() returns trigger language plpgsql as $$
begin
  new.revision := old.revision + 1;
  return new;
end $$;

create trigger person_revision
  before update of username, last_name, first_name, title, language, email, state on person
  for each row execute function count_revision();
create trigger quality_revision
  before update of email, data, state on quality
  for each row execute function count_revision();
`;
