import ssh2 from 'ssh2';
import type { Attributes, SFTPWrapper } from 'ssh2';
import type { Clock } from '../../vocabulary/index.ts';
import type { Mailbox } from '../ports.ts';
import { directoryAttributes, fileAttributes } from './attributes.ts';
import { DownloadFile } from './download-file.ts';
import type { Handles } from './handles.ts';
import { pathCharactersMax } from './limits.ts';
import { Listing } from './listing.ts';
import type { OpenFile } from './open-file.ts';
import { absolute, isIn, pathOf, placeOf, type Place } from './paths.ts';
import type { Reply } from './request-line.ts';
import type { Requests } from './requests.ts';
import { Refused } from './status.ts';
import { UploadFile } from './upload-file.ts';

const { OPEN_MODE } = ssh2.utils.sftp;

export interface NameRequests {
  readonly sftp: SFTPWrapper;
  readonly handles: Handles;
  readonly requests: Requests;
  readonly mailbox: Mailbox;
  readonly clock: Clock;
}

const alone = { alone: true };

/** Answers the requests on paths, in the line of the session. */
export function serveNames(parts: NameRequests): void {
  const { sftp, requests } = parts;
  sftp.on('OPEN', (id, path, flags) => {
    requests.ask(id, path, () => open(parts, { id, path, flags }), alone);
  });
  sftp.on('OPENDIR', (id, path) => {
    requests.ask(id, path, () => openDirectory(parts, id, path));
  });
  const stat = (id: number, path: string): void => {
    requests.ask(id, path, async () => {
      const attributes = await attributesAt(parts, path);
      return () => {
        sftp.attrs(id, attributes);
      };
    });
  };
  sftp.on('STAT', stat).on('LSTAT', stat);
  sftp.on('SETSTAT', (id, path, attributes) => {
    // The rest of the attributes, as long as a packet, is not held.
    const { size } = attributes as Partial<Attributes>;
    requests.ask(id, path, () => setAttributes(parts, { id, path, size }));
  });
  sftp.on('REMOVE', (id, path) => {
    requests.ask(id, path, () => remove(parts, id, path), alone);
  });
  sftp.on('RENAME', (id, from, to) => {
    renameFile(parts, { id, from, to, replace: false });
  });
  sftp.on('REALPATH', (id, path) => {
    requests.ask(id, path, () => realPath(parts, id, path));
  });
  refuseTheRest(parts);
}

/** `RENAME`, and `posix-rename@openssh.com`, which replaces. */
export function renameFile(
  { requests, mailbox, handles }: NameRequests,
  o: { readonly id: number; readonly from: string; readonly to: string; readonly replace: boolean },
): void {
  const { id, replace } = o;
  const work = async (): Promise<Reply> => {
    const [source, target] = [fileAt(o.from), fileAt(o.to)];
    const { directory } = source;
    if (!isIn(directory) || target.directory !== directory) {
      throw new Refused('permission-denied', 'Files are renamed within one IN directory');
    }
    await handles.closed();
    await mailbox.rename({ directory, from: source.name, to: target.name, replace });
    return requests.done(id);
  };
  requests.ask(id, o.from, work, { alone: true, to: o.to });
}

interface Opening {
  readonly id: number;
  readonly path: string;
  readonly flags: number;
}

async function open(parts: NameRequests, { id, path, flags }: Opening): Promise<Reply> {
  const writes = (flags & (OPEN_MODE.WRITE | OPEN_MODE.APPEND)) !== 0;
  const handle = await parts.handles.open(() =>
    writes ? openUpload(parts, path, flags) : openDownload(parts, path),
  );
  return () => {
    parts.sftp.handle(id, handle);
  };
}

async function openDownload({ mailbox, clock }: NameRequests, path: string): Promise<OpenFile> {
  const { directory, name } = fileAt(path);
  const entry = await mailbox.stat(directory, name);
  const download = await mailbox.open(directory, name);
  return new DownloadFile({ name, download, modifiedAt: entry?.modifiedAt ?? clock.now() });
}

async function openUpload(
  { mailbox, clock, handles }: NameRequests,
  path: string,
  flags: number,
): Promise<OpenFile> {
  const { directory, name } = fileAt(path);
  if (!isIn(directory)) throw new Refused('permission-denied', 'Answers cannot be written');
  await handles.closed();
  if ((flags & OPEN_MODE.CREAT) === 0 && (await mailbox.stat(directory, name)) === undefined) {
    throw new Refused('no-such-file', 'No such file');
  }
  const upload = await mailbox.create({
    ...{ directory, name },
    truncate: (flags & OPEN_MODE.TRUNC) !== 0,
    exclusive: (flags & OPEN_MODE.EXCL) !== 0,
  });
  const append = (flags & OPEN_MODE.APPEND) !== 0;
  return new UploadFile({ name, upload, append, now: clock.now() });
}

async function openDirectory(
  { sftp, handles, mailbox, clock }: NameRequests,
  id: number,
  path: string,
): Promise<Reply> {
  const place = placeOf(path);
  if (place.kind === 'nowhere') throw refusalFor(place);
  if (place.kind === 'file') throw new Refused('no-such-file', 'Not a directory');
  const directory = place.kind === 'root' ? undefined : place.directory;
  const listing = new Listing({ mailbox, directory, clock });
  const handle = await handles.open(() => Promise.resolve(listing));
  return () => {
    sftp.handle(id, handle);
  };
}

async function attributesAt({ mailbox, clock }: NameRequests, path: string): Promise<Attributes> {
  const place = placeOf(path);
  if (place.kind === 'nowhere') throw refusalFor(place);
  if (place.kind !== 'file') return directoryAttributes(clock.now());
  const entry = await mailbox.stat(place.directory, place.name);
  if (entry === undefined) throw new Refused('no-such-file', 'No such file');
  return fileAttributes(entry);
}

async function setAttributes(
  parts: NameRequests,
  o: { readonly id: number; readonly path: string; readonly size: number | undefined },
): Promise<Reply> {
  await attributesAt(parts, o.path);
  // Times, rights and owners are taken note of nowhere; a size would change a landed file.
  if (o.size !== undefined) throw new Refused('permission-denied', 'Not supported by name');
  return parts.requests.done(o.id);
}

async function remove(
  { mailbox, requests, handles }: NameRequests,
  id: number,
  path: string,
): Promise<Reply> {
  const { directory, name } = fileAt(path);
  await handles.closed();
  await mailbox.remove(directory, name);
  return requests.done(id);
}

function realPath({ sftp, clock }: NameRequests, id: number, path: string): Promise<Reply> {
  if (path.length > pathCharactersMax) {
    return Promise.reject(new Refused('failure', 'This path is too long'));
  }
  const place = placeOf(path);
  const filename = place.kind === 'nowhere' ? absolute(path) : pathOf(place);
  const attrs = directoryAttributes(clock.now());
  return Promise.resolve(() => {
    sftp.name(id, [{ filename, longname: filename, attrs }]);
  });
}

function refuseTheRest({ sftp, requests }: NameRequests): void {
  const fixed = (id: number, path: string): void => {
    const refused = new Refused('permission-denied', 'The tree is fixed');
    requests.ask(id, path, () => Promise.reject(refused));
  };
  const linkless = (id: number, path: string): void => {
    const refused = new Refused('unsupported', 'There are no links');
    requests.ask(id, path, () => Promise.reject(refused));
  };
  sftp.on('MKDIR', fixed).on('RMDIR', fixed);
  sftp.on('READLINK', linkless).on('SYMLINK', linkless);
}

function fileAt(path: string): Place & { kind: 'file' } {
  const place = placeOf(path);
  if (place.kind === 'file') return place;
  throw refusalFor(place);
}

function refusalFor(place: Exclude<Place, { kind: 'file' }>): Refused {
  if (place.kind === 'nowhere' && place.why === 'unusable-name') {
    return new Refused('permission-denied', 'This name cannot be used');
  }
  if (place.kind === 'nowhere') return new Refused('no-such-file', 'No such file or directory');
  return new Refused('permission-denied', 'This is a directory');
}
