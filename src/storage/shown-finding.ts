import { errorIdOf, type Finding } from '../vocabulary/index.ts';

/** A finding as people are shown it. */
export interface ShownFinding {
  readonly declaration: number;
  readonly errorId: string;
  readonly class: string;
  readonly tag?: string;
  readonly value?: string;
  /** Of a set in parts: the file that the line is one of. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly location?: string;
  readonly detail?: string;
}

/**
 * The file of a set in parts that the declaration of a row stands in. Null for a set of one file.
 */
export function fileOfForm(row: 'f' | 'd'): string {
  return `(select bf.name from batch_file bf join batch whole on whole.id = bf.batch_id
    where bf.batch_id = ${row}.batch_id and whole.parts > 1 and bf.prefix = 'FI' and bf.first_form <= ${row}.number order by bf.first_form desc limit 1)`;
}

/** A finding, with the file where its line may be one of several. */
export function shownFinding(
  declaration: number,
  file: string | null,
  finding: Finding,
): ShownFinding {
  const { code, zone, anomalyClass, ...rest } = finding;
  const errorId = errorIdOf({ code, zone, anomalyClass });
  const named = file === null || rest.line === undefined ? {} : { file };
  return { declaration, errorId, class: anomalyClass, ...named, ...rest };
}
