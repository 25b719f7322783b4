import type { Attributes, SFTPWrapper } from 'ssh2';
import { DownloadFile } from './download-file.ts';
import type { Handles } from './handles.ts';
import { transferBytesMax } from './limits.ts';
import { Listing } from './listing.ts';
import type { LoadShare } from './load.ts';
import type { OpenFile } from './open-file.ts';
import type { Reply } from './request-line.ts';
import type { Requests } from './requests.ts';
import { endOfFile, Refused } from './status.ts';
import { UploadFile } from './upload-file.ts';
import { holdsBack } from './version-shim.ts';

export interface FileRequests {
  readonly sftp: SFTPWrapper;
  readonly handles: Handles;
  readonly requests: Requests;
  readonly load: LoadShare;
}

/** Answers the requests on handles, each in the line of its handle. */
export function serveFiles(parts: FileRequests): void {
  const { sftp, handles } = parts;
  sftp.on('WRITE', (id, handle, offset, data) => {
    write(parts, { id, handle, offset, data });
  });
  sftp.on('READ', (id, handle, offset, wanted) => {
    read(parts, { id, handle, offset, bytes: Math.min(wanted, transferBytesMax) });
  });
  sftp.on('READDIR', (id, handle) => {
    readDirectory(parts, id, handle);
  });
  sftp.on('FSTAT', (id, handle) => {
    inLine(parts, id, handle, (file) =>
      Promise.resolve(() => {
        sftp.attrs(id, file.attributes());
      }),
    );
  });
  sftp.on('FSETSTAT', (id, handle, attributes) => {
    // The rest of the attributes, as long as a packet, is not held.
    const { size } = attributes as Partial<Attributes>;
    inLine(parts, id, handle, async (file) => {
      if (size !== undefined) await file.resize(size);
      return parts.requests.done(id);
    });
  });
  sftp.on('CLOSE', (id, handle) => {
    const file = fileOf(parts, id, handle);
    if (file === undefined) return;
    handles.retire(handle);
    const work = (): Promise<Reply> => close(parts, id, file);
    parts.requests.push(file.line, { id, name: file.name, alone: true, work });
  });
}

/** `fsync@openssh.com`, which comes as an extended request. */
export function syncFile(parts: FileRequests, id: number, handle: Buffer): void {
  inLine(parts, id, handle, async (file) => {
    await file.sync();
    return parts.requests.done(id);
  });
}

/** A request that runs alone in the line of its handle. */
function inLine(
  parts: FileRequests,
  id: number,
  handle: Buffer,
  work: (file: OpenFile) => Promise<Reply>,
): void {
  const file = fileOf(parts, id, handle);
  if (file === undefined) return;
  parts.requests.push(file.line, { id, name: file.name, alone: true, work: () => work(file) });
}

/** The file of a handle; answers the request when there is none. */
function fileOf(
  { handles, requests }: FileRequests,
  id: number,
  handle: Buffer,
): OpenFile | undefined {
  const file = handles.find(handle);
  if (file === undefined) {
    requests.ask(id, '', () => Promise.reject(new Refused('failure', 'No such handle')));
  }
  return file;
}

function write(
  parts: FileRequests,
  o: {
    readonly id: number;
    readonly handle: Buffer;
    readonly offset: number;
    readonly data: Buffer;
  },
): void {
  const { requests, load } = parts;
  const { id, data } = o;
  const file = fileOf(parts, id, o.handle);
  if (file === undefined) return;
  const place = file instanceof UploadFile ? file.place(o.offset, data.length) : undefined;
  load.inbound(data.length);
  requests.push(file.line, {
    ...{ id, name: file.name, alone: place?.alone ?? false },
    async work() {
      try {
        if (!(file instanceof UploadFile) || place === undefined) {
          throw new Refused('permission-denied', 'This file is not open for writing');
        }
        await file.write(place.at, data);
        return requests.done(id);
      } finally {
        load.inbound(-data.length);
      }
    },
  });
}

function read(
  parts: FileRequests,
  o: {
    readonly id: number;
    readonly handle: Buffer;
    readonly offset: number;
    readonly bytes: number;
  },
): void {
  const { sftp, requests, load } = parts;
  const { id, offset, bytes } = o;
  const file = fileOf(parts, id, o.handle);
  if (file === undefined) return;
  requests.push(file.line, {
    ...{ id, name: file.name, alone: false },
    mayStart: () => load.takesReads && !holdsBack(sftp),
    async work() {
      if (!(file instanceof DownloadFile)) {
        throw new Refused('permission-denied', 'This file is not open for reading');
      }
      load.outbound(bytes);
      let data: Buffer;
      try {
        data = await file.read(offset, bytes);
      } catch (error) {
        load.outbound(-bytes);
        throw error;
      }
      // Held until it is sent: an answer may wait long for the one before it.
      return () => {
        load.outbound(-bytes);
        if (data.length === 0) {
          requests.status(id, endOfFile);
          return;
        }
        sftp.data(id, data);
        file.noteSent(offset, data.length);
      };
    },
  });
}

function readDirectory(parts: FileRequests, id: number, handle: Buffer): void {
  const { sftp, requests } = parts;
  const file = fileOf(parts, id, handle);
  if (file === undefined) return;
  requests.push(file.line, {
    ...{ id, name: file.name, alone: true },
    mayStart: () => !holdsBack(sftp),
    async work() {
      if (!(file instanceof Listing)) throw new Refused('failure', 'Not a directory');
      const names = await file.page();
      return () => {
        if (names.length === 0) requests.status(id, endOfFile);
        else sftp.name(id, [...names]);
      };
    },
  });
}

async function close(
  { handles, requests }: FileRequests,
  id: number,
  file: OpenFile,
): Promise<Reply> {
  await handles.close(file);
  if (file instanceof UploadFile) {
    requests.tell('info', 'sftp.landed', file.name, { bytes: file.received });
  }
  return requests.done(id);
}
