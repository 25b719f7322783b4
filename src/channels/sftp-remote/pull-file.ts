import { createHash } from 'node:crypto';
import {
  elementsOf,
  Failure,
  failureOf,
  inDirectories,
  parseSenderNumber,
  type Clock,
  type Environment,
  type SenderNumber,
} from '../../vocabulary/index.ts';
import type { FileNote, Upload } from '../ports.ts';
import { refusalOf } from '../refusal.ts';
import { deliveredFaults, envelopeSuffix } from './isabel.ts';
import type { PartnerLink } from './partner-link.ts';
import type { Landing, Partner, RemoteFile, RemoteFileStore } from './ports.ts';
import { joined } from './push-file.ts';
import { readRemote, removeRemote, renameRemote, statRemote } from './transfer.ts';

/** A directory of a partner, and what is there for. */
export interface Place {
  readonly partner: Partner;
  readonly environment: Environment;
  readonly directory: string;
}

export interface PullTools {
  readonly files: RemoteFileStore;
  readonly landing: Landing;
  readonly clock: Clock;
}

export interface Pulled {
  /**
   * `repeated`: the same bytes had landed before a crash, nothing landed twice; `foreign`: the partner
   * does not stand for its sender; `busy`: the name is being written by somebody, later.
   */
  readonly outcome: 'landed' | 'repeated' | 'foreign' | 'busy';
  readonly bytes: number;
}

/** Behind the name of a file that was claimed by renaming. */
export const claimSuffix = '.sluis';

/**
 * Fetches one file and deals with it at the partner. Every step can be done again after a crash:
 *
 * 1. what is known of the file was committed when it was listed;
 * 2. it is claimed: its new name tells the same after a crash;
 * 3. it lands as an upload does, durable and known in one statement;
 * 4. it is remembered as landed, and only then removed or archived at the partner.
 *
 * After a crash between 3 and 4 the row of the landed file itself tells that the bytes are here.
 */
export async function pullFile(
  link: PartnerLink,
  tools: PullTools,
  o: {
    readonly place: Place;
    readonly file: RemoteFile;
    /** It bears the claimed name at the partner already. */
    readonly claimed: boolean;
  },
): Promise<Pulled> {
  const { place, file } = o;
  const sender = senderOf(place.partner, file.name);
  if (sender === undefined) {
    await mark(tools, place, file.name, { state: 'refused' });
    return { outcome: 'foreign', bytes: 0 };
  }
  if (file.state === 'landed') {
    await dealWith(link, tools, { place, file, claimed: o.claimed });
    return { outcome: 'repeated', bytes: 0 };
  }
  const claimed = o.claimed || (await claim(link, place, file.name));
  const path = pathOf(place, file.name, claimed);
  const known = await landedBefore(link, tools, { place, file, sender, path });
  if (known === undefined) {
    try {
      await land(link, tools, { place, file, sender, path });
    } catch (error) {
      if (refusalOf(error) === undefined) throw error;
      return { outcome: 'busy', bytes: 0 };
    }
  }
  const sha256 = known ?? (await hashOfLanded(tools, { place, file, sender }));
  await mark(tools, place, file.name, { state: 'landed', sha256 });
  await dealWith(link, tools, { place, file, claimed });
  const outcome = known === undefined ? 'landed' : 'repeated';
  return { outcome, bytes: known === undefined ? file.bytes : 0 };
}

/**
 * Whose file it is: the sender number in its name, where the partner stands for it. A partner of one
 * sender number gets an answer on names without that number, too.
 */
export function senderOf(partner: Partner, name: string): SenderNumber | undefined {
  const numbers = partner.destinations.flatMap(({ number }) => parseSenderNumber(number) ?? []);
  const named = elementsOf(name)?.sender;
  return (
    numbers.find((number) => number === named) ?? (numbers.length === 1 ? numbers[0] : undefined)
  );
}

function pathOf({ directory }: Place, name: string, claimed: boolean): string {
  return joined(directory, claimed ? `${name}${claimSuffix}` : name);
}

async function claim(link: PartnerLink, place: Place, name: string): Promise<boolean> {
  if (place.partner.claim !== 'rename') return false;
  await renameRemote(link, pathOf(place, name, false), pathOf(place, name, true));
  return true;
}

interface Fetching {
  readonly place: Place;
  readonly file: RemoteFile;
  readonly sender: SenderNumber;
  readonly path: string;
}

/** The hash of what landed since the file was seen first, when it is the same; else undefined. */
async function landedBefore(
  link: PartnerLink,
  tools: PullTools,
  { place, file, sender, path }: Fetching,
): Promise<string | undefined> {
  const landed = await tools.files.landed({
    ...{ partner: place.partner.id, sender, name: file.name, since: file.seenAt },
  });
  if (landed?.bytes !== file.bytes) return undefined;
  const hash = createHash('sha256');
  for await (const piece of readRemote(link, { path, from: 0, bytes: file.bytes })) {
    hash.update(piece);
  }
  return hash.digest('hex') === landed.sha256 ? landed.sha256 : undefined;
}

async function hashOfLanded(
  tools: PullTools,
  { place, file, sender }: Omit<Fetching, 'path'>,
): Promise<string> {
  const landed = await tools.files.landed({
    ...{ partner: place.partner.id, sender, name: file.name, since: file.seenAt },
  });
  if (landed !== undefined) return landed.sha256;
  throw new Failure('gateway.defect', { what: 'a file that landed is not known', file: file.name });
}

async function land(link: PartnerLink, tools: PullTools, o: Fetching): Promise<void> {
  const { file, path } = o;
  const note = await noteOf(link, o);
  const upload = await beginUpload(tools, o, note);
  try {
    await fill(link, upload, { path, file });
  } catch (error) {
    const { code } = failureOf(error);
    // Resumed next time, unless what came cannot be trusted.
    if (code === 'channel.differs') await upload.truncate(0);
    await upload.abandon(code.startsWith('channel.') ? 'connection-lost' : 'write-failed');
    throw error;
  }
  await upload.land();
}

/** What the envelope of the hub says beside the file; its faults are told in the receipt. */
async function noteOf(
  link: PartnerLink,
  { place, file, sender, path }: Fetching,
): Promise<FileNote | undefined> {
  const { partner, environment } = place;
  if (partner.profile !== 'isabel') return undefined;
  const { name, bytes } = file;
  const envelopePath = pathOf(place, `${name}${envelopeSuffix}`, false);
  const what = { path, envelopePath, bytes, name, sender, environment };
  return { faults: await deliveredFaults(link, partner, what) };
}

/** What an attempt before left is gone on with only when it was an attempt at this very file. */
async function beginUpload(
  tools: PullTools,
  { place, file, sender }: Fetching,
  note: FileNote | undefined,
): Promise<Upload> {
  const resumes = file.state === 'fetching';
  if (!resumes) await mark(tools, place, file.name, { state: 'fetching' });
  const mailbox = tools.landing.mailboxFor({ partner: place.partner, sender });
  const wish = {
    ...{ directory: inDirectories[place.environment], name: file.name, exclusive: false },
    ...(note === undefined ? {} : { note }),
  };
  if (!resumes) return mailbox.create({ ...wish, truncate: true });
  try {
    return await mailbox.create({ ...wish, truncate: false });
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
    // The attempt before died with it open; nobody else fetches for this partner now.
    return mailbox.create({ ...wish, truncate: true });
  }
}

/** Goes on where an attempt before ended: blocks are written in order, so there is no hole. */
async function fill(
  link: PartnerLink,
  upload: Upload,
  { path, file }: { readonly path: string; readonly file: RemoteFile },
): Promise<void> {
  let at = upload.bytes;
  if (at > file.bytes) {
    await upload.truncate(0);
    at = 0;
  }
  for await (const data of readRemote(link, { path, from: at, bytes: file.bytes })) {
    await upload.write({ at, data });
    at += data.length;
  }
  // Somebody at the partner may still be writing it: then it is not the file that was seen.
  const now = await statRemote(link, path);
  if (now?.bytes !== file.bytes || now.modified !== file.modified) {
    throw new Failure('channel.differs', { path, bytes: file.bytes, held: now?.bytes ?? 0 });
  }
}

/** Removes or archives it at the partner; a file that is left stays remembered as landed. */
async function dealWith(
  link: PartnerLink,
  tools: PullTools,
  o: { readonly place: Place; readonly file: RemoteFile; readonly claimed: boolean },
): Promise<void> {
  const { place, file, claimed } = o;
  const { aftercare, archive } = place.partner;
  if (aftercare === 'leave') return;
  const path = pathOf(place, file.name, claimed);
  // The envelope first: a file without one is still known to have landed.
  if (place.partner.profile === 'isabel') {
    await removeRemote(link, pathOf(place, `${file.name}${envelopeSuffix}`, false));
  }
  if (aftercare === 'delete') await removeRemote(link, path);
  else
    await archiveFile(link, { path, to: joined(archive ?? '', file.name), now: tools.clock.now() });
  await mark(tools, place, file.name, { state: 'gone' });
}

/** A name that is taken in the archive gets the instant behind it. */
async function archiveFile(
  link: PartnerLink,
  { path, to, now }: { readonly path: string; readonly to: string; readonly now: Date },
): Promise<void> {
  const taken = (await statRemote(link, to)) !== undefined;
  await renameRemote(link, path, taken ? `${to}.${String(now.getTime())}` : to);
}

async function mark(
  { files, clock }: PullTools,
  { partner, directory }: Place,
  name: string,
  how: Pick<Parameters<RemoteFileStore['mark']>[0], 'state' | 'sha256'>,
): Promise<void> {
  await files.mark({ partner: partner.id, directory, name, at: clock.now(), ...how });
}
