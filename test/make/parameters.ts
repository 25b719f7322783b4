import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { ParameterSets } from '../../src/computation/index.ts';
import { loadParameters } from '../../src/computation/index.ts';

/** The parameters the product comes with. */
export function shippedParameters(): Promise<ParameterSets> {
  const root = resolve(import.meta.dirname, '../..');
  return loadParameters({ directory: join(root, 'config/parameters'), parseYaml: parseYaml });
}

export function parseYaml(text: string): unknown {
  return parse(text) as unknown;
}
