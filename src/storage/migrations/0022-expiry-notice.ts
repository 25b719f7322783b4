export const id = '0022-expiry-notice';

/** What was said about something that is about to expire: once for each threshold, in days. */
export const up = `
create table expiry_notice (
  item text not null,
  ends_at timestamptz not null,
  threshold_days integer not null,
  at timestamptz not null,
  primary key (item, ends_at, threshold_days)
);
create index mandate_ending on mandate (to_quarter) where to_quarter is not null;
`;
