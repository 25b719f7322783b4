import { blocks } from '../vocabulary/index.ts';
import type { Extract, Finding, FormHeader, JudgedForm } from '../vocabulary/index.ts';
import { anomalyOf, nodeAt, placer, tagAndValue } from './anomaly.ts';
import type { Place } from './anomaly.ts';
import type { Encoding } from './encoding.ts';
import { judgeDocument } from './engine.ts';
import type { CompiledSchema, EngineError } from './engine.ts';
import type { FormReader, FormView, JudgeContext } from './ports.ts';
import {
  childrenOf,
  integerAt,
  localNameOf,
  locationOf,
  looseTextIn,
  readTree,
  textAt,
} from './xml-tree.ts';
import type { XmlTree } from './xml-tree.ts';

/** A chunk within its root: prefix (declaration, root start tag), content, suffix (root end tag). */
export interface WrappedChunk {
  readonly bytes: Buffer;
  readonly prefixBytes: number;
  readonly suffixBytes: number;
  /** Offset of the content in its part. */
  readonly from: number;
  readonly encoding: Encoding;
  readonly elementsBefore: number;
  readonly firstForm: number;
  readonly findingsMax: number;
}

/** A problem of the whole file, met in a chunk; its place counts from the chunk's first byte. */
export interface ChunkProblem extends Place {
  readonly code: '102' | '089' | '205' | '312';
  readonly detail: string;
}

/** Lines and columns count from the chunk's first byte: only the caller knows what stands before. */
export interface ChunkResult {
  readonly problems: readonly ChunkProblem[];
  /** Forms that carry an Identification of another type. */
  readonly foreign: number;
  readonly newlines: number;
  /** Characters after the last newline of the chunk, or all of them when it has none. */
  readonly lastLine: number;
}

/**
 * Judges one chunk: well-formedness, schema, and per form its extract and its business rules. Forms
 * are handed to `take` one by one; of a chunk that is not well-formed there are none.
 */
export function judgeChunk(
  chunk: WrappedChunk,
  o: {
    readonly schema?: CompiledSchema | undefined;
    readonly reader?: FormReader | undefined;
    readonly context: JudgeContext;
    readonly take: (form: JudgedForm) => void;
  },
): ChunkResult {
  const verdict = judgeDocument(chunk.bytes, o.schema);
  const place = placer(chunk, chunk.prefixBytes);
  if (!verdict.wellFormed) {
    const problems = [syntaxProblem(chunk, verdict.error)];
    return { problems, foreign: 0, ...extentOf(chunk, place) };
  }
  const tree = readTree(chunk.bytes, chunk.encoding);
  const problems = [...strays(tree, place)];
  const errors = sortErrors(tree, verdict.errors, { problems, place });
  let count = 0;
  let foreign = 0;
  for (const node of childrenOf(tree, 0, 'Form')) {
    const number = chunk.firstForm + count;
    const form = judgeForm({
      chunk,
      tree,
      node,
      place,
      number,
      errors: errors.get(node) ?? [],
      ...o,
    });
    count += 1;
    o.take(form);
    if (isForeign(form.header.identification, o.reader)) foreign += 1;
  }
  return { problems, foreign, ...extentOf(chunk, place) };
}

function isForeign(identification: string, reader: FormReader | undefined): boolean {
  return identification !== '' && reader?.identifications.includes(identification) === false;
}

function extentOf(
  { bytes, suffixBytes }: WrappedChunk,
  place: (offset: number) => Place,
): Pick<ChunkResult, 'newlines' | 'lastLine'> {
  const { line, column } = place(bytes.length - suffixBytes);
  return { newlines: line - 1, lastLine: column - 1 };
}

/** libxml2 counts lines and columns from the prefix on; never past the end of the content. */
function syntaxProblem(chunk: WrappedChunk, error: EngineError): ChunkProblem {
  const prefix = chunk.bytes.toString('latin1', 0, chunk.prefixBytes).split('\n');
  const line = Math.max(1, error.line - prefix.length + 1);
  const onFirst = error.line <= prefix.length;
  const column = Math.max(1, onFirst ? error.column - (prefix.at(-1)?.length ?? 0) : error.column);
  return { code: '102', detail: syntaxDetail(error.message), line, column };
}

/** A sentence for what makes a document ill-formed; rare kinds share the last one. */
export function syntaxDetail(message: string): string {
  const kinds: readonly (readonly [RegExp, string])[] = [
    [/tag mismatch/i, 'an end tag does not match its start tag'],
    [/Premature end|EndTag|Extra content/i, 'the document ends too early or too late'],
    [/Invalid bytes|encoding/i, 'the bytes are not of the encoding that is named'],
    [/Char 0x|invalid Char|xmlChar/i, 'a character is not allowed in XML'],
    [/Entity|EntityRef/i, 'an entity is not known or not closed'],
    [/namespace|Namespace/, 'a namespace prefix is not declared'],
    [/attribute|AttValue|Attribute/, 'an attribute is not well-formed'],
    [/depth/i, 'elements are nested too deep'],
    [/limit/i, 'a text or a tag is longer than allowed'],
  ];
  return kinds.find(([pattern]) => pattern.test(message))?.[1] ?? 'the XML is not well-formed';
}

function* strays(tree: XmlTree, place: (offset: number) => Place): Generator<ChunkProblem> {
  for (const node of childrenOf(tree, 0)) {
    const name = localNameOf(tree, node);
    if (name === 'Form') continue;
    const detail = `${name.slice(0, 50)} stands beside the forms and is none`;
    yield { code: '205', detail, ...place(tree.start[node] ?? 0) };
    return;
  }
}

/** Errors by form; those of the root are problems of the file. */
function sortErrors(
  tree: XmlTree,
  errors: readonly EngineError[],
  o: { readonly problems: ChunkProblem[]; readonly place: (offset: number) => Place },
): Map<number, EngineError[]> {
  const byForm = new Map<number, EngineError[]>();
  for (const error of errors) {
    const node = error.path === undefined ? 0 : nodeAt(tree, error.path);
    const form = formAbove(tree, node);
    if (form === 0) {
      o.problems.push(...rootProblem(tree, node, error, o.place));
      continue;
    }
    const list = byForm.get(form);
    if (list === undefined) byForm.set(form, [error]);
    else list.push(error);
  }
  return byForm;
}

function formAbove(tree: XmlTree, node: number): number {
  let at = node;
  while (at > 0 && tree.parent[at] !== 0) at = tree.parent[at] ?? 0;
  return at > 0 && localNameOf(tree, at) === 'Form' ? at : 0;
}

function rootProblem(
  tree: XmlTree,
  node: number,
  { message }: EngineError,
  placeOf: (offset: number) => Place,
): ChunkProblem[] {
  const place = { line: 1, column: 1 };
  if (node > 0 || message.includes('Missing child element')) return [];
  if (message.includes('Character content') || message.includes('not expected')) {
    const at = looseTextIn(tree, 0);
    const where = at === undefined ? place : placeOf(at);
    return [{ code: '205', detail: 'text stands between the forms', ...where }];
  }
  if (message.includes('No matching global')) {
    return [
      {
        code: '089',
        detail: `the schema does not know the root ${localNameOf(tree, 0)}`,
        ...place,
      },
    ];
  }
  return [{ code: '312', detail: 'the root element does not follow its schema', ...place }];
}

interface FormCase {
  readonly chunk: WrappedChunk;
  readonly tree: XmlTree;
  readonly node: number;
  readonly place: (offset: number) => Place;
  readonly number: number;
  readonly errors: readonly EngineError[];
  readonly schema?: CompiledSchema | undefined;
  readonly reader?: FormReader | undefined;
  readonly context: JudgeContext;
}

function judgeForm(o: FormCase): JudgedForm {
  const { chunk, tree, node } = o;
  const start = tree.start[node] ?? 0;
  const { line } = o.place(start);
  const view: FormView = {
    tree,
    node,
    header: headerOf(tree, node),
    report: (at, finding) => ({ ...finding, ...tagAndValue(tree, at), ...whereIs(o, at) }),
  };
  const valid = o.errors.length === 0 && o.schema !== undefined;
  const findings = valid ? (o.reader?.check(view, o.context) ?? []) : schemaFindings(o, view);
  const extract = extractOf(o.reader?.read(view), valid && !findings.some(blocks));
  return {
    number: o.number,
    offset: chunk.from + start - chunk.prefixBytes,
    length: (tree.end[node] ?? 0) - start,
    line,
    header: view.header,
    findings: findings.slice(0, chunk.findingsMax),
    ...(extract === undefined ? {} : { extract }),
  };
}

/** A form that is refused is a duplicate of nothing. */
function extractOf(extract: Extract | undefined, accepted: boolean): Extract | undefined {
  return extract === undefined || accepted ? extract : { ...extract, keys: [] };
}

function headerOf(tree: XmlTree, node: number): FormHeader {
  return {
    identification: textAt(tree, node, 'Identification'),
    creationDate: textAt(tree, node, 'FormCreationDate'),
    creationHour: textAt(tree, node, 'FormCreationHour'),
    attestationStatus: integerAt(tree, node, 'AttestationStatus'),
    typeForm: textAt(tree, node, 'TypeForm'),
  };
}

/** The path counts in the part, not in the chunk: the elements before the chunk are added. */
function whereIs(o: FormCase, node: number): Pick<Finding, 'line' | 'column' | 'location'> {
  const [root = 1, child = 1, ...below] = locationOf(o.tree, node);
  const location = [root, child + o.chunk.elementsBefore, ...below].join(',');
  return { ...o.place(o.tree.start[node] ?? 0), location };
}

/** One finding an element and code; the facet that was broken tells more than "not valid". */
function schemaFindings(o: FormCase, view: FormView): Finding[] {
  const { schema } = o;
  if (schema === undefined) return [];
  const seen = new Set<string>();
  const told = new Set<number>();
  const findings: Finding[] = [];
  for (const error of o.errors) {
    if (findings.length >= o.chunk.findingsMax) break;
    const node = error.path === undefined ? -1 : nodeAt(o.tree, error.path);
    const at = node < 0 ? o.node : node;
    const { code, zone, detail, general } = anomalyOf(error, o.tree, at, schema.index);
    if (seen.has(`${at}/${code}`) || (general === true && told.has(at))) continue;
    seen.add(`${at}/${code}`);
    told.add(at);
    findings.push(view.report(at, { code, zone, anomalyClass: 'B', detail }));
  }
  return findings;
}
