import { attributesOf, childrenOf, descendantsOf, find, localNameOf, textOf } from './xml-tree.ts';
import type { XmlTree } from './xml-tree.ts';

/** What the schema says of an element, as far as a finding needs it. */
export interface ElementFact {
  /** The five digits in its documentation, or `00000`. */
  readonly zone: string;
  /** Its values are numbers: a wrong one is "not numeric". */
  readonly numeric: boolean;
}

/** The elements a schema declares, by local name. */
export type SchemaIndex = ReadonlyMap<string, ElementFact>;

export const noZone = '00000';

const numericBases = new Set(
  ['integer', 'decimal', 'int', 'long', 'short', 'byte', 'float', 'double']
    .concat(['unsignedInt', 'unsignedLong', 'unsignedShort', 'unsignedByte'])
    .concat(['positiveInteger', 'nonNegativeInteger', 'negativeInteger', 'nonPositiveInteger']),
);

/** Local part of a qualified name. */
export function localPart(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

const basesMax = 16;

/** Reads the declarations of the schema's documents; of two elements of one name the global wins. */
export function indexSchema(documents: readonly XmlTree[]): SchemaIndex {
  const types = namedTypes(documents);
  const index = new Map<string, ElementFact>();
  const add = (tree: XmlTree, node: number): void => {
    const name = attributesOf(tree, node).get('name');
    if (name === undefined || localNameOf(tree, node) !== 'element' || index.has(name)) return;
    index.set(name, { zone: zoneOf(tree, node), numeric: isNumeric(tree, node, types) });
  };
  for (const tree of documents) for (const node of childrenOf(tree, 0)) add(tree, node);
  for (const tree of documents) for (const node of descendantsOf(tree, 0)) add(tree, node);
  return index;
}

/** The base of every named simple type. */
function namedTypes(documents: readonly XmlTree[]): Map<string, string> {
  const bases = new Map<string, string>();
  for (const tree of documents) {
    for (const node of childrenOf(tree, 0, 'simpleType')) {
      const name = attributesOf(tree, node).get('name');
      if (name !== undefined) bases.set(name, baseOf(tree, node));
    }
  }
  return bases;
}

function baseOf(tree: XmlTree, simpleType: number): string {
  const restriction = find(tree, simpleType, 'restriction');
  if (restriction < 0) return '';
  const inner = find(tree, restriction, 'simpleType');
  return inner >= 0
    ? baseOf(tree, inner)
    : localPart(attributesOf(tree, restriction).get('base') ?? '');
}

function isNumeric(tree: XmlTree, element: number, types: ReadonlyMap<string, string>): boolean {
  const inner = find(tree, element, 'simpleType');
  let base =
    inner >= 0 ? baseOf(tree, inner) : localPart(attributesOf(tree, element).get('type') ?? '');
  for (let step = 0; step < basesMax && !numericBases.has(base); step += 1) {
    const next = types.get(base);
    if (next === undefined) return false;
    base = next;
  }
  return numericBases.has(base);
}

function zoneOf(tree: XmlTree, element: number): string {
  for (const note of childrenOf(tree, find(tree, element, 'annotation'), 'documentation')) {
    const zone = /^\s*(\d{5})\b/.exec(textOf(tree, note))?.[1];
    if (zone !== undefined) return zone;
  }
  return noZone;
}
