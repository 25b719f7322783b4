import type { FormReader } from '../validation/index.ts';

/** A message type: what a file of that name may hold, and how to read and check one form of it. */
export interface MessageType extends FormReader {
  /** Four letters, as file names carry it. */
  readonly code: string;
  readonly roots: readonly string[];
  /** The Identification of each root, at the same place. */
  readonly identifications: readonly string[];
  /** The object a mandate must have to send this type for somebody else. */
  readonly mandateObject: string;
  /** Its declarations are computed: `Extract.data.input` is the input, and a statement is returned. */
  readonly assessed: boolean;
  /**
   * An original stands until it is cancelled, and is changed by corrections: the same one in a later
   * set is refused. Its keys, if they can be cancelled, end in `/` and the AttestationStatus.
   */
  readonly declaredOnce: boolean;
  /** Declarations of social risk: routed by the routing module. */
  readonly socialRisk: boolean;
}
