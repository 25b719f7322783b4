import { createHash } from 'node:crypto';
import type { SchemaPacks } from './ports.ts';

/** The schema documents of one root element and version, complete: nothing is looked up elsewhere. */
export interface SchemaPack {
  /** Local name of the root element. */
  readonly root: string;
  /** YYYYQ of the file name, or whatever stands there. */
  readonly version: string;
  /** Target namespace of the root; absent for the classic schemas. */
  readonly namespace?: string;
  readonly validFrom?: string;
  readonly validTo?: string;
  /** Name of the document that declares the root. */
  readonly main: string;
  readonly files: readonly SchemaFile[];
  /** Its identity constraints or its content model span forms: the file must not be cut. */
  readonly wholeDocument: boolean;
  /** SHA-256, hexadecimal, over root, main and all files: the identity of the compiled schema. */
  readonly sha256: string;
}

export interface SchemaFile {
  /** Plain file name, as an include names it. */
  readonly name: string;
  readonly content: Buffer;
}

/** What a reference to a schema names: `DmfAOriginal_20223.xsd` is root DmfAOriginal, version 20223. */
export interface SchemaName {
  readonly root: string;
  readonly version: string;
}

/** Reads the last path segment of a schema location. Undefined when it is no `.xsd`. */
export function schemaNameOf(location: string): SchemaName | undefined {
  const file = /([^/\\]+)\.xsd$/i.exec(location)?.[1];
  if (file === undefined) return undefined;
  const [, root = file, version = ''] = /^(.+?)_([0-9A-Za-z.-]+)$/.exec(file) ?? [];
  return { root, version };
}

/** Fingerprint of what is compiled: two packs of equal fingerprint share one compiled schema. */
export function packDigest(pack: Pick<SchemaPack, 'root' | 'main' | 'files'>): string {
  const hash = createHash('sha256').update(`${pack.root}\0${pack.main}\0`);
  const sorted = [...pack.files].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, content } of sorted)
    hash.update(`${name}\0${content.length}\0`).update(content);
  return hash.digest('hex');
}

/** Whether a pack may be used on a legal date. */
export function isValidOn(pack: SchemaPack, date: string): boolean {
  return (pack.validFrom ?? date) <= date && date <= (pack.validTo ?? date);
}

/** Packs at hand, as the port that judging asks for. Of several valid ones the last begun wins. */
export function packsOf(packs: readonly SchemaPack[]): SchemaPacks {
  return {
    find: (root, version, onDate) => {
      const fitting = packs.filter(
        (pack) => pack.root === root && pack.version === version && isValidOn(pack, onDate),
      );
      fitting.sort((a, b) => ((a.validFrom ?? '') < (b.validFrom ?? '') ? 1 : -1));
      return Promise.resolve(fitting[0]);
    },
  };
}
