import { TextBytes } from '../vocabulary/index.ts';
import type { EmployerRef, Finding, JudgedForm } from '../vocabulary/index.ts';
import type { Position } from './file-place.ts';

/*
 * The judged forms of a chunk as they travel and rest: lines of JSON. The first says where the chunk
 * begins, the second whom it speaks of, and each after them is a form. A thread writes the forms, in
 * places that count from the chunk; only the one who has seen all chunks before knows the first line.
 * So nobody but the next reader turns thousands of forms into objects again.
 */

/** An employer that forms of the chunk name, with the quarter they name it for. */
export interface Party {
  readonly employer: EmployerRef;
  /** YYYYQ, where the declaration names one. */
  readonly quarter?: number;
}

const lineFeed = 10;

/** What a thread hands over of the forms it judged. */
export interface FormsText {
  readonly count: number;
  /** UTF-8, in a buffer of its own. */
  readonly forms: Uint8Array;
  /** JSON of `Party[]`, each once. */
  readonly parties: string;
}

/** Writes forms one by one as they are judged: objects that die young cost next to nothing. */
export class FormsWriter {
  private readonly lines = new TextBytes();
  private readonly parties = new Map<string, Party>();
  private count = 0;

  add(form: JudgedForm): void {
    this.count += 1;
    this.lines.add(`${JSON.stringify(form)}\n`);
    if (form.extract === undefined) return;
    const { employers, quarter } = form.extract;
    for (const employer of employers) {
      const key = `${employer.kind}/${employer.number}/${String(quarter)}`;
      this.parties.set(key, quarter === undefined ? { employer } : { employer, quarter });
    }
  }

  text(): FormsText {
    const parties = JSON.stringify([...this.parties.values()]);
    return { count: this.count, forms: this.lines.whole(), parties };
  }
}

/** The whole text of a chunk whose first byte stands at `at` of its part. */
export function judgedText({ forms, parties }: Omit<FormsText, 'count'>, at: Position): Buffer {
  const { line, column } = at;
  const heading = `${JSON.stringify({ line, column })}\n${parties}\n`;
  return Buffer.concat([Buffer.from(heading), forms]);
}

/** Whom the forms of a judged chunk speak of, without reading them. */
export function partiesIn(judged: Uint8Array): readonly Party[] {
  const from = judged.indexOf(lineFeed) + 1;
  return JSON.parse(textOf(judged, from, judged.indexOf(lineFeed, from))) as readonly Party[];
}

/** The forms of a judged chunk, one by one, in places that count from the beginning of their part. */
export function* formsIn(judged: Uint8Array): Generator<JudgedForm> {
  const parties = judged.indexOf(lineFeed) + 1;
  const at = JSON.parse(textOf(judged, 0, parties - 1)) as Position;
  let from = judged.indexOf(lineFeed, parties) + 1;
  while (from < judged.length) {
    const to = judged.indexOf(lineFeed, from);
    yield moveForm(JSON.parse(textOf(judged, from, to)) as Writable<JudgedForm>, at);
    from = to + 1;
  }
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

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The form was read a moment ago and is nobody else's yet: changed in place, it costs no copy. */
function moveForm(form: Writable<JudgedForm>, at: Position): JudgedForm {
  form.line += at.line - 1;
  if (form.findings.length > 0) {
    form.findings = form.findings.map((finding) => movedFinding(finding, at));
  }
  return form;
}

function movedFinding(finding: Finding, at: Position): Finding {
  const { line, column } = finding;
  if (line === undefined || column === undefined) return finding;
  return { ...finding, ...moved({ line, column }, at) };
}
