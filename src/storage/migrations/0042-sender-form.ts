export const id = '0042-sender-form';

/** Name and address under which a quality sends, as its people confirmed them at a first login. */
export const up = `
create table sender_form (
  quality_id uuid primary key references quality (id),
  name text not null,
  address jsonb not null,
  confirmed_at timestamptz not null,
  confirmed_by text not null
);
`;
