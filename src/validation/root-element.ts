import { decode } from './encoding.ts';
import type { EncodingFound } from './encoding.ts';
import type { SchemaPacks } from './ports.ts';
import { schemaNameOf } from './schema-pack.ts';
import type { SchemaPack } from './schema-pack.ts';
import { attributesIn } from './xml-tree.ts';

/** What the file should hold, by its name. */
export interface Expected {
  /** Four letters of the file name; for the wording of details. */
  readonly type: string;
  readonly roots: readonly string[];
  readonly identifications: readonly string[];
}

/** The root's start tag, read. */
export interface RootElement {
  /** As written, with its prefix. */
  readonly name: string;
  readonly localName: string;
  /** Namespace of the root; empty when it has none. */
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** The start tag as it stands, never self-closing. */
  readonly tag: Buffer;
}

/** Reads a start tag; libxml2 tells elsewhere whether it was well-formed. */
export function readRoot(tag: Buffer, { encoding }: EncodingFound): RootElement {
  const text = decode(tag, encoding);
  const name = /^<([^\s/>]*)/.exec(text)?.[1] ?? '';
  const attributes = attributesIn(text.slice(name.length + 1));
  const colon = name.indexOf(':');
  const declares = colon < 0 ? 'xmlns' : `xmlns:${name.slice(0, colon)}`;
  return {
    name,
    localName: name.slice(colon + 1),
    namespace: attributes.get(declares) ?? '',
    attributes,
    tag: Buffer.from(tag.toString('latin1').replace(/\/\s*>$/, '>'), 'latin1'),
  };
}

const instance = 'http://www.w3.org/2001/XMLSchema-instance';

/** Namespaces of drafts of XML Schema, and attributes of other standards that name a schema. */
const otherStandards = /^http:\/\/www\.w3\.org\/(?:1999|2000\/10)\/XMLSchema-instance$/;

export interface SchemaReference {
  /** The location written for the root's own namespace. */
  readonly location: string;
  /** Named in a way of another standard, or not in the form that the attribute must have. */
  readonly unsupported: boolean;
}

/**
 * The schema a root names for itself, or undefined. Where two attributes name schemas, the one for
 * the root's own namespace counts.
 */
export function schemaReference(root: RootElement): SchemaReference | undefined {
  let other: SchemaReference | undefined;
  for (const [name, value] of root.attributes) {
    const [prefix = '', local] = name.split(':');
    if (local !== 'noNamespaceSchemaLocation' && local !== 'schemaLocation') continue;
    const declared = root.attributes.get(`xmlns:${prefix}`) ?? '';
    if (otherStandards.test(declared)) return { location: value, unsupported: true };
    if (declared !== instance) continue;
    if (local === 'noNamespaceSchemaLocation') {
      // A location is an xs:anyURI: blanks around it are no part of it.
      const named = reference(value.trim());
      if (root.namespace === '') return named;
      other ??= named;
      continue;
    }
    const tokens = value.trim().split(/\s+/);
    if (tokens.length % 2 !== 0) return { location: value, unsupported: true };
    const at = tokens.findIndex((token, index) => index % 2 === 0 && token === root.namespace);
    const named = reference(tokens[Math.max(at, 0) + 1] ?? '');
    if (at >= 0) return named;
    other ??= named;
  }
  return other;
}

function reference(location: string): SchemaReference {
  return { location, unsupported: schemaNameOf(location) === undefined };
}

export interface Choice {
  readonly pack?: SchemaPack;
  readonly version?: string;
  readonly problems: readonly { readonly code: string; readonly detail: string }[];
}

/**
 * Finds the pack a root names and says what is wrong with the way it names it: codes 136, 137, 088,
 * 089, 139 and 158. The location is a name only: nothing is ever fetched from it.
 */
export async function choosePack(
  root: RootElement,
  o: { readonly packs: SchemaPacks; readonly expected: Expected; readonly onDate: string },
): Promise<Choice> {
  const problems: { code: string; detail: string }[] = [];
  const { localName } = root;
  if (!o.expected.roots.includes(localName)) {
    const detail = `a file of type ${o.expected.type} cannot hold the root ${shown(localName)}`;
    problems.push({ code: '158', detail });
  }
  const named = schemaReference(root);
  if (named === undefined) {
    problems.push({ code: '136', detail: 'the root element names no schema' });
    return { problems };
  }
  const schema = schemaNameOf(named.location);
  if (named.unsupported || schema === undefined) {
    const detail = `${shown(named.location)} is not the way to name a schema`;
    problems.push({ code: '137', detail });
    return { problems };
  }
  const { version } = schema;
  const pack = await o.packs.find(localName, version, o.onDate);
  if (pack !== undefined && schemaNameOf(pack.main)?.root === schema.root) {
    const wrong = namespaceProblems(root, pack);
    problems.push(...wrong);
    return wrong.length > 0 ? { version, problems } : { pack, version, problems };
  }
  const other = await o.packs.find(schema.root, version, o.onDate);
  problems.push(
    other === undefined
      ? {
          code: '088',
          detail: `the schema ${shown(`${schema.root}_${version}`)} is not known or not in force`,
        }
      : { code: '089', detail: `the schema that is named has no root ${shown(localName)}` },
  );
  return { version, problems };
}

function namespaceProblems(
  root: RootElement,
  pack: SchemaPack,
): { code: string; detail: string }[] {
  const wanted = pack.namespace ?? '';
  if (root.namespace === wanted) return [];
  const detail =
    wanted === ''
      ? 'the root element must be in no namespace'
      : `the root element must be in the namespace ${wanted}`;
  return [{ code: '139', detail }];
}

const shownMax = 60;

function shown(text: string): string {
  return text.slice(0, shownMax);
}
