import { decode } from './encoding.ts';
import type { Encoding } from './encoding.ts';

/**
 * The elements of a document as columns of numbers over its bytes: a tenth of the cost of a tree of
 * objects. Node 0 is the root, children follow their parent in document order. Attributes are not
 * kept, `attributesOf` reads them. The bytes must be well-formed: libxml2 has said so before.
 */
export interface XmlTree {
  readonly bytes: Buffer;
  readonly encoding: Encoding;
  readonly count: number;
  /** Where the start tag begins, at its `<`. */
  readonly start: Int32Array;
  readonly nameEnd: Int32Array;
  /** First byte after the start tag. */
  readonly open: Int32Array;
  /** First byte of the end tag; equal to `open` for an empty element. */
  readonly close: Int32Array;
  /** First byte after the end tag. */
  readonly end: Int32Array;
  readonly parent: Int32Array;
  /** First node that is no descendant. */
  readonly next: Int32Array;
  /** Place among the element children of the parent, from 1. */
  readonly ordinal: Int32Array;
}

const [lt, gt, slash, bang, question] = [60, 62, 47, 33, 63];
const [quote, apostrophe, ampersand] = [34, 39, 38];

interface Columns {
  start: Int32Array;
  nameEnd: Int32Array;
  open: Int32Array;
  close: Int32Array;
  end: Int32Array;
  parent: Int32Array;
  next: Int32Array;
  ordinal: Int32Array;
}

function columnsOf(size: number, old?: Columns): Columns {
  const grown = (name: keyof Columns): Int32Array => {
    const column = new Int32Array(size);
    if (old !== undefined) column.set(old[name]);
    return column;
  };
  return {
    start: grown('start'),
    nameEnd: grown('nameEnd'),
    open: grown('open'),
    close: grown('close'),
    end: grown('end'),
    parent: grown('parent'),
    next: grown('next'),
    ordinal: grown('ordinal'),
  };
}

const nodesFirst = 256;
const bytesPerNodeGuess = 40;

/** Reads the elements of well-formed bytes. */
export function readTree(bytes: Buffer, encoding: Encoding = 'utf-8'): XmlTree {
  let columns = columnsOf(Math.max(nodesFirst, Math.ceil(bytes.length / bytesPerNodeGuess)));
  const children: number[] = [0];
  let open = -1;
  let count = 0;
  let at = nextTag(bytes, 0);
  while (at < bytes.length) {
    const mark = bytes[at + 1];
    if (mark === slash) {
      if (open < 0) break;
      const after = endOfEndTag(
        bytes,
        at,
        (columns.nameEnd[open] ?? 0) - (columns.start[open] ?? 0),
      );
      columns.close[open] = at;
      columns.end[open] = after;
      columns.next[open] = count;
      children.pop();
      open = columns.parent[open] ?? -1;
      at = after;
    } else if (mark === bang || mark === question) {
      at = endOfMarkup(bytes, at);
    } else {
      if (count === columns.start.length) columns = columnsOf(count * 2, columns);
      const ordinal = (children[children.length - 1] ?? 0) + 1;
      children[children.length - 1] = ordinal;
      const after = enter(columns, count, { bytes, at, parent: open, ordinal });
      if (bytes[after - 2] !== slash) {
        open = count;
        children.push(0);
      }
      count += 1;
      at = after;
    }
    at = nextTag(bytes, at);
  }
  return { bytes, encoding, count, ...columns };
}

interface StartTag {
  readonly bytes: Buffer;
  readonly at: number;
  readonly parent: number;
  readonly ordinal: number;
}

/** Notes an element as if it were empty, and returns the first byte after its start tag. */
function enter(columns: Columns, node: number, { bytes, at, parent, ordinal }: StartTag): number {
  const nameEnd = nameEndOf(bytes, at + 1);
  const after = endOfTag(bytes, nameEnd) + 1;
  columns.start[node] = at;
  columns.parent[node] = parent;
  columns.ordinal[node] = ordinal;
  columns.nameEnd[node] = nameEnd;
  columns.open[node] = after;
  columns.close[node] = after;
  columns.end[node] = after;
  columns.next[node] = node + 1;
  return after;
}

function nextTag(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== lt) at += 1;
  return at;
}

/** An end tag is as long as the name and its `</>`, unless white space stands before the `>`. */
function endOfEndTag(bytes: Buffer, from: number, nameBytes: number): number {
  let at = from + nameBytes + 1;
  while (at < bytes.length && bytes[at] !== gt) at += 1;
  return at + 1;
}

function nameEndOf(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte <= 32 || byte === gt || byte === slash) break;
    at += 1;
  }
  return at;
}

/** The `>` that ends a start tag, none inside a quoted value counting. */
function endOfTag(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === gt) return at;
    if (byte === quote || byte === apostrophe) {
      const closing = bytes.indexOf(byte, at + 1);
      if (closing < 0) break;
      at = closing;
    }
    at += 1;
  }
  return bytes.length;
}

/** First byte after a comment, a CDATA section, a processing instruction or a declaration. */
function endOfMarkup(bytes: Buffer, at: number): number {
  const [begin, end] =
    bytes[at + 1] === question ? [2, '?>'] : bytes[at + 2] === 45 ? [4, '-->'] : [2, ']]>'];
  const found = bytes.indexOf(end, at + begin);
  return found < 0 ? bytes.length : found + end.length;
}

const bracket = 91;

/** Where text stands among the children of an element: blanks, comments and instructions are none. */
export function looseTextIn(tree: XmlTree, node: number): number | undefined {
  let from = tree.open[node] ?? 0;
  for (const child of childrenOf(tree, node)) {
    const found = textBetween(tree.bytes, from, tree.start[child] ?? from);
    if (found !== undefined) return found;
    from = tree.end[child] ?? from;
  }
  return textBetween(tree.bytes, from, tree.close[node] ?? from);
}

function textBetween(bytes: Buffer, from: number, to: number): number | undefined {
  let at = from;
  while (at < to) {
    const byte = bytes[at] ?? 0;
    if (byte <= 32) at += 1;
    else if (byte === lt && bytes[at + 2] !== bracket) at = endOfMarkup(bytes, at);
    else return at;
  }
  return undefined;
}

/** The name with its prefix, as written. */
export function nameOf(tree: XmlTree, node: number): string {
  return wordIn(tree, (tree.start[node] ?? 0) + 1, tree.nameEnd[node] ?? 0);
}

/** Plain ASCII, as nearly every name and value is, goes the shortest way from bytes to text. */
function wordIn({ bytes, encoding }: XmlTree, from: number, to: number): string {
  for (let at = from; at < to; at += 1) {
    if ((bytes[at] ?? 0) >= 0x80) return decode(bytes.subarray(from, to), encoding);
  }
  return bytes.toString('latin1', from, to);
}

/** The name without its prefix. */
export function localNameOf(tree: XmlTree, node: number): string {
  const name = nameOf(tree, node);
  const prefixed = name.indexOf(':');
  return prefixed < 0 ? name : name.slice(prefixed + 1);
}

function hasLocalName(tree: XmlTree, node: number, name: string): boolean {
  const { bytes } = tree;
  const end = tree.nameEnd[node] ?? 0;
  const from = end - name.length;
  const before = from - 1;
  if (before < (tree.start[node] ?? 0)) return false;
  for (let index = 0; index < name.length; index += 1) {
    if (bytes[from + index] !== name.charCodeAt(index)) return false;
  }
  return bytes[before] === lt || bytes[before] === 58;
}

/** First child element, or -1. */
export function firstChild(tree: XmlTree, node: number): number {
  return node + 1 < tree.count && tree.parent[node + 1] === node ? node + 1 : -1;
}

/** Next sibling element, or -1. */
export function nextSibling(tree: XmlTree, node: number): number {
  const next = tree.next[node] ?? 0;
  return next < tree.count && tree.parent[next] === tree.parent[node] ? next : -1;
}

/** The child elements, all or those of one local name. */
export function* childrenOf(tree: XmlTree, node: number, name?: string): Generator<number> {
  if (node < 0) return;
  for (let child = firstChild(tree, node); child >= 0; child = nextSibling(tree, child)) {
    if (name === undefined || hasLocalName(tree, child, name)) yield child;
  }
}

/** The first element reached by a path of local names, or -1. A start of -1 leads to -1. */
export function find(tree: XmlTree, node: number, ...path: readonly string[]): number {
  let at = node;
  for (const name of path) {
    if (at < 0) return -1;
    let child = firstChild(tree, at);
    while (child >= 0 && !hasLocalName(tree, child, name)) child = nextSibling(tree, child);
    at = child;
  }
  return at;
}

/** The descendants, document order. */
export function* descendantsOf(tree: XmlTree, node: number): Generator<number> {
  const end = tree.next[node] ?? 0;
  for (let at = node + 1; at < end; at += 1) yield at;
}

/** The text of an element without children, trimmed; of another element the text is empty. */
export function textOf(tree: XmlTree, node: number): string {
  if (node < 0 || firstChild(tree, node) >= 0) return '';
  const { bytes } = tree;
  let from = tree.open[node] ?? 0;
  let to = tree.close[node] ?? 0;
  while (from < to && (bytes[from] ?? 0) <= 32) from += 1;
  while (from < to && (bytes[to - 1] ?? 0) <= 32) to -= 1;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === ampersand || byte === lt) return plain(wordIn(tree, from, to)).trim();
  }
  return wordIn(tree, from, to);
}

/** The text reached by a path of local names; empty when there is none. */
export function textAt(tree: XmlTree, node: number, ...path: readonly string[]): string {
  return textOf(tree, find(tree, node, ...path));
}

/** Of zeros in front one alternative takes all: a long text that is no number costs no second look. */
const integer = /^([+-]?)0*([1-9]\d*|0)$/;

/**
 * The text of an element as an `xs:integer` in its canonical form: schemas take `01`, `+1` and `-0`
 * wherever they take 1 and 0. What is no integer stays as it is written.
 */
export function integerOf(tree: XmlTree, node: number): string {
  const text = textOf(tree, node);
  const [, sign, digits] = integer.exec(text) ?? [];
  if (digits === undefined) return text;
  return sign === '-' && digits !== '0' ? `-${digits}` : digits;
}

/** The integer reached by a path of local names; empty when there is none. */
export function integerAt(tree: XmlTree, node: number, ...path: readonly string[]): string {
  return integerOf(tree, find(tree, node, ...path));
}

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
};

/** Takes comments and instructions out of text, opens CDATA sections, resolves references. */
export function plain(text: string): string {
  const pattern = /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[([^]*?)\]\]>|&(#x[0-9a-f]+|#\d+|\w+);/gi;
  return text.replace(pattern, (_, cdata?: string, reference?: string) =>
    reference === undefined ? (cdata ?? '') : characterOf(reference),
  );
}

function characterOf(reference: string): string {
  if (!reference.startsWith('#')) return entities[reference] ?? '';
  const hex = reference.startsWith('#x') || reference.startsWith('#X');
  const point = hex ? parseInt(reference.slice(2), 16) : parseInt(reference.slice(1), 10);
  return point <= 0x10ffff ? String.fromCodePoint(point) : '';
}

/**
 * The attributes of a start tag by their name as written. The tag of a root is read before anybody
 * has judged it, so whatever stands there is gone through once: a name without a value is a match
 * too, and no value is searched for comments, which it cannot hold.
 */
export function attributesIn(tag: string): Map<string, string> {
  const pattern = /([^\s=<>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g;
  const found = new Map<string, string>();
  for (const [, name = '', double, single] of tag.matchAll(pattern)) {
    const value = double ?? single;
    if (value !== undefined) found.set(name, resolved(value));
  }
  return found;
}

function resolved(value: string): string {
  return value.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (_, reference: string) =>
    characterOf(reference),
  );
}

/** The attributes of an element by their name as written. */
export function attributesOf(tree: XmlTree, node: number): Map<string, string> {
  const tag = tree.bytes.subarray(tree.nameEnd[node], tree.open[node]);
  return attributesIn(decode(tag, tree.encoding));
}

/** Ordinals from the root, as notifications write a place: `1,3,7`. */
export function locationOf(tree: XmlTree, node: number): number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = tree.parent[at] ?? -1) path.push(tree.ordinal[at] ?? 1);
  return path.reverse();
}
