import { randomUUID } from 'node:crypto';
import { brusselsDate, Failure } from '../../vocabulary/index.ts';
import type { Caller } from '../people/caller.ts';
import { caseNames } from './case-names.ts';
import { resetPassword } from './passwords.ts';
import type { CaseKind, CaseRecord, CaseState, SignInStore, Transaction } from './ports.ts';
import { callerOf, type OpenSession } from './sessions.ts';
import { systemCaller, type SignInTools } from './tools.ts';
import { addWorkingDays } from './working-days.ts';

/** What people ask of the help desk, each with the date it is promised for. */
export interface Cases {
  /** Oldest first; continues after the case named. @throws Failure `access.denied` */
  list(
    caller: Caller,
    o: { readonly states?: readonly CaseState[]; readonly after?: string; readonly max: number },
  ): Promise<readonly CaseRecord[]>;
  /** @throws Failure `access.denied`, `registration.unknown` */
  show(caller: Caller, id: string): Promise<CaseRecord>;
  /** Somebody logged in asks for something: an enterprise number, another kind of account. */
  open(
    session: OpenSession,
    o: {
      readonly kind: Extract<
        CaseKind,
        'enterprise-number' | 'representative-access' | 'conversion' | 'other'
      >;
      readonly note: string;
    },
  ): Promise<CaseRecord>;
  /**
   * Grants or refuses a case. Granting one of kind `new-codes` sends the person a one-time code.
   *
   * @throws Failure `access.denied`, `registration.unknown`, `registration.exists` (closed already)
   */
  close(
    caller: Caller,
    id: string,
    o: { readonly outcome: 'done' | 'refused'; readonly note: string },
  ): Promise<void>;
  /** Tells the help desk of the cases that are due tomorrow; gives how many. Called by a timer. */
  alarm(): Promise<number>;
}

/** New codes are promised within five working days; on the fourth the help desk is warned. */
const promisedDays = 5;
const alarmDays = 4;
const noteCharactersMax = 1_000;
const listMax = 500;
const alarmsMax = 100;

export function openCases(tools: SignInTools): Cases {
  const { store, gate, clock } = tools;
  return {
    async list(caller, { states = ['open', 'approved'], after, max }) {
      await gate.require(caller, 'case.list', {});
      const page = { states, max: Math.min(max, listMax) };
      return store.cases.list({ ...page, ...(after === undefined ? {} : { after }) });
    },
    async show(caller, id) {
      await gate.require(caller, 'case.list', {});
      return found(await store.cases.find(id));
    },
    async open(session, { kind, note }) {
      const enterprise = session.caller?.enterprise;
      const facts = { note: noteOf(note), by: session.username };
      return openCase(tools, {
        ...{ caller: callerOf(session), kind, personId: session.personId, facts },
        ...(enterprise === undefined ? {} : { enterprise }),
      });
    },
    close: (caller, id, wish) => close(tools, caller, id, wish),
    async alarm() {
      const at = clock.now();
      return store.atomically(async (inside, trx) => {
        const late = await inside.cases.takeAlarms(brusselsDate(at), at, alarmsMax);
        for (const one of late) await sound(tools, one, trx);
        return late.length;
      });
    },
  };
}

/** Cases that are granted by doing what was asked, which closes them: never by a word alone. */
const ownActs: Partial<Record<CaseKind, string>> = {
  'second-factor': 'approve the reset itself',
  'representative-access': 'grant the representation itself',
  conversion: 'carry out the conversion itself',
  'enterprise-number': 'add the number itself',
};

function found(record: CaseRecord | undefined): CaseRecord {
  if (record === undefined) throw new Failure('registration.unknown', { what: 'case' });
  return record;
}

export function noteOf(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, noteCharactersMax);
}

/** Opens a case with its dates, within a transaction when there is one. */
export async function openCase(
  tools: SignInTools,
  o: {
    readonly caller: Caller;
    readonly kind: CaseKind;
    readonly personId?: string;
    readonly enterprise?: string;
    readonly facts: Readonly<Record<string, string>>;
    readonly within?: { readonly store: SignInStore; readonly trx: Transaction };
  },
): Promise<CaseRecord> {
  const openedAt = tools.clock.now();
  const today = brusselsDate(openedAt);
  const { kind, personId, enterprise, facts, within } = o;
  const record: CaseRecord = {
    ...{ id: randomUUID(), kind, facts, state: 'open', openedAt },
    ...(personId === undefined ? {} : { personId }),
    ...(enterprise === undefined ? {} : { enterprise }),
    dueOn: addWorkingDays(today, promisedDays),
    alarmOn: addWorkingDays(today, alarmDays),
  };
  await (within?.store ?? tools.store).cases.insert(record);
  await tools.audit.record(
    o.caller,
    {
      ...{ event: 'authz_admin', action: 'case.open', target: `case ${record.id}`, result: 'done' },
      ...(enterprise === undefined ? {} : { enterprise }),
      after: { kind, dueOn: record.dueOn ?? '' },
    },
    within?.trx,
  );
  return record;
}

async function close(
  tools: SignInTools,
  caller: Caller,
  id: string,
  wish: Parameters<Cases['close']>[2],
): Promise<void> {
  await tools.gate.require(caller, 'case.close', {});
  const record = found(await tools.store.cases.find(id));
  const own = ownActs[record.kind];
  if (own !== undefined && wish.outcome === 'done') {
    throw new Failure('registration.invalid', { what: 'case', why: own });
  }
  const done = await tools.store.cases.change({
    ...{ id, from: ['open', 'approved'], to: wish.outcome, at: tools.clock.now() },
    ...{ by: caller.name, facts: { closingNote: noteOf(wish.note) } },
  });
  if (!done) throw new Failure('registration.exists', { what: 'case', state: record.state });
  await tools.audit.record(caller, {
    ...{ event: 'authz_admin', action: 'case.close', target: `case ${id}`, result: 'done' },
    ...{ before: { state: record.state }, after: { state: wish.outcome } },
  });
  if (record.kind === 'new-codes' && wish.outcome === 'done' && record.personId !== undefined) {
    await resetPassword(tools, caller, record.personId);
  }
}

async function sound(tools: SignInTools, late: CaseRecord, trx: Transaction): Promise<void> {
  const dueOn = late.dueOn ?? '';
  await tools.audit.record(
    systemCaller,
    {
      ...{ event: 'authz_admin', action: 'case.alarm', target: `case ${late.id}`, result: 'done' },
      after: { kind: late.kind, dueOn },
    },
    trx,
  );
  const to = tools.rules.helpDeskEmail;
  if (to === undefined) return;
  const { helpDeskLanguage: language } = tools.rules;
  const data = { case: late.id, kind: caseNames[late.kind][language], due: dueOn };
  await tools.letters.send({ template: 'case-alarm', to, language, data }, trx);
}
