import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  eboxOutlet,
  openEboxes,
  readDocumentTypes,
  type DocumentTypes,
  type EboxEvent,
  type Eboxes,
  type EboxReader,
  type EboxStore,
  type Outlet,
  type Parcel,
} from '../../src/channels/index.ts';
import { parseYaml } from '../../src/settings.ts';
import { eboxStore, openBlobStore, type BlobStore } from '../../src/storage/index.ts';
import { aParcel } from '../channels/contract/outlet.ts';
import { peopleHouse, type PeopleHouse, type TestEnterprise } from './people.ts';

/** Boxes on a database and a blob store of their own, with people to read them. */
export interface EboxHouse extends PeopleHouse {
  readonly blobs: BlobStore;
  readonly store: EboxStore;
  readonly types: DocumentTypes;
  readonly outlet: Outlet;
  readonly eboxes: Eboxes<string>;
  /** What the trail was told, oldest first. */
  readonly told: (EboxEvent & { readonly by: string })[];
  /** An enterprise whose e-Box is active, with a sender number of its quality. */
  boxed(type?: string, sender?: string): Promise<TestEnterprise & { readonly sender: string }>;
  /** Its access manager as a reader, unless told otherwise. */
  reader(firm: TestEnterprise, o?: Partial<EboxReader<string>>): EboxReader<string>;
  /** Puts a document into the box of a sender number; its identifier. */
  deliver(sender: string, over?: Partial<Parcel>, bytes?: number): Promise<string>;
}

/** The document types as they are shipped. */
export function shippedTypes(): DocumentTypes {
  const file = join(import.meta.dirname, '../../config/ebox.yaml');
  return readDocumentTypes(parseYaml(readFileSync(file, 'utf8')));
}

let senders = 300_000;

export async function eboxHouse(): Promise<EboxHouse> {
  const house = await peopleHouse();
  const directory = await mkdtemp(join(tmpdir(), 'sluis-ebox-'));
  const blobs = await openBlobStore(directory);
  const { clock, identity, database } = house;
  const store = eboxStore(database.knex);
  const types = shippedTypes();
  const outlet = eboxOutlet({ store, blobs, types, clock });
  const told: (EboxEvent & { readonly by: string })[] = [];
  const trail = {
    record: (by: string, event: EboxEvent): Promise<void> => {
      told.push({ by, ...event });
      return Promise.resolve();
    },
  };
  return {
    ...{ ...house, blobs, store, types, outlet, told },
    eboxes: openEboxes({ store, blobs, clock, trail }),
    async boxed(type = 'employer', wished?: string) {
      const firm = await house.enterprise({ type });
      await identity.enterpriseAccess.activateEbox(firm.lr);
      senders += 1;
      const wish = { number: wished ?? String(senders), enterprise: firm.number, by: 'test' };
      const { number } = await identity.senders.register({ ...wish, quality: type });
      return { ...firm, sender: number };
    },
    reader: ({ am, qualityId }, o = {}) => ({
      ...{ actor: am.name, name: am.name, qualityId, manages: true, applications: [] },
      assignmentId: am.assignmentId ?? '',
      ...o,
    }),
    async deliver(sender, over = {}, bytes = 200) {
      const parcel = aParcel({ sender, ...over }, bytes);
      const { reference } = await outlet.deliver(parcel, new AbortController().signal);
      return reference.replace('document ', '');
    },
    async close() {
      await house.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export async function textOf(content: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
