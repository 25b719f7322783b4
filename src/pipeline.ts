import type { BatchEvent, BatchEventName } from './batch-events.ts';
import type { Gathered, SetFile } from './intake/index.ts';
import type { NamedSet, Problem } from './inspection/index.ts';
import type {
  AcceptedFacts,
  Batch,
  ChunkPlace,
  Holder,
  JournalEntry,
  LandedFile,
  Ledger,
  LedgerTransaction,
  NewParcel,
  ParcelFile,
  ParcelKind,
  ReceiptError,
  RoutedForm,
  SetIdentity,
  SetRef,
  WaitingFile,
  WorkItem,
} from './ledger.ts';
import type { CopyTable } from './rows/index.ts';
import type { Clock, Environment, SenderNumber, Ticket } from './vocabulary/index.ts';
import { outDirectories, ticketOf } from './vocabulary/index.ts';

/** What inspection found in the content of a set. */
export interface Inspected {
  readonly problems: readonly Problem[];
  readonly signer: string | undefined;
  readonly root: string;
  readonly version: string;
  readonly forms: number;
  readonly chunks: number;
}

export interface ReceiptStory {
  readonly ticket: Ticket;
  readonly fileName: string;
  readonly errors: readonly ReceiptError[];
  readonly environment: Environment;
  readonly sender: SenderNumber;
  readonly at: Date;
}

/** The stages, their ports already in hand. Each decides and returns; none calls another. */
export interface Stages {
  gather(files: readonly WaitingFile[], now: Date): readonly Gathered[];
  checkNames(set: NamedSet): readonly Problem[];
  /** Narrows problems to those the receipt shall tell: the first, or all where the sender asks. */
  toldTo(sender: SenderNumber, problems: readonly Problem[]): Promise<readonly Problem[]>;
  fingerprint(files: readonly SetFile[]): { readonly contentKey: string; readonly sealKey: string };
  inspect(
    batch: Batch,
    save: (place: ChunkPlace, judged: Buffer) => Promise<void>,
  ): Promise<Inspected>;
  /** Mandates, route and assessment of the declarations of one chunk, as the rows they become. */
  decide(batch: Batch, judged: Uint8Array): Promise<readonly CopyTable[]>;
  receipt(story: ReceiptStory): Promise<readonly ParcelFile[]>;
  notification(batch: Batch, at: Date): Promise<readonly ParcelFile[]>;
  /** Whether an original that repeats one of an earlier set is refused. */
  isDeclaredOnce(batch: Batch): boolean;
  /** Whether accepted declarations go to recipients of their own. */
  isRouted(batch: Batch): boolean;
  /** Writes declarations out for their recipients. */
  dispatch(batch: Batch, forms: readonly RoutedForm[], at: Date): Promise<readonly NewParcel[]>;
  /** The channel the answers on a batch leave by: the one it came by, unless registered otherwise. */
  answersBy(batch: Pick<Batch, 'sender' | 'channel'>): Promise<string>;
  /** Whether a statement follows the notification. */
  isStated(batch: Batch): boolean;
  statement(batch: Batch, at: Date): Promise<readonly ParcelFile[]>;
  /** A chunk as inspection saved it. */
  chunkOf(batchId: number, seq: number): Promise<Uint8Array>;
}

export interface Received {
  /** Whether anything was taken up. */
  readonly taken: boolean;
  /** When the set is to be looked at again, unless one more of its files lands before. */
  readonly until: Date | undefined;
}

export interface Pipeline {
  /** Looks at the files of one waiting set and takes it up when it is time. */
  receive(set: SetRef, files: readonly WaitingFile[]): Promise<Received>;
  /** Carries one work item to its end, in one transaction with its mark. */
  carry(item: WorkItem): Promise<void>;
}

/** A set whose first copy is still being inspected is looked at again after this pause. */
const inspectionPauseMs = 1_000;

/** The code of a set in which no FI is. */
const noDeclarations = '142';

/** Declarations written out for their recipients in one step. */
const dispatchFormsMax = 500;

/** The life of a batch, in reading order. Every turning of that life is in this file. */
export function openPipeline(o: {
  readonly ledger: Ledger;
  readonly stages: Stages;
  readonly clock: Clock;
}): Pipeline {
  const { ledger, stages, clock } = o;

  async function receive(ref: SetRef, files: readonly WaitingFile[]): Promise<Received> {
    const now = clock.now();
    const outcomes = stages.gather(files, now);
    let taken = false;
    let until: Date | undefined;
    for (const outcome of outcomes) {
      if (outcome.kind !== 'wait') {
        const pause = await take(ref, outcome, now);
        if (pause === undefined) taken = true;
        else until = earliest(until, pause);
      } else {
        until = earliest(until, outcome.until);
      }
    }
    return { taken, until };
  }

  /** Takes an outcome up; a date says that it has to wait until then after all. */
  async function take(
    ref: SetRef,
    outcome: Exclude<Gathered, { kind: 'wait' }>,
    now: Date,
  ): Promise<Date | undefined> {
    switch (outcome.kind) {
      case 'set':
        return receiveSet(ref, outcome, now);
      case 'cancel':
        await refuseAtOnce(ref, { ...outcome, at: now, state: 'CANCELLED' }, [
          { code: '277', detail: 'the set was cancelled by its sender' },
        ]);
        return undefined;
      case 'no-go':
        return receiveLeftovers(ref, outcome, now);
      case 'stray':
        await refuseAtOnce(
          ref,
          { trigger: outcome.file, files: [outcome.file], at: now, state: 'REFUSED' },
          [{ code: outcome.code, detail: `'${outcome.file.name}' is no name of a known shape` }],
        );
        return undefined;
      case 'idle-cancel':
        await setAside(ref, [outcome.trigger], now, 'intake.nothing-to-cancel');
        return undefined;
    }
  }

  async function receiveSet(
    ref: SetRef,
    set: { readonly trigger: SetFile; readonly files: readonly SetFile[] },
    now: Date,
  ): Promise<Date | undefined> {
    const problems = stages.checkNames({ ...ref, ...set, receivedAt: now });
    if (problems.length === 1 && problems[0]?.code === noDeclarations) {
      const echo = await takeEcho(ref, set, now);
      if (echo !== 'none') return echo === 'taken' ? undefined : echo;
    }
    if (problems.length > 0) {
      await refuseAtOnce(ref, { ...set, at: now, state: 'REFUSED' }, problems);
      return undefined;
    }
    const identity = identityOf(ref, set.trigger);
    const keys = stages.fingerprint(set.files);
    const id = await ledger.nextBatchId();
    const outcome = await ledger.transaction(async (tx) => {
      const holder = await tx.holderOf(identity);
      if (holder?.state === 'RECEIVED') return 'busy';
      if (holder !== undefined && !sameAnswer(holder, keys)) return holder;
      if (!(await tx.claim(set.files))) return 'gone';
      if (holder === undefined) await openSet(tx, ref, { ...set, id, identity, keys, at: now });
      else await repeat(tx, holder, ref, set.files, now);
      return 'taken';
    });
    if (outcome === 'busy') return new Date(now.getTime() + inspectionPauseMs);
    if (typeof outcome === 'object') {
      const detail = `the name was used already, ticket ${outcome.ticket}`;
      await refuseAtOnce(ref, { ...set, at: now, state: 'REFUSED' }, [{ code: '133', detail }]);
    }
    return undefined;
  }

  /**
   * Of a set sent twice in a row the first GO may take up the declarations of both: what is left is
   * the second GO, which means the set of its name and is answered as that one was.
   */
  async function takeEcho(
    ref: SetRef,
    { trigger, files }: { readonly trigger: SetFile; readonly files: readonly SetFile[] },
    now: Date,
  ): Promise<'none' | 'taken' | Date> {
    return ledger.transaction(async (tx) => {
      const holder = await tx.holderOf(identityOf(ref, trigger));
      if (holder === undefined || holder.state === 'ARCHIVED') return 'none';
      if (holder.state === 'RECEIVED') return new Date(now.getTime() + inspectionPauseMs);
      if (await tx.claim(files)) await repeat(tx, holder, ref, files, now);
      return 'taken';
    });
  }

  async function openSet(
    tx: LedgerTransaction,
    ref: SetRef,
    set: {
      readonly id: number;
      readonly trigger: SetFile;
      readonly files: readonly SetFile[];
      readonly identity: SetIdentity;
      readonly keys: { readonly contentKey: string; readonly sealKey: string };
      readonly at: Date;
    },
  ): Promise<void> {
    const { parts } = set.trigger.elements;
    await tx.openBatch({
      ...ref,
      id: set.id,
      environment: set.identity.environment,
      identity: set.identity,
      parts: parts === undefined ? undefined : Number(parts),
      fileName: set.trigger.name,
      channel: set.trigger.channel,
      username: set.trigger.username,
      receivedAt: set.at,
      reserves: set.keys,
      state: 'RECEIVED',
      errors: [],
      files: set.files,
    });
    await tx.addWork(set.id, ref.sender, 'inspect', [0]);
    const facts = { files: set.files.length };
    await tx.record(entryOf(set, ref, 'batch.received', ticketOf(set.id), facts));
    const { sender } = ref;
    const about = { id: set.id, sender, environment: set.identity.environment };
    await tx.tell([eventOf(about, 'batch.received', set.at, facts)]);
  }

  /** The same set again: its work is not done again, its answers are shown again. */
  async function repeat(
    tx: LedgerTransaction,
    holder: Holder,
    ref: SetRef,
    files: readonly SetFile[],
    at: Date,
  ): Promise<void> {
    await tx.attach(holder.batchId, files);
    await tx.showAgain(holder.batchId, at);
    const first = files[0];
    if (first === undefined) return;
    await tx.record(entryOf({ trigger: first, at }, ref, 'batch.repeated', holder.ticket, {}));
    const { batchId: id } = holder;
    const about = { id, sender: ref.sender, environment: environmentOf(ref) };
    await tx.tell([eventOf(about, 'batch.repeated', at)]);
  }

  async function receiveLeftovers(
    ref: SetRef,
    set: { readonly trigger: SetFile; readonly files: readonly SetFile[] },
    now: Date,
  ): Promise<Date | undefined> {
    const onlySignatures = set.files.every(({ elements }) => elements.prefix === 'FS');
    if (onlySignatures && set.trigger.elements.environment === 'S') {
      // A simulation needs no signature, so its set was taken up before this file came.
      await setAside(ref, set.files, now, 'intake.late-signature');
      return undefined;
    }
    const faults = set.files.flatMap(({ name, faults: own = [] }) =>
      own.map((fault) => ({ ...fault, fileName: name })),
    );
    await refuseAtOnce(ref, { ...set, at: now, state: 'REFUSED' }, [
      ...faults,
      { code: '130', detail: 'no GO came for these files' },
    ]);
    return undefined;
  }

  /**
   * Refuses files that hold no name. The receipt stands in the same transaction as the refusal;
   * what it needs is looked up before, so that no transaction waits for a second connection.
   */
  async function refuseAtOnce(
    ref: SetRef,
    set: RefusedSet,
    problems: readonly Problem[],
  ): Promise<void> {
    const errors = await stages.toldTo(ref.sender, problems);
    const id = await ledger.nextBatchId();
    const ticket = ticketOf(id);
    const { sender, directory } = ref;
    const environment = environmentOf(ref);
    const fileName = errors[0]?.fileName ?? set.trigger.name;
    const { channel, username } = set.trigger;
    const files = await stages.receipt({
      ...{ ticket, fileName, errors, environment, sender, at: set.at },
    });
    const answersBy = await stages.answersBy({ sender, channel });
    await ledger.transaction(async (tx) => {
      if (!(await tx.claim(set.files))) return;
      await tx.openBatch({
        ...{ id, sender, directory, environment, fileName, channel, username, errors },
        identity: undefined,
        parts: undefined,
        receivedAt: set.at,
        state: set.state,
        files: set.files,
      });
      await addParcel(tx, { id, sender, environment, channel: answersBy }, 'ACRF', files, set.at);
      const code = set.state === 'CANCELLED' ? 'batch.cancelled' : 'batch.refused';
      const facts = { error: errors[0]?.code ?? '', detail: errors[0]?.detail ?? '' };
      await tx.record({ ...entryOf(set, ref, code, ticket, facts), level: 'warn', fileName });
      const about = { id, sender, environment };
      await tx.tell([
        ...(set.state === 'CANCELLED' ? [eventOf(about, 'batch.cancelled', set.at)] : []),
        eventOf(about, 'receipt.given', set.at, receiptFacts(errors)),
      ]);
    });
  }

  /** Files that lead to no batch: claimed, so that nobody waits for them, and told in the journal. */
  async function setAside(
    ref: SetRef,
    files: readonly LandedFile[],
    at: Date,
    code: string,
  ): Promise<void> {
    await ledger.transaction(async (tx) => {
      if (!(await tx.claim(files))) return;
      for (const trigger of files) {
        await tx.record(entryOf({ trigger, at }, ref, code, undefined, {}));
      }
    });
  }

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

  return { receive, carry };
}

interface RefusedSet {
  readonly trigger: LandedFile;
  readonly files: readonly LandedFile[];
  readonly at: Date;
  readonly state: 'REFUSED' | 'CANCELLED';
}

async function addParcel(
  tx: LedgerTransaction,
  batch: {
    readonly id: number;
    readonly sender: SenderNumber;
    readonly environment: Environment;
    readonly channel: string;
  },
  kind: ParcelKind,
  files: readonly ParcelFile[],
  at: Date,
): Promise<void> {
  const { id: batchId, sender, channel } = batch;
  const directory = outDirectories[batch.environment];
  await tx.addParcel({ batchId, kind, sender, directory, channel, at, files });
}

/**
 * After an accepted set the FI files decide, since signing again changes the signature; after a
 * refused one, FI and FS both. An archived set keeps its name and has no answer to give any more.
 */
function sameAnswer(
  holder: Holder,
  keys: { readonly contentKey: string; readonly sealKey: string },
): boolean {
  if (holder.state === 'ARCHIVED') return false;
  return holder.state === 'REFUSED'
    ? holder.sealKey === keys.sealKey
    : holder.contentKey === keys.contentKey;
}

function identityOf(ref: SetRef, trigger: SetFile): SetIdentity {
  const { type, date, sequence } = trigger.elements;
  return { sender: ref.sender, type, date, sequence, environment: environmentOf(ref) };
}

/** The directory decides where a refusal is answered, whatever letter the name carries. */
function environmentOf({ directory }: SetRef): Environment {
  switch (directory) {
    case 'IN':
      return 'R';
    case 'INTEST':
      return 'T';
    case 'INTEST-S':
      return 'S';
  }
}

function acceptedFacts(found: Inspected, at: Date): AcceptedFacts {
  const { signer, root, version, forms, chunks } = found;
  return { at, signer, root, version, declarations: forms, chunks };
}

function rangeOf(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function earliest(a: Date | undefined, b: Date): Date {
  return a === undefined || b < a ? b : a;
}

function entryOf(
  set: { readonly trigger: LandedFile; readonly at: Date },
  ref: SetRef,
  code: string,
  ticket: string | undefined,
  facts: Readonly<Record<string, string | number>>,
): JournalEntry {
  return {
    at: set.at,
    level: 'info',
    code,
    sender: ref.sender,
    username: set.trigger.username,
    fileName: set.trigger.name,
    ...(ticket === undefined ? {} : { ticket }),
    facts,
  };
}

function eventOf(
  batch: Pick<Batch, 'id' | 'sender' | 'environment'>,
  event: BatchEventName,
  at: Date,
  facts: BatchEvent['facts'] = {},
): BatchEvent {
  const { id: batchId, sender, environment } = batch;
  return { event, at, batchId, sender, environment, facts };
}

function receiptFacts(errors: readonly ReceiptError[]): BatchEvent['facts'] {
  const result = errors.length === 0 ? 'accepted' : 'refused';
  return { result, errors: errors.map(({ code }) => code) };
}

function batchEntry(batch: Batch, code: string, at: Date): JournalEntry {
  const { sender, ticket, username, fileName } = batch;
  return { at, level: 'info', code, sender, ticket, username, fileName };
}

function judgedEntry(
  batch: Batch,
  errors: readonly ReceiptError[],
  found: Inspected,
  at: Date,
): JournalEntry {
  const first = errors[0];
  if (first === undefined) {
    const facts = { declarations: found.forms, chunks: found.chunks };
    return { ...batchEntry(batch, 'batch.accepted', at), facts };
  }
  const facts = { error: first.code, detail: first.detail };
  return { ...batchEntry(batch, 'batch.refused', at), level: 'warn', facts };
}
