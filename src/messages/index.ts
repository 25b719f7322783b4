export type { MessageType } from './message-type.ts';
export { validateOffline } from './offline.ts';
export type { OfflineFinding, OfflineOptions, OfflineReport, OfflineSummary } from './offline.ts';
export { messageTypes, readerOf } from './registry.ts';
