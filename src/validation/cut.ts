import { open } from 'node:fs/promises';
import type { JudgeLimits } from './verdict.ts';

/** What the scanner tells of a part, in file order. */
export type CutEvent =
  | { readonly kind: 'root'; readonly from: number; readonly to: number; readonly empty: boolean }
  | CutChunk
  | { readonly kind: 'end'; readonly tail: number }
  | {
      readonly kind: 'refused';
      readonly code: '102' | '184' | '275';
      readonly at: number;
      readonly detail: string;
    };

export interface CutChunk {
  readonly kind: 'chunk';
  readonly from: number;
  readonly to: number;
  /** Elements directly under the root before this chunk, and the forms among them. */
  readonly elementsBefore: number;
  readonly formsBefore: number;
  readonly forms: number;
}

const [newTag, closeTag, bang, question] = [60, 47, 33, 63];
const [gt, quote, apostrophe, colon, dash] = [62, 34, 39, 58, 45];

type Mode = 'text' | 'comment' | 'cdata' | 'instruction';
const endings: Readonly<Record<Exclude<Mode, 'text'>, string>> = {
  comment: '-->',
  cdata: ']]>',
  instruction: '?>',
};

/** Longest opening that must be seen whole before it can be told: `<![CDATA[`. */
const openingBytes = 9;

/** What the scanner carries from one block of bytes to the next; offsets are those of the part. */
interface State {
  readonly limits: JudgeLimits;
  readonly events: CutEvent[];
  mode: Mode;
  /** Open elements: 0 outside the root, 1 directly under it. */
  depth: number;
  rootSeen: boolean;
  ended: boolean;
  stopped: boolean;
  chunkFrom: number;
  /** Where the form, or what stands between two forms, began. */
  stretchFrom: number;
  /** The element directly under the root that began last is a form. */
  inForm: boolean;
  /** Comments, CDATA sections and instructions since the last tag. */
  sections: number;
  elements: number;
  forms: number;
  chunkElements: number;
  chunkForms: number;
}

/**
 * Cuts a part into chunks of whole forms without judging it. The root's content is dealt out
 * completely: every byte between the root's start tag and its end tag belongs to exactly one chunk,
 * and a chunk begins at the start tag of a form. So the part is well-formed exactly when the root
 * with an empty content and each chunk within the root are; `0012-cut-and-two-engines.md` has the
 * argument. Stops at a document type declaration and where a limit is passed.
 */
export async function* cutPart(o: {
  readonly path: string;
  readonly limits: JudgeLimits;
  readonly blockBytes?: number;
}): AsyncGenerator<CutEvent> {
  const state = begin(o.limits);
  const file = await open(o.path, 'r');
  try {
    let window: Buffer = Buffer.alloc(0);
    let base = 0;
    for (;;) {
      const block = Buffer.allocUnsafe(o.blockBytes ?? blockBytesDefault);
      const { bytesRead } = await file.read(block, 0, block.length, base + window.length);
      const last = bytesRead === 0;
      const fresh = block.subarray(0, bytesRead);
      window = window.length === 0 ? fresh : Buffer.concat([window, fresh]);
      const used = scan(state, window, base, last);
      yield* state.events.splice(0);
      if (state.stopped) return;
      base += used;
      window = window.subarray(used);
      if (last) break;
    }
    finish(state, base + window.length);
    yield* state.events;
  } finally {
    await file.close();
  }
}

const blockBytesDefault = 1024 * 1024;

function begin(limits: JudgeLimits): State {
  return {
    limits,
    events: [],
    mode: 'text',
    depth: 0,
    rootSeen: false,
    ended: false,
    stopped: false,
    chunkFrom: 0,
    stretchFrom: 0,
    inForm: false,
    sections: 0,
    elements: 0,
    forms: 0,
    chunkElements: 0,
    chunkForms: 0,
  };
}

function refuse(state: State, code: '102' | '184' | '275', at: number, detail: string): void {
  state.events.push({ kind: 'refused', code, at, detail });
  state.stopped = true;
}

/** Scans a window as far as it can be understood, and returns how many bytes that were. */
function scan(state: State, window: Buffer, base: number, last: boolean): number {
  let at = 0;
  while (at < window.length && !state.stopped) {
    checkStretch(state, base + at);
    if (state.mode !== 'text') {
      const ending = endings[state.mode];
      const found = window.indexOf(ending, at);
      if (found < 0) return last ? window.length : Math.max(at, window.length - ending.length + 1);
      at = found + ending.length;
      state.mode = 'text';
      continue;
    }
    while (at < window.length && window[at] !== newTag) at += 1;
    if (at === window.length) break;
    // Blanks before the root end here, and the root is no stretch that would be looked at again.
    if (state.depth === 0 && !checkStretch(state, base + at)) break;
    if (!last && window.length - at < openingBytes) return at;
    const after = markup(state, window, at, base);
    if (after < 0) {
      if (!last && window.length - at <= state.limits.tagBytesMax) return at;
      if (!last)
        refuse(state, '102', base + at, `a tag is longer than ${state.limits.tagBytesMax} bytes`);
      return window.length;
    }
    at = after;
  }
  if (!state.stopped) checkStretch(state, base + at);
  return at;
}

/** Refuses a stretch that has grown too long by now; whether it has not. */
function checkStretch(state: State, at: number): boolean {
  const { limits } = state;
  const outside = state.depth === 0;
  const max = outside ? limits.prologBytesMax : limits.formBytesMax;
  if (at - state.stretchFrom <= max) return true;
  const what = outside
    ? 'what stands outside the root element'
    : 'a form, or what stands between two,';
  refuse(state, outside ? '102' : '184', state.stretchFrom, `${what} is longer than ${max} bytes`);
  return false;
}

/** One `<…`: returns the offset after it, or -1 when its end is not in the window. */
function markup(state: State, window: Buffer, at: number, base: number): number {
  const mark = window[at + 1];
  if (mark === question) {
    openSection(state, 'instruction', base + at);
    return at + 2;
  }
  if (mark === bang) return declaration(state, window, at, base);
  if (mark === closeTag) {
    const closing = window.indexOf(gt, at);
    if (closing < 0) return -1;
    endTag(state, base + at, base + closing + 1);
    return closing + 1;
  }
  const closing = tagEnd(window, at + 1);
  if (closing < 0) return -1;
  if (closing - at > state.limits.tagBytesMax) {
    refuse(state, '102', base + at, `a tag is longer than ${state.limits.tagBytesMax} bytes`);
    return closing + 1;
  }
  startTag(state, window, { at, closing, base });
  return closing + 1;
}

function openSection(state: State, mode: Exclude<Mode, 'text'>, at: number): void {
  const { sectionsMax } = state.limits;
  state.mode = mode;
  state.sections += 1;
  // Outside the root their bytes are few.
  if (state.depth === 0 || state.sections <= sectionsMax) return;
  const detail = `more than ${sectionsMax} comments, CDATA sections or instructions follow each other`;
  refuse(state, '102', at, detail);
}

function tagEnd(window: Buffer, from: number): number {
  for (let at = from; at < window.length; at += 1) {
    const byte = window[at];
    if (byte === gt) return at;
    if (byte === quote || byte === apostrophe) {
      at = window.indexOf(byte, at + 1);
      if (at < 0) return -1;
    }
  }
  return -1;
}

function declaration(state: State, window: Buffer, at: number, base: number): number {
  if (window[at + 2] === dash && window[at + 3] === dash) {
    openSection(state, 'comment', base + at);
    return at + 4;
  }
  if (window.toString('latin1', at, at + openingBytes) === '<![CDATA[') {
    openSection(state, 'cdata', base + at);
    return at + openingBytes;
  }
  const what = window.toString('latin1', at + 2, at + openingBytes);
  const detail =
    what === 'DOCTYPE'
      ? 'a document type declaration is not allowed'
      : 'a declaration is not allowed here';
  refuse(state, '102', base + at, detail);
  return at + 2;
}

function endTag(state: State, at: number, after: number): void {
  state.sections = 0;
  if (state.depth === 0) return;
  state.depth -= 1;
  if (state.depth === 1) endChild(state, after);
  if (state.depth > 0 || state.ended) return;
  state.ended = true;
  state.stretchFrom = after;
  closeChunk(state, at);
  state.events.push({ kind: 'end', tail: at });
}

function closeChunk(state: State, to: number): void {
  state.events.push({
    kind: 'chunk',
    from: state.chunkFrom,
    to,
    elementsBefore: state.elements - state.chunkElements,
    formsBefore: state.forms - state.chunkForms,
    forms: state.chunkForms,
  });
  state.chunkFrom = to;
  state.chunkElements = 0;
  state.chunkForms = 0;
}

interface Tag {
  readonly at: number;
  readonly closing: number;
  readonly base: number;
}

function startTag(state: State, window: Buffer, { at, closing, base }: Tag): void {
  const { limits } = state;
  const empty = window[closing - 1] === closeTag;
  state.sections = 0;
  if (closing - at > limits.nameBytesMax && nameBytes(window, at + 1) > limits.nameBytesMax) {
    refuse(state, '102', base + at, `a name is longer than ${limits.nameBytesMax} bytes`);
    return;
  }
  if (state.depth === 0) {
    if (!state.rootSeen) openRoot(state, base + at, base + closing + 1, empty);
    return;
  }
  if (state.depth === 1) countChild(state, isForm(window, at + 1), base + at);
  if (empty) {
    if (state.depth === 1) endChild(state, base + closing + 1);
    return;
  }
  state.depth += 1;
  if (state.depth > limits.depthMax) {
    refuse(state, '102', base + at, `elements are nested deeper than ${limits.depthMax}`);
  }
}

function openRoot(state: State, from: number, to: number, empty: boolean): void {
  state.rootSeen = true;
  state.chunkFrom = to;
  state.stretchFrom = to;
  state.events.push({ kind: 'root', from, to, empty });
  if (empty) {
    state.ended = true;
    state.events.push({ kind: 'end', tail: to });
  } else {
    state.depth = 1;
  }
}

function countChild(state: State, form: boolean, at: number): void {
  const { limits } = state;
  const full =
    at - state.chunkFrom >= limits.chunkBytes || state.chunkForms >= limits.chunkFormsMax;
  if (form && full && state.chunkForms > 0) closeChunk(state, at);
  if (form && state.forms >= limits.formsMax) {
    refuse(state, '275', at, `the file holds more than ${limits.formsMax} forms`);
    return;
  }
  state.inForm = form;
  state.elements += 1;
  state.chunkElements += 1;
  // Other elements end no chunk: they belong to what stands between two forms.
  if (!form) return;
  state.stretchFrom = at;
  state.forms += 1;
  state.chunkForms += 1;
}

function endChild(state: State, after: number): void {
  if (state.inForm) state.stretchFrom = after;
}

function nameBytes(window: Buffer, from: number): number {
  let at = from;
  while (at < window.length && (window[at] ?? 0) > 32 && window[at] !== gt) at += 1;
  return at - from;
}

const form = Buffer.from('Form');

/** `<Form`, whatever its prefix. */
function isForm(window: Buffer, from: number): boolean {
  let start = from;
  let at = from;
  for (; at < window.length; at += 1) {
    const byte = window[at] ?? 0;
    if (byte === colon) start = at + 1;
    if (byte <= 32 || byte === gt || byte === closeTag) break;
  }
  return at - start === form.length && window.compare(form, 0, form.length, start, at) === 0;
}

/** The file is at its end: what is left open is handed on, for libxml2 to say what is wrong. */
function finish(state: State, size: number): void {
  if (!state.rootSeen) {
    state.events.push({ kind: 'end', tail: 0 });
    return;
  }
  if (state.ended) return;
  closeChunk(state, size);
  state.events.push({ kind: 'end', tail: size });
}
