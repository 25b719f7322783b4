import { readFile, readdir } from 'node:fs/promises';
import { packsIn } from './schema-shape.ts';
import type { SchemaPack } from './schema-pack.ts';

/**
 * The packs that come with sluis: the schemas of a folder whose roots are message types. They were
 * compiled by both engines in the tests and are taken as they are.
 */
export async function builtInPacks(o: {
  readonly folder: URL;
  readonly roots: readonly string[];
}): Promise<SchemaPack[]> {
  const names = (await readdir(o.folder)).filter((name) => name.endsWith('.xsd')).sort();
  const packs: SchemaPack[] = [];
  for (const name of names) {
    const content = await readFile(new URL(encodeURIComponent(name), o.folder));
    packs.push(...packsIn([{ name, content }]).filter(({ root }) => o.roots.includes(root)));
  }
  return packs;
}
