import type { Knex } from 'knex';
import type {
  JournalFilter,
  JournalLevel,
  JournalStore,
  RecordedEvent,
} from '../operations/index.ts';
import { jsonText } from './json-text.ts';
import { translating } from './storage-failure.ts';

const levels: readonly JournalLevel[] = ['debug', 'info', 'warn', 'error'];

interface Row {
  readonly id: bigint;
  readonly at: Date;
  readonly level: number;
  readonly code: string;
  readonly sender: string | null;
  readonly ticket: string | null;
  readonly username: string | null;
  readonly source: string | null;
  readonly file_name: string | null;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

const rowsMaxDefault = 1000;

/** The journal on a database, or on a transaction when an event is to share its fate. */
export function journalStore(knex: Knex): JournalStore {
  return {
    append: (events) =>
      translating(async () => {
        if (events.length === 0) return;
        await knex('journal_event').insert(
          events.map((event) => ({
            at: event.at,
            level: levels.indexOf(event.level),
            code: event.code,
            sender: event.sender ?? null,
            ticket: event.ticket ?? null,
            username: event.username ?? null,
            source: event.source ?? null,
            file_name: event.fileName ?? null,
            facts: jsonText(event.facts ?? {}),
          })),
        );
      }),
    read: (filter) => translating(() => read(knex, filter)),
    removeBefore: (instant) =>
      translating(async () => await knex('journal_event').where('at', '<', instant).delete()),
  };
}

async function read(knex: Knex, filter: JournalFilter): Promise<RecordedEvent[]> {
  const query = knex<Row>('journal_event').select('*');
  if (filter.level !== undefined) void query.where('level', '>=', levels.indexOf(filter.level));
  if (filter.since !== undefined) void query.where('at', '>=', filter.since);
  if (filter.afterId !== undefined) void query.where('id', '>', filter.afterId);
  const equal = {
    ticket: filter.ticket,
    sender: filter.sender,
    username: filter.username,
    file_name: filter.fileName,
  };
  for (const [column, value] of Object.entries(equal)) {
    if (value !== undefined) void query.where(column, value);
  }
  const newest = filter.newest !== undefined;
  const rows = (await query
    .orderBy('id', newest ? 'desc' : 'asc')
    .limit(filter.newest ?? filter.max ?? rowsMaxDefault)) as readonly Row[];
  return (newest ? [...rows].reverse() : rows).map(eventOf);
}

function eventOf(row: Row): RecordedEvent {
  return {
    id: Number(row.id),
    at: row.at,
    level: levels[row.level] ?? 'error',
    code: row.code,
    ...(row.sender !== null && { sender: row.sender }),
    ...(row.ticket !== null && { ticket: row.ticket }),
    ...(row.username !== null && { username: row.username }),
    ...(row.source !== null && { source: row.source }),
    ...(row.file_name !== null && { fileName: row.file_name }),
    facts: row.facts,
  };
}
