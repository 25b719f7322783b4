import type { AcceptedFacts, Batch, Ledger, SetRef, WaitingFile, WorkItem } from './ledger.ts';
import { openReception, type Received } from './reception.ts';
import type { Inspected, Stages } from './stage-faces.ts';
import { addParcel, batchEntry, eventOf, judgedEntry, receiptFacts } from './turning-lines.ts';
import type { Clock } from './vocabulary/index.ts';

export interface Pipeline {
  /** Looks at the files of one waiting set and takes it up when it is time. */
  receive(set: SetRef, files: readonly WaitingFile[]): Promise<Received>;
  /** Carries one work item to its end, in one transaction with its mark. */
  carry(item: WorkItem): Promise<void>;
}

/** Declarations written out for their recipients in one step. */
const dispatchFormsMax = 500;

/**
 * The life of a batch, in reading order: its first chapter, up to the batch, is `reception.ts`; every
 * turning after that is here.
 */
export function openPipeline(o: {
  readonly ledger: Ledger;
  readonly stages: Stages;
  readonly clock: Clock;
}): Pipeline {
  const { ledger, stages, clock } = o;

  async function carry(item: WorkItem): Promise<void> {
    const batch = await ledger.batch(item.batchId);
    switch (item.step) {
      case 'inspect':
        return inspect(item, batch);
      case 'chunk':
        return runChunk(item, batch);
      case 'settle':
        return settle(item, batch);
      case 'notify':
        return notify(item, batch);
      case 'state':
        return state(item, batch);
      case 'dispatch':
        return dispatch(item, batch);
    }
  }

  async function inspect(item: WorkItem, batch: Batch): Promise<void> {
    const found = await stages.inspect(batch, (place, judged) =>
      ledger.saveChunk(batch.id, place, judged),
    );
    const at = clock.now();
    const told = await stages.toldTo(batch.sender, found.problems);
    const errors = told.map(({ code, detail, fileName }) =>
      fileName === undefined ? { code, detail } : { code, detail, fileName },
    );
    const story = { ...batch, errors, at };
    const files = await stages.receipt(story);
    const channel = await stages.answersBy(batch);
    await ledger.transaction(async (tx) => {
      await tx.finish(item.lease);
      if (errors.length > 0) {
        await tx.refuse(batch.id, errors, at);
      } else {
        await tx.accept(batch.id, acceptedFacts(found, at));
        await tx.addWork(batch.id, batch.sender, 'chunk', rangeOf(found.chunks));
      }
      await addParcel(tx, { ...batch, channel }, 'ACRF', files, at);
      await tx.record(judgedEntry(batch, errors, found, at));
      await tx.tell([eventOf(batch, 'receipt.given', at, receiptFacts(errors))]);
    });
  }

  async function runChunk(item: WorkItem, batch: Batch): Promise<void> {
    const tables = await stages.decide(batch, await stages.chunkOf(batch.id, item.seq));
    await ledger.transaction(async (tx) => {
      // Verdicts are told after settlement only, and a chunk done again comes out the same.
      await tx.flushLater();
      await tx.finish(item.lease);
      await tx.recordDeclarations(tables);
      const left = await tx.chunkDone(batch.id);
      if (left === 0) await tx.addWork(batch.id, batch.sender, 'settle', [0]);
    });
  }

  async function settle(item: WorkItem, batch: Batch): Promise<void> {
    const at = clock.now();
    await ledger.transaction(async (tx) => {
      await tx.finish(item.lease);
      const declaredOnce = stages.isDeclaredOnce(batch);
      const { accepted, refused } = await tx.settle(batch.id, { at, declaredOnce });
      await tx.addWork(batch.id, batch.sender, 'notify', [0]);
      if (accepted > 0 && stages.isRouted(batch)) {
        const pages = Math.ceil(batch.declarations / dispatchFormsMax);
        await tx.addWork(batch.id, batch.sender, 'dispatch', rangeOf(pages));
      }
      await tx.record({ ...batchEntry(batch, 'batch.settled', at), facts: { accepted, refused } });
      await tx.tell([eventOf(batch, 'batch.settled', at, { accepted, refused })]);
    });
  }

  async function notify(item: WorkItem, batch: Batch): Promise<void> {
    const at = clock.now();
    const notification = await stages.notification(batch, at);
    const channel = await stages.answersBy(batch);
    await ledger.transaction(async (tx) => {
      await tx.finish(item.lease);
      await addParcel(tx, { ...batch, channel }, 'NOTI', notification, at);
      if (stages.isStated(batch)) await tx.addWork(batch.id, batch.sender, 'state', [0]);
      else await tx.notified(batch.id, at);
      const { accepted, refused } = batch;
      await tx.record({ ...batchEntry(batch, 'batch.notified', at), facts: { accepted, refused } });
      await tx.tell([eventOf(batch, 'batch.notified', at, { accepted, refused })]);
    });
  }

  /** A step of its own: no verdict waits while the amounts of thousands are written out. */
  async function state(item: WorkItem, batch: Batch): Promise<void> {
    const at = clock.now();
    const statement = await stages.statement(batch, at);
    const channel = await stages.answersBy(batch);
    await ledger.transaction(async (tx) => {
      await tx.finish(item.lease);
      await addParcel(tx, { ...batch, channel }, 'STAT', statement, at);
      await tx.notified(batch.id, at);
      await tx.record(batchEntry(batch, 'batch.stated', at));
      await tx.tell([eventOf(batch, 'batch.stated', at)]);
    });
  }

  /** A page of declarations, each to its own recipient; no verdict waits for it. */
  async function dispatch(item: WorkItem, batch: Batch): Promise<void> {
    const at = clock.now();
    const from = item.seq * dispatchFormsMax + 1;
    const to = from + dispatchFormsMax - 1;
    const forms = await ledger.routedForms(batch.id, { from, to });
    const parcels = await stages.dispatch(batch, forms, at);
    await ledger.transaction(async (tx) => {
      await tx.finish(item.lease);
      for (const parcel of parcels) await tx.addParcel(parcel);
      if (parcels.length === 0) return;
      const facts = { from, parcels: parcels.length };
      await tx.record({ ...batchEntry(batch, 'batch.dispatched', at), facts });
    });
  }

  return { receive: openReception(o), carry };
}

function acceptedFacts(found: Inspected, at: Date): AcceptedFacts {
  const { signer, root, version, forms, chunks } = found;
  return { at, signer, root, version, declarations: forms, chunks };
}

function rangeOf(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
