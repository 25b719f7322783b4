import { Failure } from '../vocabulary/index.ts';
import { cutPart } from './cut.ts';
import type { CutChunk } from './cut.ts';
import { encodingBytes, encodingOf } from './encoding.ts';
import type { EncodingFound } from './encoding.ts';
import { advance, placeInFile, readSpan, start } from './file-place.ts';
import type { Position } from './file-place.ts';
import type { ValidationPool } from './pool.ts';
import type { ContributionYear, JudgeContext, SchemaPacks } from './ports.ts';
import { choosePack, readRoot } from './root-element.ts';
import type { Expected, RootElement } from './root-element.ts';
import type { SchemaPack } from './schema-pack.ts';
import { judgedText, moved } from './judged-text.ts';
import type { ChunkJob, ChunkReply } from './thread-loop.ts';
import { inCheckOrder, judgeLimits } from './verdict.ts';
import type { FileProblem, FileVerdict, JudgedChunk, JudgeLimits } from './verdict.ts';

export interface PartFile {
  readonly path: string;
  readonly bytes: number;
}

export interface JudgeOptions {
  readonly pool: ValidationPool;
  /** The parts of the file, each a document of its own, in the order of their numbers. */
  readonly parts: readonly PartFile[];
  readonly expected: Expected;
  readonly packs: SchemaPacks;
  /** Legal date of reception, YYYY-MM-DD. */
  readonly receivedOn: string;
  /** The sender is the authority itself. */
  readonly fromAuthority?: boolean;
  /** Contribution years with parameters, for the types that are computed. */
  readonly contributionYears?: readonly ContributionYear[];
  readonly limits?: Partial<JudgeLimits>;
  /** Called in file order, one call at a time; a file that is refused in the end may have had some. */
  onChunk(chunk: JudgedChunk): Promise<void>;
}

/** What is carried through the parts of one file. */
interface Course {
  readonly options: JudgeOptions;
  readonly limits: JudgeLimits;
  readonly context: JudgeContext;
  readonly problems: FileProblem[];
  seq: number;
  forms: number;
  foreign: number;
  root: string | undefined;
  version: string | undefined;
}

/**
 * Judges a file: every form gets its own verdict, handed over chunk by chunk, and the file gets the
 * problems that refuse it whole. At most two chunks a thread are under way, so memory does not grow
 * with the file. Throws a Failure when a thread could not do its work, never for what a file holds.
 */
export async function judgeFile(options: JudgeOptions): Promise<FileVerdict> {
  const { receivedOn, fromAuthority = false, contributionYears } = options;
  const context = { receivedOn, fromAuthority };
  const course: Course = {
    options,
    limits: { ...judgeLimits, ...options.limits },
    context: contributionYears === undefined ? context : { ...context, contributionYears },
    problems: [],
    seq: 0,
    forms: 0,
    foreign: 0,
    root: undefined,
    version: undefined,
  };
  for (const [index, file] of options.parts.entries()) {
    await judgePart(course, { ...file, number: index + 1 });
    if (course.problems.some(({ code }) => code === '102' || code === '275')) break;
  }
  return verdictOf(course);
}

function verdictOf(course: Course): FileVerdict {
  const { problems, forms, root, version } = course;
  if (forms > 0 && course.foreign === forms && problems.length === 0) {
    const detail = `no form carries an Identification of ${root ?? 'this type'}`;
    problems.push({ code: '135', detail, part: 1 });
  }
  return {
    problems: inCheckOrder(problems),
    forms,
    ...(root === undefined ? {} : { root }),
    ...(version === undefined ? {} : { version }),
  };
}

interface Part extends PartFile {
  /** From 1. */
  readonly number: number;
}

/** What is known of a part once its root element has been seen. */
interface Opened {
  readonly part: Part;
  readonly found: EncodingFound;
  readonly root: RootElement;
  readonly pack: SchemaPack | undefined;
  readonly prefix: Buffer;
  readonly suffix: Buffer;
  /** First byte of the root's content. */
  readonly content: number;
  readonly position: Position;
}

async function judgePart(course: Course, part: Part): Promise<void> {
  const head = await readSpan(part.path, 0, Math.min(part.bytes, encodingBytes));
  if (/^(?:\xef\xbb\xbf)?\s*$/.test(head.toString('latin1')) && part.bytes <= encodingBytes) {
    course.problems.push({ code: '134', detail: 'the file is empty', part: part.number });
    return;
  }
  const found = encodingOf(head);
  if (typeof found === 'string') {
    course.problems.push({ code: '138', detail: found, part: part.number });
    return;
  }
  const line = new Line(course, part);
  try {
    await walk(course, part, found, line);
  } finally {
    await line.settle();
  }
}

async function walk(course: Course, part: Part, found: EncodingFound, line: Line): Promise<void> {
  let opened: Opened | undefined;
  let tail: number | undefined;
  const before = course.forms;
  const whole: CutChunk[] = [];
  for await (const event of cutPart({ path: part.path, limits: course.limits })) {
    switch (event.kind) {
      case 'root':
        opened = await openPart(course, part, found, event);
        line.begin(opened);
        break;
      case 'chunk':
        course.forms += event.forms;
        if (opened?.pack?.wholeDocument === true) whole.push(event);
        else if (opened !== undefined) await line.add(opened, event);
        break;
      case 'refused':
        await line.drain();
        course.problems.push(await refusal(part, found, event));
        return;
      case 'end':
        tail = event.tail;
    }
    if (line.stopped) return;
  }
  // Only now is it known that what follows the root is short enough to be read at once.
  if (opened !== undefined && whole.length > 0) await addWhole(course, opened, whole, line);
  await line.drain();
  await judgeEnvelope(course, { part, found, opened, tail: tail ?? part.bytes });
  if (course.forms === before && opened !== undefined) {
    course.problems.push({ code: '157', detail: 'the file holds no form', part: part.number });
  }
}

async function openPart(
  course: Course,
  part: Part,
  found: EncodingFound,
  tag: { readonly from: number; readonly to: number },
): Promise<Opened> {
  const { packs, expected, receivedOn: onDate } = course.options;
  const root = readRoot(await readSpan(part.path, tag.from, tag.to), found);
  const { pack, version, problems } = await choosePack(root, { packs, expected, onDate });
  for (const problem of problems) course.problems.push({ ...problem, part: part.number });
  course.root ??= root.localName;
  course.version ??= version;
  const declaration = Buffer.from(found.declaration, 'latin1');
  const head = await readSpan(part.path, found.markBytes, tag.to);
  return {
    part,
    found,
    root,
    pack,
    prefix: Buffer.concat([declaration, root.tag]),
    suffix: Buffer.from(
      `</${
        root.tag
          .toString('latin1')
          .slice(1)
          .split(/[ \t\r\n/>]/)[0] ?? ''
      }>`,
      'latin1',
    ),
    content: tag.to,
    position: advance(start, head, found.encoding),
  };
}

/** A schema whose constraints span forms: all chunks are one, if that is not too large. */
async function addWhole(
  course: Course,
  opened: Opened,
  chunks: readonly CutChunk[],
  line: Line,
): Promise<void> {
  const [first] = chunks;
  const last = chunks.at(-1);
  if (first === undefined || last === undefined) return;
  const { wholeBytesMax } = course.limits;
  if (last.to - first.from > wholeBytesMax) {
    const detail = `a file of this schema may not be larger than ${wholeBytesMax} bytes`;
    course.problems.push({ code: '184', detail, part: opened.part.number });
    return;
  }
  const forms = chunks.reduce((sum, chunk) => sum + chunk.forms, 0);
  await line.add(opened, { ...first, to: last.to, forms });
}

async function refusal(
  part: Part,
  found: EncodingFound,
  event: { readonly code: string; readonly at: number; readonly detail: string },
): Promise<FileProblem> {
  const place = await placeInFile(part.path, { at: event.at, found });
  return { code: event.code, detail: event.detail, part: part.number, ...place };
}

/** The document without the content of its root: its prolog, root tags and what follows them. */
async function judgeEnvelope(
  course: Course,
  o: {
    readonly part: Part;
    readonly found: EncodingFound;
    readonly opened: Opened | undefined;
    readonly tail: number;
  },
): Promise<void> {
  const { part, opened, found } = o;
  const headEnd = opened?.content ?? 0;
  const tailFrom = Math.max(o.tail, headEnd);
  const head = await readSpan(part.path, 0, headEnd);
  const tail = await readSpan(part.path, tailFrom, part.bytes);
  const bytes = Buffer.concat([head, tail]);
  const { problem } = await course.options.pool.judge({ kind: 'envelope', bytes });
  if (problem === undefined) return;
  const lines = head.toString('latin1').split('\n');
  const inHead = problem.line < lines.length;
  let place = { line: problem.line, column: problem.column };
  if (!inHead) {
    const rest = bytes
      .toString('latin1')
      .split('\n')
      .slice(0, problem.line - 1);
    // libxml2 takes the byte order mark away before it counts.
    const mark = problem.line === 1 ? found.markBytes : 0;
    const offset = rest.reduce((sum, text) => sum + text.length + 1, mark) + problem.column - 1;
    const at = offset < headEnd ? offset : offset - headEnd + tailFrom;
    place = await placeInFile(part.path, { at: Math.min(at, part.bytes), found });
  }
  course.problems.push({ code: '102', detail: problem.detail, part: part.number, ...place });
}

interface UnderWay {
  readonly chunk: CutChunk;
  readonly seq: number;
  readonly firstForm: number;
  readonly result: Promise<ChunkReply>;
}

/** The chunks of one part that are under way, first in first out. */
class Line {
  stopped = false;
  private readonly course: Course;
  private readonly part: Part;
  private readonly underWay: UnderWay[] = [];
  private position: Position = start;

  constructor(course: Course, part: Part) {
    this.course = course;
    this.part = part;
  }

  begin(opened: Opened): void {
    this.position = opened.position;
  }

  /** Sends a chunk to the threads; waits for the oldest one when enough are under way. */
  async add(opened: Opened, chunk: CutChunk): Promise<void> {
    const { pool } = this.course.options;
    const firstForm = this.course.forms - chunk.forms + 1;
    const result = pool.judge(jobOf(this.course, opened, { chunk, firstForm }));
    // Waited for in `take`; until then a rejection is not an unhandled one.
    result.catch(() => undefined);
    this.underWay.push({ chunk, seq: this.course.seq, firstForm, result });
    this.course.seq += 1;
    while (this.underWay.length >= pool.threads * 2 && !this.stopped) await this.take();
  }

  async drain(): Promise<void> {
    while (this.underWay.length > 0 && !this.stopped) await this.take();
  }

  /** Lets go of what is still under way, without using it. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.underWay.splice(0).map(({ result }) => result));
  }

  private async take(): Promise<void> {
    const first = this.underWay.shift();
    if (first === undefined) return;
    const { course, part } = this;
    const result = await first.result;
    const at = this.position;
    for (const problem of result.problems) {
      course.problems.push({ ...problem, ...moved(problem, at), part: part.number });
    }
    this.stopped = result.problems.some(({ code }) => code === '102');
    course.foreign += result.foreign;
    this.position = {
      line: at.line + result.newlines,
      column: (result.newlines === 0 ? at.column : 1) + result.lastLine,
    };
    if (course.problems.length > 0) return;
    if (result.text.count !== first.chunk.forms) {
      throw new Failure('gateway.defect', { forms: result.text.count, cut: first.chunk.forms });
    }
    const { seq, firstForm, chunk } = first;
    await course.options.onChunk({
      part: part.number,
      seq,
      from: chunk.from,
      to: chunk.to,
      firstForm,
      forms: result.text.count,
      judged: judgedText(result.text, at),
    });
  }
}

function jobOf(
  course: Course,
  opened: Opened,
  { chunk, firstForm }: { readonly chunk: CutChunk; readonly firstForm: number },
): ChunkJob {
  const { pack, prefix, suffix, found, root, part } = opened;
  return {
    kind: 'chunk',
    path: part.path,
    from: chunk.from,
    to: chunk.to,
    prefix,
    suffix,
    encoding: found.encoding,
    root: root.localName,
    elementsBefore: chunk.elementsBefore,
    firstForm,
    findingsMax: course.limits.findingsMax,
    context: course.context,
    ...(pack === undefined ? {} : { pack }),
  };
}
