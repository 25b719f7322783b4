export { checkHealth } from './health.ts';
export type { HealthCheck, HealthLine, HealthReport, HealthState, Verdict } from './health.ts';
export type { GatheringJournal } from './gathering-journal.ts';
export { journalLevels, openJournal } from './journal.ts';
export type {
  Journal,
  JournalBook,
  JournalEvent,
  JournalFilter,
  JournalLevel,
  RecordedEvent,
} from './journal.ts';
export { openLogger, type Fields, type Log, type LoggerOptions } from './logger.ts';
export type { JournalStore } from './ports.ts';
