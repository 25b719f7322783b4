import { setTimeout as pause } from 'node:timers/promises';
import {
  elementsOf,
  Failure,
  failureOf,
  isStorableName,
  isTemporaryName,
  setKeyOf,
  type Environment,
} from '../../vocabulary/index.ts';
import { envelopeSuffix } from './isabel.ts';
import type { PartnerLink } from './partner-link.ts';
import { claimSuffix, pullFile, type Place, type PullTools } from './pull-file.ts';
import type { Partner, PartnerJournal, RemoteEntry, RemoteFile } from './ports.ts';
import { listRemote } from './transfer.ts';

export interface PullLimits {
  /** A directory is listed within this time, however many pages it has. */
  readonly listingMs: number;
  /** Entries of one directory that are looked at; those beyond come in later rounds. */
  readonly entriesMax: number;
  /** Files fetched in one round. */
  readonly filesMax: number;
  /** Between the two looks that show that a file stands still. */
  readonly stableMs: number;
  /** Entries noted in one statement. */
  readonly pageMax: number;
  /** Listings that show a file without the envelope it must have, before it is taken so. */
  readonly envelopeLooksMax: number;
}

export const pullLimits: PullLimits = {
  listingMs: 5 * 60_000,
  entriesMax: 200_000,
  filesMax: 20_000,
  stableMs: 3_000,
  pageMax: 1_000,
  envelopeLooksMax: 6,
};

export interface RoundTools extends PullTools {
  readonly journal: PartnerJournal;
  readonly limits: PullLimits;
}

export interface RoundCount {
  files: number;
  bytes: number;
}

const environments: readonly Environment[] = ['R', 'T', 'S'];

/**
 * Looks into every directory of a partner and fetches what is whole there, GO files last.
 *
 * @returns what was fetched. `count` is kept up to date for a round that fails in the middle.
 * @throws Failure `channel.*` for the partner, `storage.*` when nothing can land here
 */
export async function pullRound(
  link: PartnerLink,
  tools: RoundTools,
  o: { readonly partner: Partner; readonly count: RoundCount; readonly signal: AbortSignal },
): Promise<void> {
  const { partner, count, signal } = o;
  let first: Failure | undefined;
  for (const environment of environments) {
    const directory = partner.pull[environment];
    if (directory === undefined) continue;
    const place: Place = { partner, environment, directory };
    for (const found of await wholeFiles(link, tools, place, signal)) {
      if (signal.aborted || count.files >= tools.limits.filesMax) break;
      if (!(await tools.landing.isReady())) {
        throw new Failure('storage.unavailable', { partner: partner.name, doing: 'fetch' });
      }
      const failure = await fetchOne(link, tools, { place, found, count });
      first ??= failure;
    }
  }
  // One file that cannot be had keeps no other from coming, and is not forgotten.
  if (first !== undefined) throw first;
}

/** @returns what the partner said when it is about this file alone; anything else is thrown. */
async function fetchOne(
  link: PartnerLink,
  tools: RoundTools,
  o: { readonly place: Place; readonly found: Found; readonly count: RoundCount },
): Promise<Failure | undefined> {
  const { place, found, count } = o;
  try {
    const { outcome, bytes } = await pullFile(link, tools, { place, ...found });
    if (outcome === 'landed') {
      count.files += 1;
      count.bytes += bytes;
    }
    await tell(tools, place, found.file, outcome);
    return undefined;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.code !== 'channel.refused' && failure.code !== 'channel.differs') throw failure;
    await tools.journal.record({
      ...{ level: 'warn', code: 'partner.file-failed', fileName: found.file.name },
      facts: { ...failure.facts, partner: place.partner.name, reason: failure.code },
    });
    return failure;
  }
}

interface Found {
  readonly file: RemoteFile;
  /** Claimed by a round before that did not end. */
  readonly claimed: boolean;
}

async function wholeFiles(
  link: PartnerLink,
  tools: RoundTools,
  place: Place,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const { detection } = place.partner;
  const first = await look(link, tools, place);
  if (detection === 'go') return inOrder(withGo(first));
  const open = (found: Found): boolean => isOpen(found.file);
  if (!first.some((found) => open(found) && !isStill(found))) return inOrder(first.filter(open));
  // Newcomers: the second look comes now, so that they need not wait for the next round.
  // Only the signal ends the pause early, and the next request over the cut line fails by it.
  await pause(tools.limits.stableMs, undefined, { signal }).catch(() => undefined);
  const second = await look(link, tools, place);
  return inOrder(second.filter((found) => open(found) && isStill(found)));
}

const looksMin = 2;

/** Fetched before and not dealt with at the partner needs no second look: nor does a claimed one. */
function isStill({ file, claimed }: Found): boolean {
  return claimed || file.state === 'landed' || file.looks >= looksMin;
}

/** Nobody's files, and those that are left where they are, are not gone for again. */
function isOpen({ state }: RemoteFile): boolean {
  return state !== 'refused';
}

/** Files of sets whose GO is there (or TD, which cancels), claimed ones, and nothing else. */
function withGo(all: readonly Found[]): readonly Found[] {
  const complete = new Set<string>();
  for (const { file } of all) {
    const elements = elementsOf(file.name);
    if (elements?.prefix === 'GO' || elements?.prefix === 'TD') complete.add(setKeyOf(elements));
  }
  return all.filter(({ file, claimed }) => {
    const elements = elementsOf(file.name);
    const whole = elements !== undefined && complete.has(setKeyOf(elements));
    return isOpen(file) && (claimed || whole || file.state === 'landed');
  });
}

/** A set starts with its GO: it comes when everything else of the directory is there. */
function inOrder(all: readonly Found[]): readonly Found[] {
  const isLast = ({ file }: Found): boolean => /^(?:GO|TD)\./.test(file.name);
  return [...all.filter((found) => !isLast(found)), ...all.filter(isLast)];
}

/** Lists a directory and notes what is there. Pages of the server are noted as they come. */
async function look(link: PartnerLink, tools: RoundTools, place: Place): Promise<Found[]> {
  const { limits } = tools;
  const { directory } = place;
  const found: Found[] = [];
  const envelopes = new Set<string>();
  const withEnvelopes = place.partner.profile === 'isabel';
  let page: RemoteEntry[] = [];
  let seen = 0;
  for await (const entries of listRemote(link, { directory, listingMs: limits.listingMs })) {
    seen += entries.length;
    for (const entry of entries) {
      if (withEnvelopes && entry.name.endsWith(envelopeSuffix)) {
        envelopes.add(entry.name.slice(0, -envelopeSuffix.length));
      } else page.push(entry);
    }
    if (page.length >= limits.pageMax) {
      found.push(...(await note(tools, place, page)));
      page = [];
    }
    if (seen >= limits.entriesMax) break;
  }
  found.push(...(await note(tools, place, page)));
  if (!withEnvelopes) return found;
  // A file waits for its envelope, but not for ever: then the hub is at fault (156).
  const { envelopeLooksMax } = limits;
  return found.filter(
    ({ file }) =>
      envelopes.has(file.name) || file.state === 'landed' || file.looks > envelopeLooksMax,
  );
}

async function note(
  { files, clock }: RoundTools,
  { partner, directory }: Place,
  page: readonly RemoteEntry[],
): Promise<readonly Found[]> {
  const claimed = new Set<string>();
  const entries = new Map<string, RemoteEntry>();
  for (const entry of page) {
    const isClaimed = partner.claim === 'rename' && entry.name.endsWith(claimSuffix);
    const name = isClaimed ? entry.name.slice(0, -claimSuffix.length) : entry.name;
    if (!isStorableName(name) || isTemporaryName(name)) continue;
    // Claimed first: a new file under the name waits until that one is dealt with.
    if (isClaimed) claimed.add(name);
    else if (claimed.has(name)) continue;
    entries.set(name, { ...entry, name });
  }
  if (entries.size === 0) return [];
  const known = await files.look({
    ...{ partner: partner.id, directory, entries: [...entries.values()], at: clock.now() },
  });
  const left = partner.aftercare === 'leave';
  return [...known.values()]
    .filter(({ state }) => !(left && state === 'landed'))
    .map((file) => ({ file, claimed: claimed.has(file.name) }));
}

const levels = { landed: 'info', repeated: 'info', foreign: 'warn', busy: 'info' } as const;

async function tell(
  { journal }: RoundTools,
  { partner, directory }: Place,
  { name, bytes }: RemoteFile,
  outcome: keyof typeof levels,
): Promise<void> {
  await journal.record({
    level: levels[outcome],
    code: `partner.file-${outcome}`,
    fileName: name,
    facts: { partner: partner.name, directory, bytes },
  });
}
