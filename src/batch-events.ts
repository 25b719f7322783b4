import type { Environment, SenderNumber } from './vocabulary/index.ts';

/** The turnings of a batch that integrators are told. Names are for ever; new ones may be added. */
export type BatchEventName =
  | 'batch.received'
  | 'batch.repeated'
  | 'batch.cancelled'
  | 'receipt.given'
  | 'batch.settled'
  | 'batch.notified'
  | 'batch.stated'
  | 'batch.quarantined'
  | 'parcel.delivered'
  | 'parcel.dead';

/** One turning, written in the transaction that made it. */
export interface BatchEvent {
  readonly event: BatchEventName;
  readonly at: Date;
  readonly batchId: number;
  readonly sender: SenderNumber;
  readonly environment: Environment;
  readonly facts: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}
