/** Something wrong with the whole file: it is refused in the receipt. */
export interface FileProblem {
  /** Annex 30, three digits. */
  readonly code: string;
  readonly detail: string;
  /** The part it stands in, from 1. */
  readonly part: number;
  readonly line?: number;
  readonly column?: number;
}

export interface FileVerdict {
  /** In the order of the published checks; empty = the file may be accepted. */
  readonly problems: readonly FileProblem[];
  readonly forms: number;
  readonly root?: string;
  readonly version?: string;
}

export interface JudgedChunk {
  /** The part it stands in, from 1. */
  readonly part: number;
  /** From 0, over all parts, in file order. */
  readonly seq: number;
  /** Bytes within the part, `to` not included. */
  readonly from: number;
  readonly to: number;
  /** Number of its first form, from 1 over all parts. */
  readonly firstForm: number;
  /** How many. */
  readonly forms: number;
  /** Every form with its verdict, to be kept as it is; `formsIn` and `partiesIn` read it. */
  readonly judged: Buffer;
}

export interface JudgeLimits {
  /** A chunk is closed at the first form that begins after this many bytes. */
  readonly chunkBytes: number;
  readonly chunkFormsMax: number;
  /** One form, and whatever stands between two forms. */
  readonly formBytesMax: number;
  readonly formsMax: number;
  /** Nesting of elements, the root being 1: libxml2's own limit. */
  readonly depthMax: number;
  /** A start tag with its attributes. */
  readonly tagBytesMax: number;
  readonly nameBytesMax: number;
  /**
   * Comments, CDATA sections and instructions with no tag between them: libxml2 goes over the whole
   * value of an element again for each of its pieces.
   */
  readonly sectionsMax: number;
  /** Everything before the root element, and everything after it. */
  readonly prologBytesMax: number;
  /** A file whose schema does not allow it to be cut. */
  readonly wholeBytesMax: number;
  /** Findings kept of one form. */
  readonly findingsMax: number;
}

const mebibyte = 1024 * 1024;

export const judgeLimits: JudgeLimits = {
  chunkBytes: mebibyte,
  chunkFormsMax: 2_000,
  formBytesMax: 16 * mebibyte,
  formsMax: 1_000_000,
  depthMax: 256,
  tagBytesMax: 64 * 1024,
  nameBytesMax: 1_024,
  sectionsMax: 256,
  prologBytesMax: 64 * 1024,
  wholeBytesMax: 32 * mebibyte,
  findingsMax: 100,
};

/** The order of the published reception checks 10, 13 and 14; 312 is the last. */
const order = '134 184 138 102 136 137 088 089 139 158 135 157 205 275 312'.split(' ');

/** Problems in the order of the checks, and within one check in file order. */
export function inCheckOrder(problems: readonly FileProblem[]): FileProblem[] {
  const rank = (problem: FileProblem): number => order.indexOf(problem.code);
  return [...problems].sort((a, b) => rank(a) - rank(b) || a.part - b.part);
}
