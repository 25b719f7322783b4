import { createReadStream } from 'node:fs';
import { XMLParser } from 'fast-xml-parser';
import { Failure } from '../vocabulary/index.ts';

/** An element of an answer: its text, or its children by name. */
export type Node = string | { readonly [name: string]: Node | readonly Node[] | undefined };

export interface FormsOptions {
  readonly path: string;
  /** Name of the root element expected. */
  readonly root: string;
}

/** Longer forms are refused: no verdict on one declaration is that long. */
const formBytesMax = 8 * 1024 * 1024;
const headBytesMax = 64 * 1024;

const opening = /<Form[\s>]/;
const closing = Buffer.from('</Form>');

/**
 * Reads the forms of an answer one after the other; the file is never held whole, however large.
 *
 * @throws Failure `sender.bad-answer` when it is cut short, is something else, names a document
 *   type, or holds a form beyond all measure.
 */
export async function* readForms({ path, root }: FormsOptions): AsyncGenerator<Node> {
  let rest = Buffer.alloc(0);
  let searched = 0;
  let headSeen = false;
  for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    rest = Buffer.concat([rest, piece as Buffer]);
    for (let end = rest.indexOf(closing, searched); end >= 0; end = rest.indexOf(closing)) {
      const text = rest.subarray(0, end + closing.length).toString('utf8');
      rest = rest.subarray(end + closing.length);
      const start = text.search(opening);
      if (start < 0) throw badAnswer(path, 'a form ends that did not begin');
      if (!headSeen) checkHead(path, { head: text.slice(0, start), root });
      headSeen = true;
      yield parseForm(path, text.slice(start));
    }
    if (rest.length > formBytesMax) throw badAnswer(path, 'a form is too long');
    searched = Math.max(0, rest.length - closing.length);
  }
  if (!headSeen) throw badAnswer(path, 'it holds no form');
  if (rest.toString('utf8').trim() !== `</${root}>`) throw badAnswer(path, 'it is cut short');
}

function checkHead(path: string, o: { readonly head: string; readonly root: string }): void {
  if (o.head.length > headBytesMax) throw badAnswer(path, 'its head is too long');
  if (o.head.includes('<!DOCTYPE')) throw badAnswer(path, 'it names a document type');
  const found = /<([A-Za-z][\w.-]*)(?:\s[^<>]*)?>\s*$/.exec(o.head)?.[1] ?? 'none';
  if (found !== o.root) throw badAnswer(path, `its root is ${found}, not ${o.root}`);
}

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  // Entities are read below: only the five of XML and characters by number.
  processEntities: false,
  isArray: (name) => repeated.has(name),
});

const repeated = new Set(['AnomalyReport', 'Reference', 'ErrorID']);

function parseForm(path: string, text: string): Node {
  if (/<!(?:DOCTYPE|ENTITY)/.test(text)) throw badAnswer(path, 'it names a document type');
  try {
    return (parser.parse(text) as { readonly Form: Node }).Form;
  } catch (error) {
    throw badAnswer(path, 'it is no XML', error);
  }
}

function badAnswer(path: string, reason: string, cause?: unknown): Failure {
  return new Failure('sender.bad-answer', { path, reason }, cause);
}

/** The text of the first element below by the names on the way; undefined when there is none. */
export function textAt(node: Node | undefined, ...names: readonly string[]): string | undefined {
  let at: Node | undefined = node;
  for (const name of names) [at] = nodesAt(at, name);
  return typeof at === 'string' ? unescape(at) : undefined;
}

/** The elements of that name, none included. */
export function nodesAt(node: Node | undefined, name: string): readonly Node[] {
  if (node === undefined || typeof node === 'string') return [];
  const found = node[name];
  if (found === undefined) return [];
  return Array.isArray(found) ? (found as readonly Node[]) : [found as Node];
}

const named: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
};
const codePointMax = 0x10_ffff;

function unescape(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(\w{2,4}));/g, (whole, ...found) => {
    const [decimal, hexadecimal, name] = found as readonly (string | undefined)[];
    if (name !== undefined) return named[name] ?? whole;
    const point = decimal === undefined ? parseInt(hexadecimal ?? '', 16) : Number(decimal);
    return point <= codePointMax ? String.fromCodePoint(point) : whole;
  });
}
