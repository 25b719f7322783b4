import type { NameElements } from '../vocabulary/index.ts';
import { elementsOf } from '../vocabulary/index.ts';
import type { Patience, WaitingFile } from './ports.ts';

/** A landed file: it has bytes, a hash and a place in the blob store. */
export interface LandedFile extends WaitingFile {
  readonly state: 'LANDED';
  readonly sha256: Buffer;
  readonly blob: string;
  readonly landedAt: Date;
}

/** A file of a set whose name has the shape of one. */
export interface SetFile extends LandedFile {
  readonly elements: NameElements;
}

/**
 * What the files of one set amount to at this moment.
 *
 * - `wait`: not yet; look again at `until`, or when one of its files changes.
 * - `set`: to be received; `trigger` is the GO.
 * - `cancel`: a TD came before the GO was taken up.
 * - `no-go`: the GO never came (130).
 * - `stray`: one file whose name has no known shape (107, 131, 132 or 129).
 * - `idle-cancel`: a TD with nothing to cancel.
 */
export type Gathered =
  | { readonly kind: 'wait'; readonly until: Date }
  | { readonly kind: 'set'; readonly trigger: SetFile; readonly files: readonly SetFile[] }
  | { readonly kind: 'cancel'; readonly trigger: SetFile; readonly files: readonly SetFile[] }
  | { readonly kind: 'no-go'; readonly trigger: SetFile; readonly files: readonly SetFile[] }
  | { readonly kind: 'stray'; readonly file: LandedFile; readonly code: string }
  | { readonly kind: 'idle-cancel'; readonly trigger: SetFile };

/**
 * Decides what to do with the files that share one set key. Clients upload in any order and some
 * write under the final name while the GO is there already, so a set is taken up when it is
 * complete, or when the settle window has passed since its last change.
 */
export function gather(
  files: readonly WaitingFile[],
  now: Date,
  patience: Patience,
): readonly Gathered[] {
  const landed = files.filter(isLanded);
  const strays = landed.filter((file) => shapeFault(file.name) !== undefined);
  const members = landed.flatMap((file) => memberOf(file));
  const uploading = files.some((file) => file.state === 'UPLOADING');
  return [
    ...strays.map((file) => gatherStray(file, now, patience)),
    ...(members.length === 0 ? [] : [gatherSet(members, uploading, now, patience)]),
  ];
}

/** The code of a name without the shape of its prefix; undefined when the shape is right. */
export function shapeFault(name: string): '107' | '131' | '132' | '129' | undefined {
  const prefix = name.split('.', 1)[0] ?? '';
  const faults = { GO: '107', TD: '107', FI: '131', FS: '132' } as const;
  if (!isPrefix(prefix)) return '129';
  return elementsOf(name) === undefined ? faults[prefix] : undefined;
}

function isPrefix(text: string): text is 'GO' | 'TD' | 'FI' | 'FS' {
  return ['GO', 'TD', 'FI', 'FS'].includes(text);
}

function isLanded(file: WaitingFile): file is LandedFile {
  return file.state === 'LANDED' && file.landedAt !== undefined;
}

function memberOf(file: LandedFile): SetFile[] {
  const elements = elementsOf(file.name);
  return elements === undefined || !isPrefix(elements.prefix) ? [] : [{ ...file, elements }];
}

function gatherStray(file: LandedFile, now: Date, patience: Patience): Gathered {
  const until = later(file.landedAt, patience.settleMs);
  // The sender may still rename it: that is how some clients publish a finished upload.
  if (until > now) return { kind: 'wait', until };
  return { kind: 'stray', file, code: shapeFault(file.name) ?? '129' };
}

function gatherSet(
  members: readonly SetFile[],
  uploading: boolean,
  now: Date,
  patience: Patience,
): Gathered {
  const ordered = [...members].sort((a, b) => a.landedAt.getTime() - b.landedAt.getTime());
  const latest = ordered.at(-1)?.landedAt ?? now;
  const settled = later(latest, patience.settleMs);
  const cancel = ordered.find(({ elements }) => elements.prefix === 'TD');
  const go = ordered.find(({ elements }) => elements.prefix === 'GO');
  if (cancel !== undefined) {
    if (members.length > 1) return { kind: 'cancel', trigger: cancel, files: members };
    return settled > now
      ? { kind: 'wait', until: settled }
      : { kind: 'idle-cancel', trigger: cancel };
  }
  if (go !== undefined) {
    if (!uploading && isComplete(go, members)) return { kind: 'set', trigger: go, files: members };
    const hold = uploading || settled > now;
    return hold
      ? { kind: 'wait', until: uploading ? later(now, patience.settleMs) : settled }
      : { kind: 'set', trigger: go, files: members };
  }
  return gatherWithoutGo(ordered, uploading, now, patience);
}

function gatherWithoutGo(
  ordered: readonly SetFile[],
  uploading: boolean,
  now: Date,
  patience: Patience,
): Gathered {
  const latest = ordered.at(-1)?.landedAt ?? now;
  const until = later(latest, patience.goTimeoutMs);
  const first = ordered.find(({ elements }) => elements.prefix === 'FI') ?? ordered[0];
  if (first === undefined || uploading || until > now) {
    return { kind: 'wait', until: until > now ? until : later(now, patience.settleMs) };
  }
  return { kind: 'no-go', trigger: first, files: ordered };
}

/** Whether nothing more is to come: every part's FI, and its FS unless the set is a simulation. */
function isComplete(go: SetFile, members: readonly SetFile[]): boolean {
  const { parts = '1' } = go.elements;
  const has = (prefix: string, part: number): boolean =>
    members.some(({ elements }) => elements.prefix === prefix && partOf(elements) === part);
  // A number that no set can have is a matter of the name checks; nobody counts up to it here.
  const wanted = /^[1-9]$/.test(parts) ? Number(parts) : 1;
  const numbers = Array.from({ length: wanted }, (_, i) => i + 1);
  const signed = go.elements.environment !== 'S';
  return numbers.every((part) => has('FI', part) && (!signed || has('FS', part)));
}

/** The part a FI or FS is; the layout without parts is part 1. Not a number: NaN, no part at all. */
export function partOf(elements: NameElements): number {
  return elements.part === undefined ? 1 : Number(elements.part);
}

function later(from: Date, ms: number): Date {
  return new Date(from.getTime() + ms);
}
