export { usualDeadlines, type Deadlines } from './deadline.ts';
export {
  hostKeyOf,
  knownHostKey,
  pinnedHostKey,
  type HostKey,
  type HostKeyTrust,
} from './host-key.ts';
export { readLoginKey, type LoginKey } from './login-key.ts';
export { mandateCsv, type MandateListOptions } from './mandate-list.ts';
export { employersOf, medcBatch, type MedcBatchOptions } from './medc-batch.ts';
export { latestYear } from './medc-contributor.ts';
export { faultKinds, faultsOf, type Fault, type FaultKind } from './medc-faults.ts';
export { tallyNotification, type NotifiedFinding, type Tally } from './notification.ts';
export {
  composeSet,
  type OutgoingFile,
  type OutgoingSet,
  type PartSource,
  type SetOrder,
  type SigningKey,
} from './outgoing-set.ts';
export { readReceipts, type Receipt } from './receipt.ts';
export { type RemoteEntry } from './remote.ts';
export { openSender, type Sender, type SenderOptions, type SentSet } from './sender.ts';
export type {
  NotificationWaiting,
  OtherAnswerWaiting,
  ReceivedNotification,
  ReceivedReceipt,
  Waiting,
} from './waiting.ts';
