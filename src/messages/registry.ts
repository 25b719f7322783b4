import type { FormReader } from '../validation/index.ts';
import { aoat } from './aoat/index.ts';
import { dimn } from './dimn/index.ts';
import { dmfa } from './dmfa/index.ts';
import { medc } from './medc/index.ts';
import type { MessageType } from './message-type.ts';
import { wech } from './wech/index.ts';
import { zima } from './zima/index.ts';

const all: readonly MessageType[] = [medc, dmfa, dimn, wech, zima, aoat];

/** Every message type sluis knows, by its code. One folder a type, one line here. */
export const messageTypes: ReadonlyMap<string, MessageType> = new Map(
  all.map((type) => [type.code, type]),
);

const byRoot = new Map(
  all.flatMap((type) => type.roots.map((root, index) => [root, readerFor(type, index)] as const)),
);

/** Reads and checks the forms of one root: its own Identification is the only one that fits. */
export function readerOf(root: string): FormReader | undefined {
  return byRoot.get(root);
}

function readerFor(type: MessageType, index: number): FormReader {
  const own = type.identifications[index];
  return own === undefined ? type : { ...type, identifications: [own] };
}
