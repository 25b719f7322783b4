import { elementsOf, setKeyOf } from '../vocabulary/index.ts';

/** What the files of a set share. A name without the shape of one is a set of its own. */
export function setKeyOfName(name: string): string {
  const elements = elementsOf(name);
  return elements === undefined ? `:${name}` : setKeyOf(elements);
}
