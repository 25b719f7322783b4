import { posix } from 'node:path';
import {
  inDirectories,
  isStorableName,
  outDirectories,
  type InDirectory,
} from '../../vocabulary/index.ts';
import type { Directory } from '../ports.ts';
import { pathCharactersMax } from './limits.ts';

/** What a path means in the fixed tree: a root, six directories, files without further depth. */
export type Place =
  | { readonly kind: 'root' }
  | { readonly kind: 'directory'; readonly directory: Directory }
  | { readonly kind: 'file'; readonly directory: Directory; readonly name: string }
  | { readonly kind: 'nowhere'; readonly why: 'absent' | 'unusable-name' };

/** The six directories of every login, in the order a listing shows them. */
export const directories: readonly Directory[] = [
  ...Object.values(inDirectories),
  ...Object.values(outDirectories),
];

const inNames: readonly string[] = Object.values(inDirectories);

export function isIn(directory: Directory): directory is InDirectory {
  return inNames.includes(directory);
}

/** The path from the root, without dots and trailing slashes. It cannot climb above the root. */
export function absolute(path: string): string {
  const whole = posix.normalize(`/${path}`);
  return whole.length > 1 && whole.endsWith('/') ? whole.slice(0, -1) : whole;
}

/** U+FFFD stands where a name was not UTF-8: two such names could not be told apart. */
export function placeOf(path: string): Place {
  if (path.length > pathCharactersMax) return { kind: 'nowhere', why: 'unusable-name' };
  const [, top = '', name, ...deeper] = absolute(path).split('/');
  if (top === '') return { kind: 'root' };
  const directory = directories.find((one) => one === top);
  if (directory === undefined) return { kind: 'nowhere', why: 'absent' };
  if (name === undefined) return { kind: 'directory', directory };
  if (deeper.length > 0) return { kind: 'nowhere', why: 'absent' };
  const usable = isStorableName(name) && !name.includes('\uFFFD');
  return usable ? { kind: 'file', directory, name } : { kind: 'nowhere', why: 'unusable-name' };
}

/** `/IN/name`, as REALPATH answers. */
export function pathOf(place: Exclude<Place, { kind: 'nowhere' }>): string {
  if (place.kind === 'root') return '/';
  return place.kind === 'file' ? `/${place.directory}/${place.name}` : `/${place.directory}`;
}
