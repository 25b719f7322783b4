import { createHash, randomUUID } from 'node:crypto';
import type { ParcelKind } from '../../src/channels/index.ts';
import type { NewParcel, ParcelFile } from '../../src/ledger.ts';
import { openLedger } from '../../src/storage/index.ts';
import { ticketOf, type SenderNumber, type Ticket } from '../../src/vocabulary/index.ts';
import type { TestDatabase } from './database.ts';

const at = new Date('2026-01-15T08:00:00Z');

/** One file of an answer, kept in its row. */
export function parcelFile(name: string, text: string): ParcelFile {
  const content = Buffer.from(text);
  const sha256 = createHash('sha256').update(content).digest();
  return { name, bytes: content.length, sha256, stored: { content } };
}

/** A refused batch that has these answers to give; its number and ticket. */
export async function aBatchWithParcels(
  { database }: TestDatabase,
  o: {
    readonly sender?: string;
    readonly channel: string;
    readonly kinds?: readonly ParcelKind[];
    /** In the place of kinds: parcels as they are to be. */
    readonly parcels?: readonly Partial<NewParcel>[];
  },
): Promise<{ readonly id: number; readonly ticket: Ticket }> {
  const ledger = openLedger({ database, nodeId: randomUUID() });
  const id = await ledger.nextBatchId();
  const sender = (o.sender ?? '123456') as SenderNumber;
  const { channel, kinds = ['ACRF'] } = o;
  const parcels = o.parcels ?? kinds.map((kind) => ({ kind }));
  await ledger.transaction(async (tx) => {
    await tx.openBatch({
      ...{ id, sender, channel, directory: 'IN', environment: 'R', identity: undefined },
      ...{ parts: undefined, fileName: `GO.${String(id)}`, username: 'login', receivedAt: at },
      ...{ state: 'REFUSED', errors: [], files: [] },
    });
    for (const [index, parcel] of parcels.entries()) {
      const kind = parcel.kind ?? 'ACRF';
      const name = `${kind}.${String(id)}.${String(index)}`;
      await tx.addParcel({
        ...{ batchId: id, kind, sender, directory: 'OUT', channel, at },
        files: [parcelFile(`FO.${name}`, `text of ${name}`), parcelFile(`GO.${name}`, '')],
        ...parcel,
      });
    }
  });
  return { id, ticket: ticketOf(id) };
}
