/** Where an inlet can be reached, in words for people and programs: host, port, key fingerprints. */
export type AddressFacts = Readonly<Record<string, string | number | readonly string[]>>;

/** A way in: it waits for others to bring files and confirms each only when it is durable. */
export interface Inlet {
  /** Throws Failure `channel.listen` when the address cannot be listened on. */
  start(): Promise<AddressFacts>;
  /** Takes nothing new, lets transfers under way end for at most `drainMs`, then cuts them. */
  stop(drain: { readonly drainMs: number }): Promise<void>;
}

/** A finished file that must reach someone. */
export interface Parcel {
  /** The same for every attempt, so that the other side can tell a repetition. */
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** May be called again for another attempt. */
  open(): AsyncIterable<Buffer>;
}

/** A way out: it brings a parcel to the other side. */
export interface Outlet {
  /** Resolves once the other side has taken it over. Throws a Failure with code `channel.*`. */
  deliver(parcel: Parcel): Promise<void>;
}

/** A kind of channel: what it can do and how an inlet or outlet of the kind is made. */
export interface Channel<InletOptions> {
  readonly name: string;
  /** The channel code of the authority's glossary (zone 00737), as answers carry it. */
  readonly code: number;
  /** Whether answers are fetched by the other side here, so that they need no outlet. */
  readonly fetched: boolean;
  inlet(options: InletOptions): Inlet;
}
