export const id = '0025-amqp';

/**
 * What came with a file and is not in it, for channels that carry messages.
 *
 * - `message_key`: the same for every repetition of a message. One landed file has it; files of
 *   before that were replaced or swept keep it, so that a late repetition is still known.
 * - `faults`: what is wrong with the message, told in the receipt.
 * - `announced`: the files a GO stands for, that came by another channel.
 */
export const up = `
alter table landed_file add column message_key text;
alter table landed_file add column faults jsonb;
alter table landed_file add column announced jsonb;
create unique index landed_file_message_once on landed_file (sender, message_key)
  where message_key is not null and state in ('LANDED', 'CLAIMED');
create index landed_file_message on landed_file (sender, message_key)
  where message_key is not null;
`;
