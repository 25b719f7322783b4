import { Failure } from '../../vocabulary/index.ts';
import type { ParcelPart } from '../contract.ts';
import type { PartnerLink } from './partner-link.ts';
import { hashRemote, removeRemote, renameRemote, statRemote, writeRemote } from './transfer.ts';

export interface Pushing {
  readonly directory: string;
  readonly part: ParcelPart;
  /** Tried before: the partner may have it already, whole or in part. */
  readonly repeated: boolean;
  /** What was written is read back and compared by hash before it gets its name. */
  readonly readBack: boolean;
  readonly signal: AbortSignal;
}

/**
 * Brings one file: under a temporary name, compared with what was sent, then renamed. What an
 * attempt before left is looked at first, so that a file that arrived is not brought twice.
 *
 * @throws Failure `channel.differs`, `channel.refused`, `channel.timed-out`, `channel.unreachable`
 */
export async function pushFile(link: PartnerLink, o: Pushing): Promise<void> {
  const { directory, part } = o;
  const path = joined(directory, part.name);
  const temporary = temporaryPath(directory, part.name);
  if (o.repeated) {
    if (await holds(link, path, part)) return;
    if (await holds(link, temporary, part)) return publish(link, { temporary, path, part });
  }
  try {
    await write(link, temporary, o);
  } catch (error) {
    // Not left under a name that a later attempt could take for whole. Should it stay, its hash is
    // looked at before it is taken for anything; why the write failed is what is told.
    if (isUp(link)) await removeRemote(link, temporary).catch(() => undefined);
    throw error;
  }
  await publish(link, { temporary, path, part });
}

function isUp(link: PartnerLink): boolean {
  return !link.lost;
}

/** A leading dot and `.tmp`: every convention for a file that is not there yet. */
export function temporaryPath(directory: string, name: string): string {
  return joined(directory, `.${name}.tmp`);
}

export function joined(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

async function write(link: PartnerLink, temporary: string, o: Pushing): Promise<void> {
  const { part } = o;
  const bytes = await writeRemote(link, { path: temporary, pieces: untilAborted(part, o.signal) });
  if (bytes !== part.bytes) {
    throw new Failure('gateway.defect', { what: 'a file of a parcel', bytes, told: part.bytes });
  }
  if (o.readBack && (await hashRemote(link, { path: temporary, bytes })) !== part.sha256) {
    throw new Failure('channel.differs', { path: temporary, bytes });
  }
}

/** @throws Failure `channel.timed-out` once the attempt is given up */
async function* untilAborted(part: ParcelPart, signal: AbortSignal): AsyncGenerator<Buffer> {
  const goOn = (): void => {
    if (signal.aborted) throw new Failure('channel.timed-out', { file: part.name });
  };
  goOn();
  for await (const piece of part.open()) {
    goOn();
    yield piece;
  }
}

async function publish(
  link: PartnerLink,
  o: { readonly temporary: string; readonly path: string; readonly part: ParcelPart },
): Promise<void> {
  try {
    await renameRemote(link, o.temporary, o.path);
  } catch (error) {
    // The answer to a rename may be lost, and a name may be taken by ourselves from before.
    if (!isUp(link) || !(await holds(link, o.path, o.part))) throw error;
    await removeRemote(link, o.temporary);
  }
}

/** Whether exactly these bytes stand there. */
async function holds(link: PartnerLink, path: string, part: ParcelPart): Promise<boolean> {
  const found = await statRemote(link, path);
  if (found?.bytes !== part.bytes) return false;
  try {
    return (await hashRemote(link, { path, bytes: part.bytes })) === part.sha256;
  } catch (error) {
    // Not ours to read: its size is all there is to go by.
    if (isDenied(error)) return true;
    throw error;
  }
}

const permissionDenied = 3;

function isDenied(error: unknown): boolean {
  return error instanceof Failure && error.facts['status'] === permissionDenied;
}
