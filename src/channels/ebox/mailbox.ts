import { randomUUID } from 'node:crypto';
import { brusselsDate, Failure, type Clock } from '../../vocabulary/index.ts';
import type {
  DigestWish,
  DocumentFilter,
  EboxBlobs,
  EboxDocument,
  EboxFile,
  EboxPartition,
  EboxRows,
  EboxStore,
  EboxTransaction,
  PartitionMember,
  Sight,
} from './ports.ts';

/** Who reads, in the role and the quality of his session, as whoever admitted him knows it. */
export interface EboxReader<Actor> {
  /** Handed to the trail. */
  readonly actor: Actor;
  /** As a document names its first reader. */
  readonly name: string;
  readonly qualityId: string;
  readonly assignmentId: string;
  /** Managers of the quality: they see all of it. */
  readonly manages: boolean;
  /** Codes of the applications the reader has. */
  readonly applications: readonly string[];
}

export type EboxAct =
  | 'document.download'
  | 'document.move'
  | 'partition.create'
  | 'partition.rename'
  | 'partition.delete'
  | 'partition.admit'
  | 'partition.exclude'
  | 'digest.choose';

export interface EboxEvent {
  readonly act: EboxAct;
  readonly target: string;
  readonly before?: Readonly<Record<string, string>>;
  readonly after?: Readonly<Record<string, string>>;
}

/** Where acts are written down; the last thing of a transaction. */
export interface EboxTrail<Actor> {
  record(actor: Actor, event: EboxEvent, trx: EboxTransaction): Promise<void>;
}

export interface EboxDownload {
  readonly name: string;
  readonly bytes: number;
  /** Lowercase hex. */
  readonly sha256: string;
  readonly content: AsyncIterable<Buffer>;
}

/** One e-Box, in the hand of somebody who was admitted to it. */
export interface Eboxes<Actor> {
  /** Newest first. @throws Failure `registration.unknown` for a partition out of sight */
  list(
    reader: EboxReader<Actor>,
    o: DocumentFilter & { readonly after?: string; readonly max: number },
  ): Promise<{ readonly items: readonly EboxDocument[]; readonly next?: string }>;
  show(reader: EboxReader<Actor>, id: string): Promise<EboxDocument>;
  /** Marks the document as read, and writes down who has read it. */
  download(
    reader: EboxReader<Actor>,
    o: { readonly id: string; readonly file: string },
  ): Promise<EboxDownload>;
  mark(
    reader: EboxReader<Actor>,
    o: { readonly id: string; readonly read: boolean },
  ): Promise<void>;
  /** To another partition; null is the general one. */
  move(
    reader: EboxReader<Actor>,
    o: { readonly id: string; readonly partitionId: string | null },
  ): Promise<void>;
  partitions(reader: EboxReader<Actor>): Promise<readonly EboxPartition[]>;
  /** @throws Failure `registration.invalid`, `registration.exists` */
  createPartition(reader: EboxReader<Actor>, name: string): Promise<EboxPartition>;
  renamePartition(
    reader: EboxReader<Actor>,
    o: { readonly id: string; readonly name: string },
  ): Promise<void>;
  /** @throws Failure `access.guard` with rule `partition-not-empty` */
  deletePartition(reader: EboxReader<Actor>, id: string): Promise<void>;
  members(reader: EboxReader<Actor>, id: string): Promise<readonly PartitionMember[]>;
  /** @throws Failure `registration.unknown` for whoever is no user of the quality */
  admit(
    reader: EboxReader<Actor>,
    o: { readonly id: string; readonly assignmentId: string },
  ): Promise<void>;
  exclude(
    reader: EboxReader<Actor>,
    o: { readonly id: string; readonly assignmentId: string },
  ): Promise<void>;
  digest(reader: EboxReader<Actor>): Promise<DigestWish>;
  chooseDigest(reader: EboxReader<Actor>, digest: DigestWish): Promise<void>;
}

/** In every language, so that nobody takes one partition for the other. */
const generalNames: readonly string[] = ['general', 'algemeen', 'général', 'generale', 'allgemein'];
const partitionsMax = 100;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface Tools<Actor> {
  readonly store: EboxStore;
  readonly blobs: EboxBlobs;
  readonly clock: Clock;
  readonly trail: EboxTrail<Actor>;
}

/** Opens the boxes of an installation for readers. What is out of sight is as if it were not there. */
export function openEboxes<Actor>(tools: Tools<Actor>): Eboxes<Actor> {
  const { store } = tools;
  return {
    list: (reader, o) => list(tools, reader, o),
    show: (reader, id) => shown(store.rows, sightOf(tools, reader), id),
    download: (reader, o) => download(tools, reader, o),
    mark: (reader, o) => mark(tools, reader, o),
    move: (reader, o) => move(tools, reader, o),
    partitions: (reader) => store.rows.partitions(sightOf(tools, reader)),
    createPartition: (reader, name) => createPartition(tools, reader, name),
    renamePartition: (reader, o) => renamePartition(tools, reader, o),
    deletePartition: (reader, id) => deletePartition(tools, reader, id),
    async members(reader, id) {
      await partitionInSight(store.rows, sightOf(tools, reader), id);
      return store.rows.members(id);
    },
    admit: (reader, o) => changeMember(tools, reader, o, 'partition.admit'),
    exclude: (reader, o) => changeMember(tools, reader, o, 'partition.exclude'),
    digest: ({ qualityId }) => store.rows.digestOf(qualityId),
    chooseDigest: (reader, digest) => chooseDigest(tools, reader, digest),
  };
}

function sightOf<Actor>({ clock }: Tools<Actor>, reader: EboxReader<Actor>): Sight {
  const { qualityId, assignmentId, applications, manages } = reader;
  const today = brusselsDate(clock.now());
  return { qualityId, assignmentId, applications, all: manages, today };
}

function unknown(what: string): Failure {
  return new Failure('registration.unknown', { what });
}

async function shown(rows: EboxRows, sight: Sight, id: string): Promise<EboxDocument> {
  const document = uuid.test(id) ? await rows.find(sight, id) : undefined;
  if (document === undefined) throw unknown('document');
  return document;
}

async function partitionInSight(
  rows: EboxRows,
  sight: Sight,
  id: string,
): Promise<EboxPartition & { readonly name: string }> {
  const all = await rows.partitions(sight);
  const found = all.find((one) => one.id === id);
  if (found?.name === undefined) throw unknown('partition');
  return { ...found, name: found.name };
}

async function list<Actor>(
  tools: Tools<Actor>,
  reader: EboxReader<Actor>,
  o: DocumentFilter & { readonly after?: string; readonly max: number },
): Promise<{ readonly items: readonly EboxDocument[]; readonly next?: string }> {
  const { rows } = tools.store;
  const sight = sightOf(tools, reader);
  if (typeof o.partitionId === 'string') await partitionInSight(rows, sight, o.partitionId);
  if (o.after !== undefined && !uuid.test(o.after)) throw unknown('document');
  const found = await rows.list(sight, { ...o, max: o.max + 1 });
  const items = found.slice(0, o.max);
  const last = items.at(-1);
  return found.length > o.max && last !== undefined ? { items, next: last.id } : { items };
}

async function download<Actor>(
  tools: Tools<Actor>,
  reader: EboxReader<Actor>,
  o: { readonly id: string; readonly file: string },
): Promise<EboxDownload> {
  const { store, blobs, clock, trail } = tools;
  const file = await store.transaction(async (rows, trx) => {
    const document = await shown(rows, sightOf(tools, reader), o.id);
    const found = document.files.find(({ name }) => name === o.file);
    if (found === undefined) throw unknown('file');
    await rows.mark(document.id, { read: true, by: reader.name, at: clock.now() });
    const target = `document ${document.id}`;
    const after = { file: found.name, type: document.type };
    await trail.record(reader.actor, { act: 'document.download', target, after }, trx);
    return found;
  });
  const { name, bytes, sha256 } = file;
  return { name, bytes, sha256, content: contentOf(blobs, file) };
}

async function* contentOf(blobs: EboxBlobs, { blob }: EboxFile): AsyncGenerator<Buffer> {
  if (blob !== undefined) yield* blobs.stream(blob);
}

async function mark<Actor>(
  tools: Tools<Actor>,
  reader: EboxReader<Actor>,
  o: { readonly id: string; readonly read: boolean },
): Promise<void> {
  const { rows } = tools.store;
  const { id } = await shown(rows, sightOf(tools, reader), o.id);
  await rows.mark(id, { read: o.read, by: reader.name, at: tools.clock.now() });
}

async function move<Actor>(
  tools: Tools<Actor>,
  reader: EboxReader<Actor>,
  o: { readonly id: string; readonly partitionId: string | null },
): Promise<void> {
  const { store, trail } = tools;
  const sight = sightOf(tools, reader);
  await store.transaction(async (rows, trx) => {
    // A partition that is being deleted is not moved into.
    await rows.lockPartitions(reader.qualityId);
    const document = await shown(rows, sight, o.id);
    if (o.partitionId !== null) await partitionInSight(rows, sight, o.partitionId);
    const from = document.partitionId ?? null;
    if (from === o.partitionId) return;
    await rows.move(document.id, o.partitionId);
    await trail.record(
      reader.actor,
      {
        ...{ act: 'document.move', target: `document ${document.id}` },
        before: { partition: from ?? 'general' },
        after: { partition: o.partitionId ?? 'general' },
      },
      trx,
    );
  });
}

function partitionName(name: string): string {
  const { length } = name;
  const rule = generalNames.includes(name.toLowerCase()) ? 'partition-name' : undefined;
  if (rule === undefined && length > 0) return name;
  const why = rule ?? 'required';
  throw new Failure('registration.invalid', { what: 'name', why, 'field.name': why });
}

async function createPartition<Actor>(
  tools: Tools<Actor>,
  reader: EboxReader<Actor>,
  wish: string,
): Promise<EboxPartition> {
  const { store, clock, trail } = tools;
  const name = partitionName(wish);
  const { qualityId } = reader;
  return store.transaction(async (rows, trx) => {
    await rows.lockPartitions(qualityId);
    const there = await rows.partitions(sightOf(tools, reader));
    if (there.length > partitionsMax) {
      throw new Failure('access.guard', { rule: 'partitions-max' });
    }
    const id = randomUUID();
    const made = await rows.insertPartition({
      ...{ id, qualityId, name, by: reader.name, at: clock.now() },
    });
    if (made === 'taken') throw new Failure('registration.exists', { what: 'partition' });
    const event = { act: 'partition.create', target: `partition ${id}`, after: { name } } as const;
    await trail.record(reader.actor, event, trx);
    return { id, name, documents: 0, unread: 0 };
  });
}

async function renamePartition<Actor>(
  tools: Tools<Actor>,
  reader: EboxReader<Actor>,
  o: { readonly id: string; readonly name: string },
): Promise<void> {
  const { store, trail } = tools;
  const name = partitionName(o.name);
  await store.transaction(async (rows, trx) => {
    await rows.lockPartitions(reader.qualityId);
    const found = await partitionInSight(rows, sightOf(tools, reader), o.id);
    if (found.name === name) return;
    const done = await rows.renamePartition(o.id, name);
    if (done === 'taken') throw new Failure('registration.exists', { what: 'partition' });
    await trail.record(
      reader.actor,
      {
        ...{ act: 'partition.rename', target: `partition ${o.id}` },
        ...{ before: { name: found.name }, after: { name } },
      },
      trx,
    );
  });
}

async function deletePartition<Actor>(
  tools: Tools<Actor>,
  reader: EboxReader<Actor>,
  id: string,
): Promise<void> {
  const { store, trail } = tools;
  await store.transaction(async (rows, trx) => {
    await rows.lockPartitions(reader.qualityId);
    const { name } = await partitionInSight(rows, sightOf(tools, reader), id);
    if (!(await rows.deletePartition(id))) {
      throw new Failure('access.guard', { rule: 'partition-not-empty' });
    }
    const target = `partition ${id}`;
    await trail.record(reader.actor, { act: 'partition.delete', target, before: { name } }, trx);
  });
}

async function changeMember<Actor>(
  tools: Tools<Actor>,
  reader: EboxReader<Actor>,
  o: { readonly id: string; readonly assignmentId: string },
  act: 'partition.admit' | 'partition.exclude',
): Promise<void> {
  const { store, trail } = tools;
  const { assignmentId, id: partitionId } = o;
  if (!uuid.test(assignmentId)) throw unknown('user');
  await store.transaction(async (rows, trx) => {
    await rows.lockPartitions(reader.qualityId);
    await partitionInSight(rows, sightOf(tools, reader), partitionId);
    const known = (await rows.members(partitionId)).some(
      (one) => one.assignmentId === assignmentId,
    );
    // Asked again, it stands as asked.
    if (known === (act === 'partition.admit')) return;
    const { qualityId } = reader;
    const done =
      act === 'partition.admit'
        ? await rows.addMember({ partitionId, assignmentId, qualityId })
        : await rows.removeMember(partitionId, assignmentId);
    if (!done) throw unknown('user');
    const target = `partition ${partitionId}`;
    await trail.record(reader.actor, { act, target, after: { role: assignmentId } }, trx);
  });
}

async function chooseDigest<Actor>(
  { store, clock, trail }: Tools<Actor>,
  { actor, qualityId }: EboxReader<Actor>,
  digest: DigestWish,
): Promise<void> {
  await store.transaction(async (rows, trx) => {
    const before = await rows.digestOf(qualityId);
    if (before === digest) return;
    await rows.saveDigest(qualityId, { digest, at: clock.now() });
    const target = `quality ${qualityId}`;
    const change = { before: { digest: before }, after: { digest } };
    await trail.record(actor, { act: 'digest.choose', target, ...change }, trx);
  });
}
