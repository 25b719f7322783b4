import { randomUUID } from 'node:crypto';
import { brusselsDate, dateAfter, Failure, type Clock } from '../../vocabulary/index.ts';
import type { DeliveryReceipt, Outlet, Parcel, ParcelPart } from '../contract.ts';
import { boxOf } from './box-of.ts';
import { titlesOf, type DocumentTypes } from './document-types.ts';
import { oneLine, plainName } from './one-line.ts';
import type { Addressee, EboxBlobs, EboxDeliveries, EboxFile, NewDocument } from './ports.ts';

export interface EboxOutletOptions {
  readonly store: EboxDeliveries;
  readonly blobs: EboxBlobs;
  readonly types: DocumentTypes;
  readonly clock: Clock;
}

const publisherCharactersMax = 100;

/**
 * Puts parcels into e-Boxes. A document shows whole or not at all, and once: a parcel that comes
 * again finds the document it became, even when that was deleted meanwhile.
 */
export function eboxOutlet(o: EboxOutletOptions): Outlet {
  return {
    async deliver(parcel, signal) {
      const known = await o.store.documentOf(parcel.id);
      if (known !== undefined) return referenceOf(known);
      heed(signal, parcel);
      const addressee = await addresseeOf(o.store, parcel);
      const box = boxOf(addressee);
      if (box === undefined) throw noBox(addressee.enterprise, 'no-quality');
      const bytes = parcel.files.reduce((sum, file) => sum + file.bytes, 0);
      const { documentBytesMax } = o.types;
      if (bytes > documentBytesMax) {
        throw new Failure('channel.too-large', { bytes, documentBytesMax });
      }
      const document = documentOf(o, parcel, addressee);
      return keep(o, { ...document, qualityId: box.qualityId }, { parcel, signal });
    },
    close: () => Promise.resolve(),
  };
}

function heed(signal: AbortSignal, parcel: Parcel): void {
  if (signal.aborted) throw new Failure('channel.timed-out', { parcel: parcel.id });
}

function referenceOf(document: string): DeliveryReceipt {
  return { reference: `document ${document}` };
}

async function addresseeOf(store: EboxDeliveries, parcel: Parcel): Promise<Addressee> {
  const addressee = await store.addressee(parcel);
  if (addressee === undefined) {
    throw noBox(parcel.recipient ?? parcel.sender ?? '', 'enterprise-unknown');
  }
  const { closed, enterprise } = addressee;
  if (closed !== undefined) throw noBox(enterprise, closed);
  return addressee;
}

function noBox(recipient: string, why: string): Failure {
  return new Failure('channel.no-ebox', { recipient, why });
}

function documentOf(
  { types, clock }: EboxOutletOptions,
  parcel: Parcel,
  { declarant, form }: Addressee,
): Omit<NewDocument, 'files' | 'qualityId'> {
  const type = types.ofParcel(parcel.kind);
  const { id: delivery, ticket, environment, type: messageType } = parcel;
  const publishedAt = clock.now();
  const expiresOn = dateAfter(brusselsDate(publishedAt), type.validityDays);
  return {
    ...{ delivery, ticket, environment, publishedAt, expiresOn, type: type.code },
    titles: titlesOf(type, { form: form ?? messageType ?? '', ticket }),
    publisher: publisherOf(declarant, types),
    ...(messageType === undefined ? {} : { messageType }),
    protection: type.protection,
    warnOn: dateAfter(expiresOn, -type.warnDays),
  };
}

function publisherOf(
  declarant: Addressee['declarant'],
  { publisher }: DocumentTypes,
): NewDocument['publisher'] {
  if (declarant === undefined) return { name: publisher };
  const { enterprise } = declarant;
  const name = oneLine(declarant.name, publisherCharactersMax);
  return {
    name: name === '' ? (enterprise ?? publisher) : name,
    ...(enterprise === undefined ? {} : { enterprise }),
  };
}

/** Stores the contents, then the row that makes all of them visible. */
async function keep(
  { store, blobs }: EboxOutletOptions,
  document: Omit<NewDocument, 'files'>,
  { parcel, signal }: { readonly parcel: Parcel; readonly signal: AbortSignal },
): Promise<DeliveryReceipt> {
  const files: EboxFile[] = [];
  try {
    const taken = new Set<string>();
    for (const part of parcel.files) {
      heed(signal, parcel);
      files.push(await storedFile(blobs, part, taken));
    }
    heed(signal, parcel);
  } catch (error) {
    await forget(blobs, files);
    throw error;
  }
  const id = randomUUID();
  // Whether an insert that failed was done nevertheless nobody knows: its contents stay, and are
  // swept with everything else that no row names.
  if ((await store.insert(id, { ...document, files })) === 'done') return referenceOf(id);
  await forget(blobs, files);
  const known = await store.documentOf(parcel.id);
  if (known === undefined) throw new Failure('channel.differs', { parcel: parcel.id });
  return referenceOf(known);
}

async function storedFile(
  blobs: EboxBlobs,
  part: ParcelPart,
  taken: Set<string>,
): Promise<EboxFile> {
  const { bytes, sha256 } = part;
  const name = freeName(plainName(part.name), taken);
  taken.add(name);
  if (bytes === 0) return { name, bytes, sha256 };
  const stored = await blobs.put(part.open());
  if (stored.bytes !== bytes || stored.sha256.toString('hex') !== sha256) {
    await blobs.remove(stored.blob);
    throw new Failure('channel.differs', { file: name, bytes: stored.bytes, expected: bytes });
  }
  return { name, bytes, sha256, blob: stored.blob };
}

/** Two names that were different may be the same once they are plain. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let copy = 2; taken.has(free); copy += 1) free = `${String(copy)}-${name}`;
  return free;
}

async function forget(blobs: EboxBlobs, files: readonly EboxFile[]): Promise<void> {
  for (const { blob } of files) if (blob !== undefined) await blobs.remove(blob);
}
