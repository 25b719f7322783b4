/*
 * What every kind of channel keeps to. The frame knows channels by these shapes alone: it starts
 * what is switched on, hands finished parcels to outlets, and stops all of it in order.
 */

/** Where an inlet can be reached, in words for people and programs: host, port, key fingerprints. */
export type AddressFacts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** A way in: it waits for others to bring files and confirms each only when it is durable. */
export interface Inlet {
  /**
   * Resolves once files are taken.
   *
   * @throws Failure `channel.listen` when the address cannot be listened on, `channel.unreachable`
   * when the other side has to be called and does not answer.
   */
  start(): Promise<AddressFacts>;
  /** Takes nothing new, lets transfers under way end for at most `drainMs`, then cuts them. */
  stop(drain: { readonly drainMs: number }): Promise<void>;
}

/** ACRF receipt, NOTI notification, STAT statement, ROUT one declaration for its recipient. */
export type ParcelKind = 'ACRF' | 'NOTI' | 'STAT' | 'ROUT';

/** One file of a parcel. */
export interface ParcelPart {
  readonly name: string;
  readonly bytes: number;
  /** Lowercase hex, over the bytes as `open` gives them. */
  readonly sha256: string;
  /** May be called again for another attempt. Pieces of at most 256 KiB. */
  open(): AsyncIterable<Buffer>;
}

/** A finished answer or routed declaration that must reach someone. */
export interface Parcel {
  /** The same for every attempt, so that the other side can tell a repetition. */
  readonly id: string;
  readonly kind: ParcelKind;
  /** Ticket of the batch it belongs to; with the place of the declaration for kind ROUT. */
  readonly ticket: string;
  readonly environment: 'R' | 'T' | 'S';
  /** The sender number it goes to; absent for a recipient that has none, such as an e-Box. */
  readonly sender: string | undefined;
  /** The enterprise it goes to, where routing named one. */
  readonly recipient: string | undefined;
  /** Message type of the batch, such as ZIMA; absent when the batch was refused before it had one. */
  readonly type: string | undefined;
  readonly createdAt: Date;
  /** From 1; above 1 the other side may have it already. */
  readonly attempt: number;
  /** In the order they must become visible: FO (or CO), FS, GO. */
  readonly files: readonly ParcelPart[];
}

/** What the other side confirmed with. */
export interface DeliveryReceipt {
  /** How the other side or the wire names the delivery: kept beside the parcel, for questions. */
  readonly reference: string;
}

/** A way out: it brings parcels to the other side. */
export interface Outlet {
  /**
   * Resolves once the other side has taken the whole parcel over, and not before: the parcel is
   * marked delivered on the strength of it. A crash between the two brings the same parcel again,
   * under the same id and the same names. Gives up when `signal` is aborted.
   *
   * @throws Failure with a code `channel.*`; the frame tries again after a pause, whatever the code.
   */
  deliver(parcel: Parcel, signal: AbortSignal): Promise<DeliveryReceipt>;
  /**
   * True while the one place all its parcels go through is away. Nothing is handed over meanwhile, so
   * that no parcel sits out the pause of a failed attempt when it is back. An outlet to many places
   * has no such moment.
   */
  isAway?(): boolean;
  /** Lets go of connections; nothing is delivered after it. */
  close(): Promise<void>;
}

/** A turning in the life of a batch, as integrators are told it. `docs/channels.md` has the list. */
export interface EventMessage {
  readonly version: 1;
  /** Unique, and the same when the event is told twice. */
  readonly id: string;
  /** `batch.received`, `receipt.given`, … */
  readonly event: string;
  /** Instant in UTC, ISO 8601. */
  readonly at: string;
  readonly ticket: string;
  readonly sender: string;
  readonly environment: 'R' | 'T' | 'S';
  /** Null for a set that was refused before it had one. */
  readonly type: string | null;
  readonly fileName: string;
  /** The channel the batch came by. */
  readonly channel: string;
  readonly facts: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/** Where integrators listen. */
export interface EventSink {
  /**
   * Resolves once every message is taken over; may be called again with the same messages after a
   * crash or a failure. One call at a time in the whole installation, in the order of the events.
   *
   * @throws Failure `channel.*`; the frame tries again after a pause.
   */
  publish(messages: readonly EventMessage[], signal: AbortSignal): Promise<void>;
}

/** A channel as one process runs it. */
export interface Channel {
  /** As batches, parcels and registrations name it: `sftp`, `amqp`, `sftp-remote`, `ebox`. */
  readonly name: string;
  /** The channel code of the authority's glossary (zone 00737), as answers carry it. */
  readonly code: number;
  readonly inlet?: Inlet;
  /** Absent when answers are fetched by the other side here. */
  readonly outlet?: Outlet;
  readonly events?: EventSink;
}
