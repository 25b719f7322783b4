import type { EmployerRef, Finding, JudgedForm } from '../vocabulary/index.ts';
import type { Position } from './file-place.ts';

/*
 * The judged forms of a chunk as they travel and rest: a line of JSON about the chunk, then its
 * forms as one JSON array. A thread writes the forms, in places that count from the chunk; the line
 * before them says where the chunk begins, which only the one who has seen all chunks before knows.
 * So nobody but the next reader turns thousands of forms into objects again.
 */

/** An employer that forms of the chunk name, with the quarter they name it for. */
export interface Party {
  readonly employer: EmployerRef;
  /** YYYYQ, where the declaration names one. */
  readonly quarter?: number;
}

interface Heading extends Position {
  readonly parties: readonly Party[];
}

const lineFeed = 10;
const encoder = new TextEncoder();

/** What a thread hands over of the forms it judged. */
export interface FormsText {
  /** UTF-8, in a buffer of its own. */
  readonly forms: Uint8Array;
  /** JSON of `Party[]`, each once. */
  readonly parties: string;
}

export function formsText(forms: readonly JudgedForm[]): FormsText {
  const parties = new Map<string, Party>();
  for (const { extract } of forms) {
    if (extract === undefined) continue;
    const { employers, quarter } = extract;
    for (const employer of employers) {
      const key = `${employer.kind}/${employer.number}/${String(quarter)}`;
      parties.set(key, quarter === undefined ? { employer } : { employer, quarter });
    }
  }
  return {
    forms: encoder.encode(JSON.stringify(forms)),
    parties: JSON.stringify([...parties.values()]),
  };
}

/** The whole text of a chunk whose first byte stands at `at` of its part. */
export function judgedText({ forms, parties }: FormsText, at: Position): Buffer {
  const { line, column } = at;
  const heading = `{"line":${String(line)},"column":${String(column)},"parties":${parties}}\n`;
  return Buffer.concat([Buffer.from(heading), forms]);
}

/** Whom the forms of a judged chunk speak of, without reading them. */
export function partiesIn(judged: Uint8Array): readonly Party[] {
  return headingOf(judged).parties;
}

/** The forms of a judged chunk, in places that count from the beginning of their part. */
export function formsIn(judged: Uint8Array): readonly JudgedForm[] {
  const at = headingOf(judged);
  const text = textOf(judged, judged.indexOf(lineFeed) + 1);
  return (JSON.parse(text) as JudgedForm[]).map((form) => movedForm(form, at));
}

function headingOf(judged: Uint8Array): Heading {
  return JSON.parse(textOf(judged, 0, judged.indexOf(lineFeed))) as Heading;
}

function textOf(bytes: Uint8Array, from: number, to = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', from, to);
}

/** A place within a chunk that begins at a position of its part. */
export function moved(place: Position, at: Position): Position {
  return {
    line: place.line + at.line - 1,
    column: place.line === 1 ? place.column + at.column - 1 : place.column,
  };
}

function movedForm(form: JudgedForm, at: Position): JudgedForm {
  const line = form.line + at.line - 1;
  if (form.findings.length === 0) return { ...form, line };
  return { ...form, line, findings: form.findings.map((finding) => movedFinding(finding, at)) };
}

function movedFinding(finding: Finding, at: Position): Finding {
  const { line, column } = finding;
  if (line === undefined || column === undefined) return finding;
  return { ...finding, ...moved({ line, column }, at) };
}
