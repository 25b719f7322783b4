import type { SFTPWrapper } from 'ssh2';
import type { AbandonReason, Mailbox } from '../ports.ts';
import { failureOf, type Clock } from '../../vocabulary/index.ts';
import { serveFiles, syncFile, type FileRequests } from './file-requests.ts';
import { Handles } from './handles.ts';
import type { Load } from './load.ts';
import { renameFile, serveNames, type NameRequests } from './name-requests.ts';
import { Requests, type RequestsOptions } from './requests.ts';
import { Refused, unsupported } from './status.ts';
import { exitWell, replyLimits } from './version-shim.ts';

export interface SessionOptions extends RequestsOptions {
  readonly mailbox: Mailbox;
  readonly clock: Clock;
  readonly load: Load;
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
 * its own line of requests, and so have requests on names; each line is answered in the order in
 * which its requests came.
 */
export function serveSession(sftp: SFTPWrapper, options: SessionOptions): Session {
  const handles = new Handles(options.limits.handlesMax);
  const requests = new Requests(sftp, options);
  const load = options.load.share();
  const files: FileRequests = { sftp, handles, requests, load };
  const names: NameRequests = { ...options, sftp, handles, requests };
  serveFiles(files);
  serveNames(names);
  sftp.on('EXTENDED', (id, name, data: Buffer | undefined) => {
    // A request without anything behind its name comes without data.
    extended({ files, names, handlesMax: options.limits.handlesMax }, { id, name, data });
  });
  sftp.on('end', () => {
    exitWell(sftp);
  });
  // A client that breaks the protocol: the library would wait for it to agree to the end.
  sftp.on('error', () => {
    options.onAbuse('protocol');
  });

  let dropping: Promise<void> | undefined;
  async function drop(reason: AbandonReason): Promise<void> {
    const ended = requests.end();
    await handles.drop(reason, ({ writing, name }, failed) => {
      if (failed !== undefined) {
        requests.tell('error', 'sftp.request-failed', name, { reason: failureOf(failed).code });
      } else if (writing) requests.tell('warn', 'sftp.upload-partial', name, { reason });
    });
    await ended;
    load.end();
  }

  return {
    get writing() {
      return handles.writing;
    },
    pump() {
      requests.pump();
      handles.pump();
    },
    drop: (reason) => (dropping ??= drop(reason)),
  };
}

function extended(
  parts: {
    readonly files: FileRequests;
    readonly names: NameRequests;
    readonly handlesMax: number;
  },
  o: { readonly id: number; readonly name: string; readonly data: Buffer | undefined },
): void {
  const { id, name } = o;
  const { sftp, requests } = parts.names;
  const [first, second] = stringsIn(o.data ?? Buffer.alloc(0));
  if (name === 'fsync@openssh.com' && first !== undefined) {
    syncFile(parts.files, id, first);
  } else if (name === 'posix-rename@openssh.com' && first !== undefined && second !== undefined) {
    const [from, to] = [first.toString('utf8'), second.toString('utf8')];
    renameFile(parts.names, { id, from, to, replace: true });
  } else if (name === 'limits@openssh.com') {
    requests.ask(id, name, () =>
      Promise.resolve(() => {
        if (!replyLimits(sftp, id, parts.handlesMax)) requests.status(id, unsupported);
      }),
    );
  } else {
    requests.ask(id, name, () => Promise.reject(new Refused('unsupported', unsupported.text)));
  }
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
