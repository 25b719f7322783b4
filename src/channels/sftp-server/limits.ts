/** Everything a client could ask too much of. Milliseconds, bytes and counts as the names say. */
export interface SftpLimits {
  readonly connectionsMax: number;
  readonly connectionsPerSourceMax: number;
  /** Logged-in connections one username may hold. */
  readonly sessionsPerUserMax: number;
  readonly loginGraceMs: number;
  /** Refused attempts after which a connection is closed; the opening `none` is free. */
  readonly authTriesMax: number;
  /** A session that asks nothing for so long is closed. Clients poll every few minutes. */
  readonly idleMs: number;
  /** Channels open at once on one connection. */
  readonly channelsMax: number;
  /** Channels one connection may open one after the other: the library remembers some for ever. */
  readonly channelsOpenedMax: number;
  readonly handlesMax: number;
  /** Bytes of one connection that are received or read and not yet written, each way. */
  readonly inFlightBytesMax: number;
  /** Requests without an answer; some clients ask for a whole file at once, 32 KB a request. */
  readonly pendingRequestsMax: number;
  readonly keepaliveMs: number;
  readonly keepalivesMissedMax: number;
  /** How long `stop` lets uploads under way go on. */
  readonly drainMs: number;
  /** How long a client may take to hang up after it was told to. */
  readonly lingerMs: number;
}

export const defaultLimits: SftpLimits = {
  connectionsMax: 500,
  connectionsPerSourceMax: 250,
  sessionsPerUserMax: 20,
  loginGraceMs: 60_000,
  authTriesMax: 6,
  idleMs: 15 * 60_000,
  channelsMax: 10,
  channelsOpenedMax: 10_000,
  handlesMax: 64,
  inFlightBytesMax: 4 * 1024 * 1024,
  pendingRequestsMax: 262_144,
  keepaliveMs: 30_000,
  keepalivesMissedMax: 4,
  drainMs: 10_000,
  lingerMs: 5_000,
};

/**
 * Longest WRITE and READ. The library takes packets of 256 KiB, and clients that are told so move
 * 255 KiB at a time instead of 32.
 */
export const transferBytesMax = 255 * 1024;
export const packetBytesMax = 256 * 1024;

/** Names of one READDIR answer. Clients with a 34,000-byte packet limit give up on longer ones. */
export const listingPageMax = 100;
export const listingPageBytesMax = 30_000;

export const pathCharactersMax = 4_096;
export const passwordCharactersMax = 1_024;

/** Characters of the names in requests that wait; a single one may be as long as a packet. */
export const nameCharactersHeldMax = 8 * 1024 * 1024;

/** Requests on names of one session that are worked on at once; the others wait their turn. */
export const namesAtOnceMax = 16;

/** Short answers held for a client that does not read; reads and listings wait instead. */
export const answersHeldBackMax = 65_536;

/** A flood of refused connections is one journal line in so long, with their number. */
export const refusalsToldEveryMs = 10_000;
