/** B blocking · P percentage (too many refuse the file) · NP not counted · D deduction · W warning · I investigation. */
export type AnomalyClass = 'B' | 'P' | 'NP' | 'D' | 'W' | 'I';

/**
 * Something wrong with the sender's file: a value that is collected and ends in an acknowledgement,
 * never thrown. The code is annex 30's; with the zone it makes the ErrorID of a notification.
 */
export interface Finding {
  /** Three digits of annex 30, e.g. `004`. */
  readonly code: string;
  /** Five digits of the zone or block judged, e.g. `00014`; `00000` when no element is meant. */
  readonly zone: string;
  readonly anomalyClass: AnomalyClass;
  /** The element, at most 50 characters. */
  readonly tag?: string;
  /** The offending value, truncated to 250 characters. */
  readonly value?: string;
  /** In the original file, both from 1. */
  readonly line?: number;
  readonly column?: number;
  /** Ordinals among element siblings from the root: `1,1,7,2` is the second child of the seventh … */
  readonly location?: string;
  /** One English sentence for people; at most 500 characters. */
  readonly detail?: string;
}

/** `00014-004`, as notifications write it. */
export function errorIdOf(finding: Finding): string {
  return `${finding.zone}-${finding.code}`;
}

/** Classes that refuse the declaration they stand in. */
export function blocks(finding: Finding): boolean {
  return finding.anomalyClass === 'B';
}
