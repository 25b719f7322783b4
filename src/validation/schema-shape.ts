import { localPart } from './schema-index.ts';
import { packDigest, schemaNameOf } from './schema-pack.ts';
import type { SchemaFile, SchemaPack } from './schema-pack.ts';
import { attributesOf, childrenOf, descendantsOf, localNameOf, readTree } from './xml-tree.ts';
import type { XmlTree } from './xml-tree.ts';

interface Document {
  readonly name: string;
  readonly tree: XmlTree;
}

/** Why a set of schema documents cannot be a pack; the texts are facts for the operator. */
export interface ShapeRefusal {
  readonly file: string;
  readonly reason: string;
}

const filesMax = 200;
const bytesMax = 16 * 1024 * 1024;
const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Checks names, sizes, that nothing outside is referred to, and that there is no DTD. */
export function refusalOf(files: readonly SchemaFile[]): ShapeRefusal | undefined {
  const names = new Set(files.map(({ name }) => name));
  const bytes = files.reduce((sum, { content }) => sum + content.length, 0);
  if (files.length === 0 || files.length > filesMax || names.size < files.length) {
    return { file: '', reason: `a pack holds 1 to ${filesMax} files of different names` };
  }
  if (bytes > bytesMax) return { file: '', reason: `a pack holds at most ${bytesMax} bytes` };
  for (const { name, content } of files) {
    if (!plainName.test(name)) return { file: name, reason: 'not a plain file name' };
    if (content.includes('<!DOCTYPE') || content.includes('<!ENTITY')) {
      return { file: name, reason: 'a document type declaration is not allowed' };
    }
    const outside = [...references({ name, tree: readTree(content) })].find(
      (location) => !names.has(location),
    );
    if (outside !== undefined) return { file: name, reason: `${outside} is not in the pack` };
  }
  return undefined;
}

/** The schema locations of a document, as written. An import without one needs no file. */
function* references({ tree }: Document): Generator<string> {
  for (const node of childrenOf(tree, 0)) {
    if (!/^(?:include|import|redefine|override)$/.test(localNameOf(tree, node))) continue;
    const location = attributesOf(tree, node).get('schemaLocation');
    if (location !== undefined) yield location;
  }
}

/** The packs a set of documents makes: one for each global element with `Form` children. */
export function packsIn(
  files: readonly SchemaFile[],
  validity: { readonly validFrom?: string; readonly validTo?: string } = {},
): SchemaPack[] {
  const documents = files.map(({ name, content }) => ({ name, tree: readTree(content) }));
  const included = new Set(documents.flatMap((document) => [...references(document)]));
  const spans = documents.some(({ tree }) => hasConstraints(tree));
  const mains = documents.filter(({ name }) => !included.has(name) && schemaNameOf(name));
  return mains.flatMap((main) => {
    const namespace = attributesOf(main.tree, 0).get('targetNamespace');
    const needed = filesOf(main, documents, files);
    return [...rootsOf(main.tree, documents)].map(({ root, cuttable }) => {
      const pack = { root, main: main.name, files: needed };
      return {
        ...pack,
        version: schemaNameOf(main.name)?.version ?? '',
        ...(namespace === undefined ? {} : { namespace }),
        ...validity,
        wholeDocument: spans || !cuttable,
        sha256: packDigest(pack),
      };
    });
  });
}

/** A main document and all it reaches. */
function filesOf(
  main: Document,
  documents: readonly Document[],
  files: readonly SchemaFile[],
): SchemaFile[] {
  const reached = new Set<string>([main.name]);
  // A set is walked in the order of insertion, what is added on the way included.
  for (const name of reached) {
    const document = documents.find((one) => one.name === name);
    for (const next of document === undefined ? [] : references(document)) reached.add(next);
  }
  return files.filter(({ name }) => reached.has(name));
}

const spanning = new Set(['key', 'keyref', 'unique']);
const identities = new Set(['ID', 'IDREF', 'IDREFS', 'ENTITY', 'ENTITIES', 'NOTATION']);
const typeAttributes = ['type', 'base', 'itemType', 'memberTypes', 'substitutionGroup'];

/**
 * Whether something in the schema may depend on more than one form. Names are compared without
 * their prefix: a type of the schema's own that is called ID is taken for one as well, which costs
 * speed and nothing else. Substitution could put other elements in the place of a form.
 */
function hasConstraints(tree: XmlTree): boolean {
  for (const node of descendantsOf(tree, 0)) {
    if (spanning.has(localNameOf(tree, node))) return true;
    const attributes = attributesOf(tree, node);
    if (attributes.has('substitutionGroup')) return true;
    for (const name of typeAttributes) {
      const types = (attributes.get(name) ?? '').split(/\s+/);
      if (types.some((type) => identities.has(localPart(type)))) return true;
    }
  }
  return false;
}

interface RootFound {
  readonly root: string;
  readonly cuttable: boolean;
}

function* rootsOf(tree: XmlTree, documents: readonly Document[]): Generator<RootFound> {
  for (const element of childrenOf(tree, 0, 'element')) {
    const root = attributesOf(tree, element).get('name');
    const particles = [...particlesOf({ tree, node: element }, documents, 0)];
    if (root === undefined || !particles.some(isFormParticle)) continue;
    yield { root, cuttable: isCuttable(particles) };
  }
}

interface Particle {
  readonly tree: XmlTree;
  readonly node: number;
}

const typesMax = 8;

/**
 * What stands in a root's content model down to its child elements: sequences, choices, wildcards
 * and elements, those of named and of base types included.
 */
function* particlesOf(
  at: Particle,
  documents: readonly Document[],
  depth: number,
): Generator<Particle> {
  if (depth > typesMax) return;
  const { tree, node } = at;
  const attributes = attributesOf(tree, node);
  const named = attributes.get(localNameOf(tree, node) === 'extension' ? 'base' : 'type');
  for (const child of childrenOf(tree, node)) {
    const name = localNameOf(tree, child);
    if (name === 'annotation') continue;
    if (name !== 'complexType') yield { tree, node: child };
    if (name !== 'element') yield* particlesOf({ tree, node: child }, documents, depth);
  }
  if (named === undefined) return;
  for (const other of documents) {
    for (const type of childrenOf(other.tree, 0, 'complexType')) {
      if (attributesOf(other.tree, type).get('name') !== localPart(named)) continue;
      yield* particlesOf({ tree: other.tree, node: type }, documents, depth + 1);
    }
  }
}

function isFormParticle({ tree, node }: Particle): boolean {
  if (localNameOf(tree, node) !== 'element') return false;
  const attributes = attributesOf(tree, node);
  return localPart(attributes.get('ref') ?? attributes.get('name') ?? '') === 'Form';
}

/**
 * Cutting is sound when the root holds forms, any number of them, and nothing else: one plain
 * sequence of one element without an upper bound. Whatever is not recognised is not cut.
 */
function isCuttable(particles: readonly Particle[]): boolean {
  const [sequence, form, ...others] = particles;
  if (sequence === undefined || form === undefined || !others.every(isAttribute)) return false;
  const around = attributesOf(sequence.tree, sequence.node);
  const occurs = attributesOf(form.tree, form.node);
  const once = (around.get('minOccurs') ?? '1') === '1' && (around.get('maxOccurs') ?? '1') === '1';
  return (
    localNameOf(sequence.tree, sequence.node) === 'sequence' &&
    once &&
    isFormParticle(form) &&
    occurs.get('maxOccurs') === 'unbounded' &&
    ['0', '1'].includes(occurs.get('minOccurs') ?? '1')
  );
}

function isAttribute({ tree, node }: Particle): boolean {
  return localNameOf(tree, node) === 'attribute';
}
