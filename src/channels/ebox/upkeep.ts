import { brusselsDate, brusselsHour, type Clock, type Language } from '../../vocabulary/index.ts';
import type {
  DigestWish,
  EboxBlobs,
  EboxStore,
  EboxTransaction,
  ExpiredDocument,
} from './ports.ts';

/** Letters about a box; they never say what a document says, nor who sent it. */
export interface EboxLetters {
  expiring(letter: ExpiringLetter, trx: EboxTransaction): Promise<void>;
  digest(letter: DigestLetter, trx: EboxTransaction): Promise<void>;
}

export interface BoxLetter {
  readonly to: string;
  readonly language: Language;
  readonly enterprise: string;
  /** In the language of the letter. */
  readonly quality: string;
  readonly count: number;
}

export interface ExpiringLetter extends BoxLetter {
  /** YYYY-MM-DD: the last day of the first of them. */
  readonly until: string;
}

export interface DigestLetter extends BoxLetter {
  /** In the whole box. */
  readonly unread: number;
}

/** Told of what was done for a box. */
export interface EboxNews {
  warned(o: {
    readonly qualityId: string;
    readonly count: number;
    readonly until: string;
    /** False while nobody has an address. */
    readonly written: boolean;
  }): Promise<void>;
  /** In the trail, with the transaction that deletes. */
  expired(document: ExpiredDocument, trx: EboxTransaction): Promise<void>;
}

export interface EboxUpkeepTools {
  readonly store: EboxStore;
  readonly blobs: EboxBlobs;
  readonly clock: Clock;
  readonly letters: EboxLetters;
  readonly news: EboxNews;
}

/** Boxes, or documents, taken up by one statement; there is another as long as there are more. */
const roundMax = 200;
/** From this legal hour on digests are written. */
const digestHour = '07:00';

/**
 * Warns the readers of documents that are about to end: one letter for a box, and once for each
 * document, whatever the number of processes.
 *
 * @returns how many boxes were warned
 */
export async function warnOfExpiry(tools: EboxUpkeepTools): Promise<number> {
  const { store, clock } = tools;
  const at = clock.now();
  const today = brusselsDate(at);
  return eachBox(
    () => store.upkeep.boxesToWarn({ today, max: roundMax }),
    (qualityId) => warnBox(tools, qualityId, { at, today }),
  );
}

async function warnBox(
  { store, letters, news }: EboxUpkeepTools,
  qualityId: string,
  { at, today }: { readonly at: Date; readonly today: string },
): Promise<boolean> {
  return store.transaction(async (rows, trx) => {
    const warned = await rows.markWarned(qualityId, { today, at });
    if (warned === undefined) return false;
    const { count, firstEndsOn: until } = warned;
    const address = await rows.addressOf(qualityId);
    if (address !== undefined) {
      const { email: to, language, enterprise, quality } = address;
      const letter = { to, language, enterprise, quality: quality[language], count, until };
      await letters.expiring(letter, trx);
    }
    await news.warned({ qualityId, count, until, written: address !== undefined });
    return true;
  });
}

/**
 * Deletes documents that are past their last day: first the rows with their line in the trail, then
 * the bytes, so that a crash between leaves bytes without a row and never the reverse.
 *
 * @returns how many documents were deleted
 */
export async function deleteExpired(tools: EboxUpkeepTools): Promise<number> {
  const { store, blobs, clock, news } = tools;
  const at = clock.now();
  const today = brusselsDate(at);
  let total = 0;
  for (;;) {
    const gone = await store.transaction(async (rows, trx) => {
      const expired = await rows.expire({ today, at, max: roundMax });
      for (const document of expired) await news.expired(document, trx);
      return expired;
    });
    for (const blob of gone.flatMap((document) => document.blobs)) await blobs.remove(blob);
    total += gone.length;
    if (gone.length < roundMax) return total;
  }
}

/**
 * Writes the digests of the day, on Mondays the weekly ones too: how many documents came since the
 * last one. A box is told nothing when nothing came. What a process that died left undone, the next
 * run does: the day of a box is marked with its letter.
 *
 * @returns how many letters were written
 */
export async function writeDigests(tools: EboxUpkeepTools): Promise<number> {
  const { store, clock } = tools;
  const at = clock.now();
  const today = brusselsDate(at);
  if (brusselsHour(at) < digestHour) return 0;
  const wishes: readonly DigestWish[] = isMonday(today) ? ['daily', 'weekly'] : ['daily'];
  return eachBox(
    () => store.upkeep.boxesToDigest({ today, wishes, max: roundMax }),
    (qualityId) => digestBox(tools, qualityId, { at, today }),
  );
}

async function digestBox(
  { store, letters }: EboxUpkeepTools,
  qualityId: string,
  { at, today }: { readonly at: Date; readonly today: string },
): Promise<boolean> {
  return store.transaction(async (rows, trx) => {
    const news = await rows.markDigested(qualityId, { today, at });
    const address = news === undefined ? undefined : await rows.addressOf(qualityId);
    if (news === undefined || address === undefined) return false;
    const { email: to, language, enterprise, quality } = address;
    await letters.digest({ to, language, enterprise, quality: quality[language], ...news }, trx);
    return true;
  });
}

/** Works through boxes round by round; work on a box takes it out of what is found. */
async function eachBox(
  find: () => Promise<readonly string[]>,
  work: (qualityId: string) => Promise<boolean>,
): Promise<number> {
  let done = 0;
  for (;;) {
    const boxes = await find();
    for (const qualityId of boxes) if (await work(qualityId)) done += 1;
    if (boxes.length < roundMax) return done;
  }
}

function isMonday(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).getUTCDay() === 1;
}
