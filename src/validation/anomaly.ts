import type { Finding } from '../vocabulary/index.ts';
import { charactersIn } from './encoding.ts';
import type { EngineError } from './engine.ts';
import type { SchemaIndex } from './schema-index.ts';
import { localPart, noZone } from './schema-index.ts';
import { childrenOf, localNameOf, nameOf, nextSibling, textOf } from './xml-tree.ts';
import type { XmlTree } from './xml-tree.ts';

/** The element an error path names, or -1: `/Root/Form[3]/Name[2]`, `*` for the default namespace. */
export function nodeAt(tree: XmlTree, path: string): number {
  let at = -1;
  for (const step of path.split('/').slice(1)) {
    const [, name = '', index = '1'] = /^([^[]+)(?:\[(\d+)\])?$/.exec(step) ?? [];
    at = at < 0 ? 0 : nthChild(tree, at, { name, index: Number(index) });
    if (at < 0) return -1;
  }
  return at;
}

function nthChild(
  tree: XmlTree,
  parent: number,
  { name, index }: { readonly name: string; readonly index: number },
): number {
  return childrenNamed(tree, parent).get(name)?.[index - 1] ?? -1;
}

type ByName = ReadonlyMap<string, readonly number[]>;

/** For as long as the tree lives: thousands of forms may each have an error to be found again. */
const named = new WeakMap<XmlTree, Map<number, ByName>>();

/** The children of an element by their name, and all of them by `*`, in document order. */
function childrenNamed(tree: XmlTree, parent: number): ByName {
  const ofTree = named.get(tree) ?? new Map<number, ByName>();
  named.set(tree, ofTree);
  const found = ofTree.get(parent);
  if (found !== undefined) return found;
  const byName = new Map<string, number[]>([['*', []]]);
  for (const child of childrenOf(tree, parent)) {
    byName.get('*')?.push(child);
    const name = nameOf(tree, child);
    const list = byName.get(name);
    if (list === undefined) byName.set(name, [child]);
    else list.push(child);
  }
  ofTree.set(parent, byName);
  return byName;
}

/** Line from 1 and column from 1, in characters, of an offset; searched from a known line. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Tells places of rising or falling offsets; remembers where it was, so a pass is linear. */
export function placer(
  { bytes, encoding }: Pick<XmlTree, 'bytes' | 'encoding'>,
  from: number,
): (offset: number) => Place {
  let known = { offset: from, line: 1, lineStart: from };
  return (offset) => {
    if (offset < known.offset) known = { offset: from, line: 1, lineStart: from };
    let { line, lineStart } = known;
    for (let at = bytes.indexOf(10, known.offset); at >= 0 && at < offset;) {
      line += 1;
      lineStart = at + 1;
      at = bytes.indexOf(10, lineStart);
    }
    known = { offset, line, lineStart };
    return { line, column: charactersIn(bytes, { from: lineStart, to: offset, encoding }) + 1 };
  };
}

const tagCharactersMax = 50;
const valueCharactersMax = 250;

/** Tag and value of an element, cut to what a notification may carry. */
export function tagAndValue(tree: XmlTree, node: number): Pick<Finding, 'tag' | 'value'> {
  const value = textOf(tree, node).slice(0, valueCharactersMax);
  const tag = localNameOf(tree, node).slice(0, tagCharactersMax);
  return value === '' ? { tag } : { tag, value };
}

interface Anomaly {
  readonly code: string;
  readonly zone: string;
  readonly detail: string;
  /** A general error that says no more when another one names the facet that was broken. */
  readonly general?: boolean;
}

/** Puts an error of libxml2 against the schema into a code of annex 30 and words of our own. */
export function anomalyOf(
  error: EngineError,
  tree: XmlTree,
  node: number,
  index: SchemaIndex,
): Anomaly {
  const name = localNameOf(tree, node);
  const fact = index.get(name);
  const zone = fact?.zone ?? noZone;
  const { message } = error;
  const attribute = /^Element '[^']*', attribute '([^']*)'/.exec(message)?.[1];
  if (attribute !== undefined || /^Element '[^']*': The attribute '/.test(message)) {
    return { code: '274', zone, detail: `an attribute of ${name} is missing, unknown or wrong` };
  }
  const facet = /\[facet '(\w+)'\]/.exec(message)?.[1];
  if (facet !== undefined) return facetAnomaly(facet, { tree, node, zone, numeric: fact?.numeric });
  if (message.includes('Missing child element(s)'))
    return missing(expectedIn(message), name, index);
  if (message.includes('This element is not expected')) {
    return unexpected({ tree, node, index, expected: expectedIn(message) });
  }
  if (message.includes('is not a valid value of the'))
    return wrongValue(tree, node, zone, fact?.numeric);
  if (message.includes('Element content is not allowed')) {
    return { code: '092', zone, detail: `${name} holds a value and no elements` };
  }
  if (message.includes('No matching global') || message.includes('No matching declaration')) {
    return { code: '092', zone, detail: `the schema does not know ${name}` };
  }
  return { code: '255', zone, detail: `${name} does not follow its schema` };
}

interface Valued {
  readonly tree: XmlTree;
  readonly node: number;
  readonly zone: string;
  readonly numeric: boolean | undefined;
}

function facetAnomaly(facet: string, { tree, node, zone, numeric }: Valued): Anomaly {
  const name = localNameOf(tree, node);
  switch (facet) {
    case 'length':
    case 'minLength':
    case 'maxLength':
    case 'totalDigits':
    case 'fractionDigits':
      return { code: '093', zone, detail: `the value of ${name} has a length that is not allowed` };
    case 'enumeration':
      return { code: '008', zone, detail: `the value of ${name} is not in its list` };
    case 'minInclusive':
    case 'maxInclusive':
    case 'minExclusive':
    case 'maxExclusive':
      return { code: '008', zone, detail: `the value of ${name} is out of its range` };
    default:
      return { ...wrongValue(tree, node, zone, numeric), general: false };
  }
}

function wrongValue(tree: XmlTree, node: number, zone: string, numeric = false): Anomaly {
  const name = localNameOf(tree, node);
  return numeric && !/^[+-]?\d+(?:\.\d+)?$/.test(textOf(tree, node))
    ? { code: '002', zone, detail: `the value of ${name} is not a number`, general: true }
    : {
        code: '003',
        zone,
        detail: `the value of ${name} is not written as it must be`,
        general: true,
      };
}

/** The local names in `Expected is one of ( A, {ns}B, ##other{ns}* )`. */
function expectedIn(message: string): string[] {
  const list = /Expected is (?:one of )?\( (.*?) \)/.exec(message)?.[1] ?? '';
  return list
    .split(', ')
    .map((name) => localPart(name.replace(/^\{[^}]*\}/, '')))
    .filter((name) => /^[\w.-]+$/.test(name));
}

function missing(expected: readonly string[], parent: string, index: SchemaIndex): Anomaly {
  const [first] = expected;
  const zone = (first === undefined ? undefined : index.get(first)?.zone) ?? noZone;
  return { code: '090', zone, detail: `${listed(expected)} is missing in ${parent}` };
}

const listedMax = 5;

function listed(names: readonly string[]): string {
  const some = names.slice(0, listedMax).join(' or ');
  return some === '' ? 'an element' : names.length > listedMax ? `${some} or another` : some;
}

function unexpected(o: {
  readonly tree: XmlTree;
  readonly node: number;
  readonly index: SchemaIndex;
  readonly expected: readonly string[];
}): Anomaly {
  const { tree, node, index, expected } = o;
  const name = localNameOf(tree, node);
  const fact = index.get(name);
  if (fact === undefined) {
    return { code: '092', zone: noZone, detail: `the schema does not know ${name}` };
  }
  const before = [...childrenOf(tree, tree.parent[node] ?? 0)].filter((sibling) => sibling < node);
  if (before.some((sibling) => localNameOf(tree, sibling) === name)) {
    return {
      code: '090',
      zone: fact.zone,
      detail: `${name} occurs too often, or not where it must`,
    };
  }
  const after = new Set<string>();
  for (let at = nextSibling(tree, node); at >= 0; at = nextSibling(tree, at)) {
    after.add(localNameOf(tree, at));
  }
  const parent = tree.parent[node] ?? 0;
  if (expected.length > 0 && !expected.some((one) => after.has(one))) {
    return missing(expected, localNameOf(tree, parent), index);
  }
  return { code: '091', zone: fact.zone, detail: `${name} does not stand where it must` };
}
