import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type {
  Account,
  Directory,
  Download,
  Entry,
  FileNote,
  Mailbox,
  Upload,
} from '../channels/index.ts';
import type { Clock, InDirectory, OutDirectory } from '../vocabulary/index.ts';
import { failureOf, isTemporaryName } from '../vocabulary/index.ts';
import { openAnnouncer, type Announcer } from './announcer.ts';
import { openAnswerFile } from './answer-download.ts';
import type { BlobStore } from './blob-store.ts';
import { jsonText } from './json-text.ts';
import { Refused } from './refused.ts';
import { rowsOf } from './rows.ts';
import { setKeyOfName } from './set-key.ts';
import { isDeadlock, isUniqueViolation } from './storage-failure.ts';
import type { Spool, SpoolFile } from './spool.ts';
import { uploadOf } from './upload.ts';

export interface MailboxParts {
  readonly knex: Knex;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** Names this process, so that others can tell when it died with uploads under way. */
  readonly nodeId: string;
  readonly channel: string;
  readonly account: Pick<Account, 'id' | 'username' | 'senderNumber'>;
  readonly fileBytesMax: number;
}

/** What the calls on one mailbox share. */
export interface OpenMailbox extends MailboxParts {
  readonly landings: Announcer;
}

/** IN* is a view over `landed_file`, OUT* one over `parcel_file`: nothing here is a directory. */
export function openMailbox(given: MailboxParts): Mailbox {
  const parts: OpenMailbox = { ...given, landings: openAnnouncer(given.knex, 'sluis_landed') };
  return {
    list: (directory, after, max) => list(parts, directory, after, max),
    stat: (directory, name) => stat(parts, directory, name),
    create: (o) => create(parts, o),
    rename: (o) => rename(parts, o),
    remove: (directory, name) => remove(parts, directory, name),
    open: (directory, name) => open(parts, directory, name),
  };
}

function isOut(directory: Directory): directory is OutDirectory {
  return directory.startsWith('OUT');
}

interface EntryRow {
  readonly name: string;
  readonly bytes: bigint;
  readonly at: Date;
}

function entryOf({ name, bytes, at }: EntryRow): Entry {
  return { name, bytes: Number(bytes), modifiedAt: at };
}

const inEntries = `select f.name, f.bytes, f.changed_at as at from landed_file f
  where f.sender = :sender and f.directory = :directory
    and f.state in ('UPLOADING', 'PARTIAL', 'LANDED')`;
const outEntries = `select f.name, f.bytes, f.shown_at as at from parcel_file f
  where f.sender = :sender and f.directory = :directory and f.visible`;

async function list(
  { knex, account }: MailboxParts,
  directory: Directory,
  after: string | undefined,
  max: number,
): Promise<readonly Entry[]> {
  const entries = isOut(directory) ? outEntries : inEntries;
  const rows = rowsOf<EntryRow>(
    await knex.raw(
      `${entries} and f.name collate "C" > :after order by f.name collate "C" limit :max`,
      { sender: account.senderNumber, directory, after: after ?? '', max },
    ),
  );
  return rows.map(entryOf);
}

async function stat(
  { knex, account }: MailboxParts,
  directory: Directory,
  name: string,
): Promise<Entry | undefined> {
  const entries = isOut(directory) ? outEntries : inEntries;
  const [row] = rowsOf<EntryRow>(
    await knex.raw(`${entries} and f.name = :name`, {
      sender: account.senderNumber,
      ...{ directory, name },
    }),
  );
  return row === undefined ? undefined : entryOf(row);
}

interface VisibleRow {
  readonly id: string;
  readonly state: 'UPLOADING' | 'PARTIAL' | 'LANDED';
  readonly bytes: bigint;
  readonly blob: string | null;
  readonly spool: string | null;
}

async function visibleRow(
  trx: Knex.Transaction,
  { account }: MailboxParts,
  directory: InDirectory,
  name: string,
): Promise<VisibleRow | undefined> {
  const [row] = rowsOf<VisibleRow>(
    await trx.raw(
      `select f.id, f.state, f.bytes, f.blob, f.spool from landed_file f
       where f.sender = ? and f.directory = ? and f.name = ?
         and f.state in ('UPLOADING', 'PARTIAL', 'LANDED') for update`,
      [account.senderNumber, directory, name],
    ),
  );
  return row;
}

type Opening = Parameters<Mailbox['create']>[0];

async function create(parts: OpenMailbox, o: Opening): Promise<Upload> {
  // The name of the blob to come, and what nobody else can know.
  const token = parts.blobs.nextName();
  const fresh = await parts.blobs.spool.create();
  let opened: Opened;
  try {
    const beginning = { ...o, token, file: fresh };
    opened = (await beginAnew(parts, beginning)) ?? (await beginOver(parts, beginning));
  } catch (error) {
    await discardIfPossible(fresh);
    throw error;
  }
  const { id, file } = opened;
  if (file !== fresh) {
    await discardIfPossible(fresh);
    if (o.truncate) await emptied(parts, opened, token);
  }
  return uploadOf(parts, file, { id, token });
}

/** What cannot be taken away now is swept. */
async function discardIfPossible(file: SpoolFile): Promise<void> {
  await file.discard().catch(() => undefined);
}

async function emptied(parts: OpenMailbox, { id, file }: Opened, token: string): Promise<void> {
  try {
    await file.truncate(0);
  } catch (error) {
    await uploadOf(parts, file, { id, token }).abandon('write-failed');
    throw error;
  }
}

interface Opened {
  readonly id: string;
  readonly file: SpoolFile;
}

interface Beginning extends Opening {
  readonly token: string;
  /** A new one, for an upload that does not go on with an old one. */
  readonly file: SpoolFile;
}

/** Begins a file of a name that is taken: in its place, or where it was interrupted. */
async function beginOver(parts: OpenMailbox, o: Beginning): Promise<Opened> {
  // First the bytes, then the rows: a copy that fails leaves what stands there as it is.
  const base = o.truncate ? undefined : await copyOfLanded(parts, o);
  let kept: SpoolFile | undefined;
  try {
    const opened = await racing(() =>
      parts.knex.transaction(async (trx) => {
        // An upload that only began may be forgotten by a power cut: its sender was told nothing yet.
        await trx.raw('set local synchronous_commit = off');
        const found = await visibleRow(trx, parts, o.directory, o.name);
        if (found !== undefined && o.exclusive) throw new Refused('exists', 'the file exists');
        if (found?.state === 'PARTIAL') {
          await kept?.keep();
          kept = await reopened(parts.blobs.spool, found.spool);
          return goOn(trx, parts, { ...o, found, file: kept ?? o.file });
        }
        if (!o.truncate) refuseIfAnothers(found, base);
        if (found !== undefined) await replace(trx, parts, found.id);
        const row = newRow(parts, o);
        await trx('landed_file').insert(row);
        return { id: row.id, file: o.file };
      }),
    );
    if (opened?.file !== kept) await kept?.keep();
    if (opened !== undefined) return opened;
  } catch (error) {
    await kept?.keep();
    throw error;
  }
  throw new Refused('failure', 'the part that had arrived is gone: send the file from its start');
}

/** What stands there now must be what was copied, or nothing as then. */
function refuseIfAnothers(found: VisibleRow | undefined, base: string | undefined): void {
  if (found?.state === 'UPLOADING') {
    throw new Refused('failure', 'the file is being written by another session');
  }
  if ((found?.blob ?? undefined) === base) return;
  throw new Refused('failure', 'the file was taken or replaced this very moment: send it again');
}

/** Copies the file that landed under this name, if any; returns its blob. */
async function copyOfLanded(
  { knex, blobs, account }: MailboxParts,
  { directory, name, file }: Beginning,
): Promise<string | undefined> {
  const [row] = rowsOf<{ readonly blob: string }>(
    await knex.raw(
      `select blob from landed_file
       where sender = ? and directory = ? and name = ? and state = 'LANDED'`,
      [account.senderNumber, directory, name],
    ),
  );
  if (row === undefined) return undefined;
  let at = 0;
  for await (const data of blobs.stream(row.blob)) {
    await file.write({ at, data });
    at += data.length;
  }
  return row.blob;
}

/**
 * Takes an interrupted upload up again, where its bytes in the spool end. Undefined when fewer are
 * left than its sender was shown and would go on from: from now on he is shown what there is.
 */
async function goOn(
  trx: Knex.Transaction,
  { nodeId, clock, channel, account }: MailboxParts,
  { found, file, token, note, truncate }: Beginning & { readonly found: VisibleRow },
): Promise<Opened | undefined> {
  const row = trx('landed_file').where({ id: found.id });
  if (!truncate && file.bytes < Number(found.bytes)) {
    await row.update({ bytes: file.bytes, changed_at: clock.now() });
    return undefined;
  }
  await row.update({
    ...{ state: 'UPLOADING', node_id: nodeId, upload_token: token, changed_at: clock.now() },
    ...{ spool: file.id, channel, account_id: account.id, username: account.username },
    ...columnsOfNote(note),
  });
  return { id: found.id, file };
}

/** Undefined when it had become a blob as the process ended, or was swept: the sender begins again. */
async function reopened(spool: Spool, id: string | null): Promise<SpoolFile | undefined> {
  if (id === null) return undefined;
  try {
    return await spool.reopen(id);
  } catch (error) {
    if (failureOf(error).code === 'storage.blob-missing') return undefined;
    throw error;
  }
}

/** More sessions than these are never at one name at the same moment. */
const racesMax = 16;

/**
 * Tries again what another session came between: two that find the same name free, or each the name
 * the other is about to take, cannot see each other before one of them has committed.
 */
async function racing<T>(work: () => Promise<T>): Promise<T> {
  for (let race = 1; ; race += 1) {
    try {
      return await work();
    } catch (error) {
      const lost = isUniqueViolation(error, 'landed_file_visible') || isDeadlock(error);
      if (!lost || race === racesMax) throw error;
    }
  }
}

async function replace(trx: Knex.Transaction, { clock }: MailboxParts, id: string): Promise<void> {
  await trx.raw(
    `update landed_file set state = 'REPLACED', upload_token = null, changed_at = ?
     where id = ?`,
    [clock.now(), id],
  );
}

function columnsOfNote(note: FileNote = {}): {
  readonly message_key: string | null;
  readonly faults: string | null;
  readonly announced: string | null;
} {
  const { messageKey = null, faults = [], announced = [] } = note;
  return {
    message_key: messageKey,
    faults: faults.length === 0 ? null : jsonText(faults),
    announced: announced.length === 0 ? null : jsonText(announced),
  };
}

/**
 * Begins a file of a new name, as nearly all are, in one statement; undefined when something stands
 * there. Its commit is not waited for, as in `beginOver`.
 */
async function beginAnew(parts: MailboxParts, o: Beginning): Promise<Opened | undefined> {
  const row = newRow(parts, o);
  const columns = Object.keys(row);
  const begun = rowsOf(
    await parts.knex
      .raw(
        `insert into landed_file (${columns.join(', ')})
         values (${columns.map(() => '?').join(', ')})
         on conflict (sender, directory, name)
           where state in ('UPLOADING', 'PARTIAL', 'LANDED') do nothing
         returning set_config('synchronous_commit', 'off', true)`,
        Object.values(row),
      )
      .options({ name: 'sluis_begin' }),
  );
  return begun.length === 0 ? undefined : { id: row.id, file: o.file };
}

function newRow(parts: MailboxParts, o: Beginning) {
  const { account, channel, clock, nodeId } = parts;
  const now = clock.now();
  return {
    ...{ id: randomUUID(), channel, sender: account.senderNumber },
    ...{ directory: o.directory, name: o.name, set_key: setKeyOfName(o.name) },
    temporary: isTemporaryName(o.name),
    state: 'UPLOADING',
    ...{ account_id: account.id, username: account.username, node_id: nodeId },
    ...{ upload_token: o.token, spool: o.file.id, opened_at: now, changed_at: now },
    ...columnsOfNote(o.note),
  } as const;
}

async function rename(parts: OpenMailbox, o: Parameters<Mailbox['rename']>[0]): Promise<void> {
  const { knex, clock, landings } = parts;
  if (o.from === o.to) return;
  await racing(() =>
    knex.transaction(async (trx) => {
      const row = await visibleRow(trx, parts, o.directory, o.from);
      if (row === undefined) throw new Refused('no-such-file', 'no such file');
      const target = await visibleRow(trx, parts, o.directory, o.to);
      if (target !== undefined) {
        if (!o.replace) throw new Refused('exists', 'the new name is taken');
        await replace(trx, parts, target.id);
      }
      const now = clock.now();
      await trx.raw(
        `update landed_file set name = ?, set_key = ?, temporary = ?, changed_at = ?,
         look_at = case when state = 'LANDED' then ?::timestamptz end,
         landed_at = case when state = 'LANDED' then ?::timestamptz end
       where id = ?`,
        [o.to, setKeyOfName(o.to), isTemporaryName(o.to), now, now, now, row.id],
      );
    }),
  );
  landings.announce();
}

async function remove(parts: MailboxParts, directory: Directory, name: string): Promise<void> {
  const { knex, account, clock } = parts;
  const sql = isOut(directory)
    ? `update parcel_file set visible = false, removed_at = ?
       where sender = ? and directory = ? and name = ? and visible returning name`
    : `update landed_file set state = 'REMOVED', upload_token = null, changed_at = ?
       where sender = ? and directory = ? and name = ?
         and state in ('UPLOADING', 'PARTIAL', 'LANDED') returning name`;
  const rows = rowsOf(await knex.raw(sql, [clock.now(), account.senderNumber, directory, name]));
  if (rows.length === 0) throw new Refused('no-such-file', 'no such file');
}

async function open(parts: MailboxParts, directory: Directory, name: string): Promise<Download> {
  if (isOut(directory)) return openAnswerFile(parts, directory, name);
  const entry = await stat(parts, directory, name);
  if (entry === undefined) throw new Refused('no-such-file', 'no such file');
  throw new Refused('permission-denied', 'files handed in are not read back');
}
