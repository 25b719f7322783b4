/** What inspection asks about the sender whose login brought the set. */
export interface SenderFacts {
  readonly number: string;
  readonly active: boolean;
  /** Empty: every type. */
  readonly types: readonly string[];
  readonly environments: readonly string[];
  /** Receipts carry every error found instead of the first. */
  readonly allErrors: boolean;
}
