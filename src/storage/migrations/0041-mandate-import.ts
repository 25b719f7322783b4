export const id = '0041-mandate-import';

/**
 * What became of each list of mandates, so that the help desk can open the result of one that
 * failed: `failure` for a list that could not be read to its end, `refused` for the first thousand
 * lines that were not added, with their reasons.
 */
export const up = `
create table mandate_import (
  id uuid primary key,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  imported_by text not null,
  sha256 char(64) not null,
  failure text,
  added integer not null,
  already integer not null,
  refused_total integer not null,
  refused jsonb not null
);
create index mandate_import_newest on mandate_import (started_at desc, id desc);
`;
