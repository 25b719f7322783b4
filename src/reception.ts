import type { Gathered, SetFile } from './intake/index.ts';
import type { Problem } from './inspection/index.ts';
import type {
  Holder,
  LandedFile,
  Ledger,
  LedgerTransaction,
  SetIdentity,
  SetRef,
  WaitingFile,
} from './ledger.ts';
import type { Stages } from './stage-faces.ts';
import { addParcel, entryOf, eventOf, receiptFacts } from './turning-lines.ts';
import type { Clock, Environment } from './vocabulary/index.ts';
import { ticketOf } from './vocabulary/index.ts';

export interface Received {
  /** Whether anything was taken up. */
  readonly taken: boolean;
  /** When the set is to be looked at again, unless one more of its files lands before. */
  readonly until: Date | undefined;
}

/** A set whose first copy is still being inspected is looked at again after this pause. */
const inspectionPauseMs = 1_000;

/** The code of a set in which no FI is. */
const noDeclarations = '142';

/**
 * How waiting files become a batch, or are refused, or set aside: the first chapter of its life, in
 * reading order.
 */
export function openReception(o: {
  readonly ledger: Ledger;
  readonly stages: Stages;
  readonly clock: Clock;
}): (set: SetRef, files: readonly WaitingFile[]) => Promise<Received> {
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

  return receive;
}

interface RefusedSet {
  readonly trigger: LandedFile;
  readonly files: readonly LandedFile[];
  readonly at: Date;
  readonly state: 'REFUSED' | 'CANCELLED';
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

function earliest(a: Date | undefined, b: Date): Date {
  return a === undefined || b < a ? b : a;
}
