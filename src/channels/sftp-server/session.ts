import ssh2 from 'ssh2';
import type { Attributes, SFTPWrapper } from 'ssh2';
import type { AbandonReason, ChannelJournal, Directory, LoginAccount, Mailbox } from '../ports.ts';
import { failureOf, type Clock } from '../../vocabulary/index.ts';
import { directoryAttributes, fileAttributes } from './attributes.ts';
import { DownloadFile } from './download-file.ts';
import { transferBytesMax, type SftpLimits } from './limits.ts';
import { Listing } from './listing.ts';
import type { Load } from './load.ts';
import type { OpenFile } from './open-file.ts';
import { absolute, isIn, pathOf, placeOf, type Place } from './paths.ts';
import type { Reply } from './request-line.ts';
import { endOfFile, generic, okStatus, Refused, statusOf, type Status } from './status.ts';
import { UploadFile } from './upload-file.ts';
import { exitWell, holdsBack, replyLimits } from './version-shim.ts';

const { OPEN_MODE } = ssh2.utils.sftp;

export interface SessionOptions {
  readonly account: LoginAccount;
  readonly mailbox: Mailbox;
  readonly journal: ChannelJournal;
  readonly clock: Clock;
  readonly limits: SftpLimits;
  readonly load: Load;
  /** Called for everything the client asks, so that idleness can be told. */
  readonly onRequest: () => void;
  /** The client asked for more than it may: the connection is to be closed. */
  readonly onAbuse: (what: string) => void;
}

export interface Session {
  /** Looks again at requests that waited for room. */
  pump(): void;
  /** Ends every open file as unfinished; resolves when all of that is known to the mailbox. */
  drop(reason: AbandonReason): Promise<void>;
  /** Whether a file is being written. */
  readonly writing: boolean;
}

/**
 * Serves one SFTP channel (draft-ietf-secsh-filexfer-02, version 3) over a mailbox. Each handle has
 * its own line of requests, answered in the order they came; requests on names are answered as soon
 * as they are done.
 */
export function serveSession(sftp: SFTPWrapper, options: SessionOptions): Session {
  const { account, mailbox, journal, clock, limits, load } = options;
  const handles = new Map<number, OpenFile>();
  let nextHandle = 1;
  let pending = 0;
  let dropped = false;

  function fileOf(handle: Buffer): OpenFile | undefined {
    return handle.length === 4 ? handles.get(handle.readUInt32BE(0)) : undefined;
  }

  function status(id: number, { code, text }: Status): void {
    sftp.status(id, code, text);
  }

  /** The answer to an error: its own words when it has some for the client, else one sentence. */
  function troubled(id: number, error: unknown, name: string): Reply {
    const told = statusOf(error);
    if (told === undefined)
      tell('error', 'sftp.request-failed', name, { reason: failureOf(error).code });
    return () => {
      status(id, told ?? generic);
    };
  }

  function tell(
    level: 'info' | 'warn' | 'error',
    code: string,
    fileName: string,
    facts: Readonly<Record<string, string | number>> = {},
  ): void {
    const { username, senderNumber: sender } = account;
    journal.record({ level, code, sender, username, fileName, facts }).catch(() => undefined);
  }

  /** Counts a request in; false closes the connection of a client that never waits for answers. */
  function counted(): boolean {
    options.onRequest();
    pending += 1;
    if (pending <= limits.pendingRequestsMax) return !dropped;
    options.onAbuse('pending-requests');
    return false;
  }

  function answered(reply: Reply): void {
    pending -= 1;
    if (!dropped) reply();
  }

  /** A request on names, outside the line of any handle. */
  function ask(id: number, name: string, work: () => Promise<Reply>): void {
    if (!counted()) return;
    work()
      .catch((error: unknown) => troubled(id, error, name))
      .then(answered, options.onAbuse);
  }

  /** A request on a handle, in its line. */
  function inLine(
    id: number,
    handle: Buffer,
    request: {
      readonly alone: boolean;
      readonly mayStart?: () => boolean;
      readonly work: (file: OpenFile) => Promise<Reply>;
    },
  ): void {
    if (!counted()) return;
    const file = fileOf(handle);
    if (file === undefined) {
      answered(troubled(id, new Refused('failure', 'No such handle'), ''));
      return;
    }
    file.line.push({
      alone: request.alone,
      ...(request.mayStart === undefined ? {} : { mayStart: request.mayStart }),
      async run() {
        let reply: Reply;
        try {
          reply = await request.work(file);
        } catch (error) {
          reply = troubled(id, error, file.name);
        }
        return () => {
          answered(reply);
        };
      },
    });
  }

  function done(id: number): Reply {
    return () => {
      status(id, okStatus);
    };
  }

  function handOut(id: number, file: OpenFile): Reply {
    const number = nextHandle;
    nextHandle += 1;
    handles.set(number, file);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(number);
    return () => {
      sftp.handle(id, handle);
    };
  }

  function requireRoom(): void {
    if (handles.size >= limits.handlesMax) throw new Refused('failure', 'Too many open files');
  }

  function fileAt(path: string): Place & { kind: 'file' } {
    const place = placeOf(path);
    if (place.kind === 'file') return place;
    throw refusalFor(place);
  }

  async function openFile(id: number, path: string, flags: number): Promise<Reply> {
    requireRoom();
    const { directory, name } = fileAt(path);
    const writes = (flags & (OPEN_MODE.WRITE | OPEN_MODE.APPEND)) !== 0;
    if (!writes) {
      const download = await mailbox.open(directory, name);
      const entry = await mailbox.stat(directory, name);
      const modifiedAt = entry?.modifiedAt ?? clock.now();
      return handOut(id, new DownloadFile({ name, download, modifiedAt }));
    }
    if (!isIn(directory)) throw new Refused('permission-denied', 'Answers cannot be written');
    if ((flags & OPEN_MODE.CREAT) === 0 && (await mailbox.stat(directory, name)) === undefined) {
      throw new Refused('no-such-file', 'No such file');
    }
    const upload = await mailbox.create({
      ...{ directory, name },
      truncate: (flags & OPEN_MODE.TRUNC) !== 0,
      exclusive: (flags & OPEN_MODE.EXCL) !== 0,
    });
    const append = (flags & OPEN_MODE.APPEND) !== 0;
    return handOut(id, new UploadFile({ name, upload, append, now: clock.now() }));
  }

  async function attributesAt(path: string): Promise<Attributes> {
    const place = placeOf(path);
    if (place.kind === 'nowhere') throw refusalFor(place);
    if (place.kind !== 'file') return directoryAttributes(clock.now());
    const entry = await mailbox.stat(place.directory, place.name);
    if (entry === undefined) throw new Refused('no-such-file', 'No such file');
    return fileAttributes(entry);
  }

  sftp.on('OPEN', (id, path, flags) => {
    ask(id, path, () => openFile(id, path, flags));
  });

  sftp.on('WRITE', (id, handle, offset, data) => {
    const file = fileOf(handle);
    load.arrived(data.length);
    const place = file instanceof UploadFile ? file.place(offset, data.length) : undefined;
    inLine(id, handle, {
      alone: place?.alone ?? false,
      async work(target) {
        try {
          if (!(target instanceof UploadFile) || place === undefined) {
            throw new Refused('permission-denied', 'This file is not open for writing');
          }
          await target.write(place.at, data);
          return done(id);
        } finally {
          load.written(data.length);
        }
      },
    });
    if (file === undefined) load.written(data.length);
  });

  sftp.on('READ', (id, handle, offset, wanted) => {
    const bytes = Math.min(wanted, transferBytesMax);
    inLine(id, handle, {
      alone: false,
      mayStart: () => load.takesReads && !holdsBack(sftp),
      async work(file) {
        if (!(file instanceof DownloadFile)) {
          throw new Refused('permission-denied', 'This file is not open for reading');
        }
        load.readStarted(bytes);
        let data: Buffer;
        try {
          data = await file.read(offset, bytes);
        } finally {
          load.readAnswered(bytes);
        }
        if (data.length === 0)
          return () => {
            status(id, endOfFile);
          };
        return () => {
          sftp.data(id, data);
          file.noteSent(offset, data.length);
        };
      },
    });
  });

  sftp.on('FSTAT', (id, handle) => {
    inLine(id, handle, {
      alone: true,
      work: (file) =>
        Promise.resolve(() => {
          sftp.attrs(id, file.attributes());
        }),
    });
  });

  sftp.on('FSETSTAT', (id, handle, attributes) => {
    inLine(id, handle, {
      alone: true,
      async work(file) {
        const { size } = attributes as Partial<Attributes>;
        if (size !== undefined) await file.resize(size);
        return done(id);
      },
    });
  });

  sftp.on('CLOSE', (id, handle) => {
    inLine(id, handle, {
      alone: true,
      async work(file) {
        handles.delete(handle.readUInt32BE(0));
        await file.close();
        if (file instanceof UploadFile) {
          tell('info', 'sftp.landed', file.name, { bytes: file.received });
        }
        return done(id);
      },
    });
  });

  sftp.on('OPENDIR', (id, path) => {
    ask(id, path, () => {
      requireRoom();
      const place = placeOf(path);
      if (place.kind === 'nowhere') throw refusalFor(place);
      if (place.kind === 'file') throw new Refused('no-such-file', 'Not a directory');
      const directory = place.kind === 'root' ? undefined : place.directory;
      return Promise.resolve(handOut(id, new Listing({ mailbox, directory, clock })));
    });
  });

  sftp.on('READDIR', (id, handle) => {
    inLine(id, handle, {
      alone: true,
      async work(file) {
        if (!(file instanceof Listing)) throw new Refused('failure', 'Not a directory');
        const names = await file.page();
        return () => {
          if (names.length === 0) status(id, endOfFile);
          else sftp.name(id, [...names]);
        };
      },
    });
  });

  const stat = (id: number, path: string): void => {
    ask(id, path, async () => {
      const attributes = await attributesAt(path);
      return () => {
        sftp.attrs(id, attributes);
      };
    });
  };
  sftp.on('STAT', stat).on('LSTAT', stat);

  sftp.on('SETSTAT', (id, path, attributes) => {
    ask(id, path, async () => {
      await attributesAt(path);
      const { size } = attributes as Partial<Attributes>;
      // Times, rights and owners are taken note of nowhere; a size would change a landed file.
      if (size !== undefined) throw new Refused('permission-denied', 'Not supported by name');
      return done(id);
    });
  });

  sftp.on('REMOVE', (id, path) => {
    ask(id, path, async () => {
      const { directory, name } = fileAt(path);
      await mailbox.remove(directory, name);
      return done(id);
    });
  });

  async function rename(id: number, from: string, to: string, replace: boolean): Promise<Reply> {
    const [source, target] = [fileAt(from), fileAt(to)];
    const { directory } = source;
    if (!isIn(directory) || target.directory !== directory) {
      throw new Refused('permission-denied', 'Files are renamed within one IN directory');
    }
    await mailbox.rename({ directory, from: source.name, to: target.name, replace });
    return done(id);
  }

  sftp.on('RENAME', (id, from, to) => {
    ask(id, from, () => rename(id, from, to, false));
  });

  sftp.on('REALPATH', (id, path) => {
    ask(id, path, () => {
      const place = placeOf(path);
      const filename = place.kind === 'nowhere' ? absolute(path) : pathOf(place);
      const attrs = directoryAttributes(clock.now());
      return Promise.resolve(() => {
        sftp.name(id, [{ filename, longname: filename, attrs }]);
      });
    });
  });

  sftp.on('EXTENDED', (id, name, data: Buffer | undefined) => {
    // A request without anything behind its name comes without data.
    extended(id, name, data ?? Buffer.alloc(0));
  });

  function extended(id: number, name: string, data: Buffer): void {
    if (name === 'fsync@openssh.com') {
      inLine(id, stringsIn(data)[0] ?? Buffer.alloc(0), {
        alone: true,
        async work(file) {
          await file.sync();
          return done(id);
        },
      });
      return;
    }
    ask(id, name, async () => {
      const [from, to] = stringsIn(data);
      if (name === 'posix-rename@openssh.com' && from !== undefined && to !== undefined) {
        return rename(id, from.toString('utf8'), to.toString('utf8'), true);
      }
      if (name === 'limits@openssh.com') {
        return () => {
          if (!replyLimits(sftp, id, limits.handlesMax)) status(id, unsupported);
        };
      }
      throw new Refused('unsupported', 'Not supported');
    });
  }

  const refuse = (id: number, path: string): void => {
    ask(id, path, () => Promise.reject(new Refused('permission-denied', 'The tree is fixed')));
  };
  sftp.on('MKDIR', refuse).on('RMDIR', refuse);
  sftp.on('READLINK', (id, path) => {
    ask(id, path, () => Promise.reject(new Refused('unsupported', 'There are no links')));
  });
  sftp.on('SYMLINK', (id, path) => {
    ask(id, path, () => Promise.reject(new Refused('unsupported', 'There are no links')));
  });
  sftp.on('end', () => {
    exitWell(sftp);
  });

  return {
    get writing() {
      return [...handles.values()].some(({ writing }) => writing);
    },
    pump() {
      for (const file of handles.values()) file.line.pump();
    },
    async drop(reason) {
      if (dropped) return;
      dropped = true;
      const open = [...handles.values()];
      handles.clear();
      for (const file of open) {
        file.line.forget();
        await file.line.idle();
        try {
          await file.drop(reason);
          if (file.writing) tell('warn', 'sftp.upload-partial', file.name, { reason });
        } catch (error) {
          tell('error', 'sftp.request-failed', file.name, { reason: failureOf(error).code });
        }
      }
    },
  };
}

const unsupported: Status = {
  code: ssh2.utils.sftp.STATUS_CODE.OP_UNSUPPORTED,
  text: 'Not supported',
};

function refusalFor(place: Exclude<Place, { kind: 'file' }>): Refused {
  if (place.kind === 'nowhere' && place.why === 'unusable-name') {
    return new Refused('permission-denied', 'This name cannot be used');
  }
  if (place.kind === 'nowhere') return new Refused('no-such-file', 'No such file or directory');
  return new Refused('permission-denied', 'This is a directory');
}

/** The strings of an extended request; what does not parse is left out. */
function stringsIn(data: Buffer): readonly Buffer[] {
  const strings: Buffer[] = [];
  for (let at = 0; at + 4 <= data.length;) {
    const end = at + 4 + data.readUInt32BE(at);
    if (end > data.length) break;
    strings.push(data.subarray(at + 4, end));
    at = end;
  }
  return strings;
}

export type { Directory };
