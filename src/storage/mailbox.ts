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
      `select f.id, f.state, f.blob, f.spool from landed_file f
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
  const anew = await beginAnew(parts, { ...o, token });
  if (anew !== undefined) return uploadOf(parts, anew.file, { id: anew.row.id, token });
  const { row, file } = await parts.knex.transaction(async (trx) => {
    // An upload that only began may be forgotten by a power cut: its sender was told nothing yet.
    await trx.raw('set local synchronous_commit = off');
    const found = await visibleRow(trx, parts, o.directory, o.name);
    if (found !== undefined && o.exclusive) throw new Refused('exists', 'the file exists');
    if (found?.state === 'PARTIAL') return goOn(trx, parts, { found, token, note: o.note });
    if (found?.state === 'UPLOADING' && !o.truncate) {
      throw new Refused('failure', 'the file is being written by another session');
    }
    if (found !== undefined) await replace(trx, parts, found.id);
    return begin(trx, parts, { ...o, token, base: found?.blob ?? null });
  });
  if (row.state === 'PARTIAL') {
    if (o.truncate) await file.truncate(0);
  } else if (!o.truncate && row.blob !== null) {
    await copy(parts.blobs, row.blob, file);
  }
  return uploadOf(parts, file, { id: row.id, token });
}

interface Opened {
  readonly row: Pick<VisibleRow, 'id' | 'state' | 'blob'>;
  readonly file: SpoolFile;
}

/** Takes an interrupted upload up again, where its bytes in the spool end. */
async function goOn(
  trx: Knex.Transaction,
  { nodeId, clock, blobs, channel, account }: MailboxParts,
  {
    found,
    token,
    note,
  }: {
    readonly found: VisibleRow;
    readonly token: string;
    readonly note: FileNote | undefined;
  },
): Promise<Opened> {
  const file = await reopened(blobs.spool, found.spool);
  await trx('landed_file')
    .where({ id: found.id })
    .update({
      ...{ state: 'UPLOADING', node_id: nodeId, upload_token: token, changed_at: clock.now() },
      ...{ spool: file.id, channel, account_id: account.id, username: account.username },
      ...columnsOfNote(note),
    });
  return { row: found, file };
}

async function reopened(spool: Spool, id: string | null): Promise<SpoolFile> {
  if (id === null) return spool.create();
  try {
    return await spool.reopen(id);
  } catch (error) {
    // It had become a blob when the process ended, or was swept: the sender begins again.
    if (failureOf(error).code === 'storage.blob-missing') return spool.create();
    throw error;
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

interface Beginning {
  readonly note?: FileNote;
  readonly directory: InDirectory;
  readonly name: string;
  readonly token: string;
}

/**
 * Begins a file of a new name, as nearly all are, in one statement; undefined when something stands
 * there. Its commit is not waited for, as in `create`.
 */
async function beginAnew(parts: MailboxParts, o: Beginning): Promise<Opened | undefined> {
  const file = await parts.blobs.spool.create();
  try {
    const row = newRow(parts, { ...o, spool: file.id });
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
    if (begun.length > 0) return { row: { id: row.id, state: 'UPLOADING', blob: null }, file };
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.discard();
  return undefined;
}

async function begin(
  trx: Knex.Transaction,
  parts: MailboxParts,
  o: Beginning & { readonly base: string | null },
): Promise<Opened> {
  const file = await parts.blobs.spool.create();
  const row = newRow(parts, { ...o, spool: file.id });
  await trx('landed_file').insert(row);
  return { row: { id: row.id, state: 'UPLOADING', blob: o.base }, file };
}

function newRow(parts: MailboxParts, o: Beginning & { readonly spool: string }) {
  const { account, channel, clock, nodeId } = parts;
  const now = clock.now();
  return {
    ...{ id: randomUUID(), channel, sender: account.senderNumber },
    ...{ directory: o.directory, name: o.name, set_key: setKeyOfName(o.name) },
    temporary: isTemporaryName(o.name),
    state: 'UPLOADING',
    ...{ account_id: account.id, username: account.username, node_id: nodeId },
    ...{ upload_token: o.token, spool: o.spool, opened_at: now, changed_at: now },
    ...columnsOfNote(o.note),
  } as const;
}

async function copy(blobs: BlobStore, blob: string, file: SpoolFile): Promise<void> {
  let at = 0;
  for await (const data of blobs.stream(blob)) {
    await file.write({ at, data });
    at += data.length;
  }
}

async function rename(parts: OpenMailbox, o: Parameters<Mailbox['rename']>[0]): Promise<void> {
  const { knex, clock, landings } = parts;
  if (o.from === o.to) return;
  await knex.transaction(async (trx) => {
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
  });
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
