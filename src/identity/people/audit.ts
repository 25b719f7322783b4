import { Failure, parseInsz } from '../../vocabulary/index.ts';
import type { Clock } from '../../vocabulary/index.ts';
import { hashOf, noHash } from './audit-chain.ts';
import type { Caller } from './caller.ts';
import type {
  AuditFilter,
  AuditResult,
  AuditRow,
  AuditStore,
  AuditValue,
  OpenTransaction,
} from './audit-ports.ts';

/** The names of the OWASP logging vocabulary that the trail uses. */
export const auditEvents = [
  'authn_login_success',
  'authn_login_successafterfail',
  'authn_login_fail',
  'authn_login_fail_max',
  'authn_login_lock',
  'authn_login_unlock',
  'authn_password_change',
  'authn_token_created',
  'authn_token_revoked',
  'authn_factor_change',
  'authn_certificate_change',
  'authz_fail',
  'authz_change',
  'authz_admin',
  'privilege_permissions_changed',
  'session_created',
  'session_renewed',
  'session_expired',
  'session_ended',
  'user_created',
  'user_updated',
  'user_archived',
  'user_deleted',
  'sensitive_read',
  'sensitive_update',
  'sensitive_delete',
] as const;

export type AuditEventName = (typeof auditEvents)[number];

export interface AuditEvent {
  readonly event: AuditEventName;
  /** The action of the matrix, or what was done where the matrix is not asked (`login`). */
  readonly action: string;
  /** What it was done to: `person <id>`, `role <id>`, `quality <id>`, `enterprise <number>` … */
  readonly target: string;
  readonly enterprise?: string | undefined;
  readonly qualityId?: string | undefined;
  readonly result?: AuditResult;
  /** Never a national number or a secret; what looks like one is blotted out. */
  readonly before?: AuditValue;
  readonly after?: AuditValue;
}

export type Verdict =
  | { readonly ok: true; readonly events: bigint; readonly head: string }
  | { readonly ok: false; readonly at: bigint; readonly why: 'changed' | 'missing' | 'cut' };

/** The audit trail: who did what to whom, in which role, and what it was before. */
export interface Audit {
  /**
   * Adds an event. With a transaction it stands or falls with it, and must be the last thing done
   * there: writers of the trail wait for one another until their transactions end.
   */
  record(caller: AuditActor, event: AuditEvent, trx?: OpenTransaction): Promise<void>;
  /** Several at once, in this order, under the same rule. */
  recordAll(entries: readonly AuditEntry[], trx?: OpenTransaction): Promise<void>;
  /** Newest first. The matrix is asked before, by whoever calls. */
  list(
    filter: AuditFilter & { readonly before?: bigint; readonly max: number },
  ): Promise<{ readonly rows: readonly AuditRow[]; readonly next?: bigint }>;
  /** Every event in order, for an export. */
  each(): AsyncGenerator<AuditRow>;
  /**
   * Reads the whole trail and computes every hash again. A trail that was cut at its end still
   * fits; with a head noted earlier (`seq`, `hash`) that shows too.
   */
  verify(head?: { readonly seq: bigint; readonly hash: string }): Promise<Verdict>;
}

export interface AuditEntry {
  readonly caller: AuditActor;
  readonly event: AuditEvent;
}

export type AuditActor = Pick<Caller, 'name' | 'role' | 'source' | 'enterprise' | 'qualityId'>;

const listMax = 1_000;
const chunkRows = 1_000;

export function openAudit({
  store,
  clock,
}: {
  readonly store: AuditStore;
  readonly clock: Clock;
}): Audit {
  const recordAll: Audit['recordAll'] = (entries, trx) =>
    store.append((last) => rowsOf(entries, { at: clock.now(), last }), trx);
  return {
    record: (caller, event, trx) => recordAll([{ caller, event }], trx),
    recordAll,
    async list(filter) {
      const max = Math.min(filter.max, listMax);
      const found = await store.list({ ...filter, max: max + 1 });
      const rows = found.slice(0, max);
      const last = rows.at(-1);
      return found.length > max && last !== undefined ? { rows, next: last.seq } : { rows };
    },
    each: () => each(store),
    verify: (head) => verify(store, head),
  };
}

function rowsOf(
  entries: readonly AuditEntry[],
  o: { readonly at: Date; readonly last: LastEvent | undefined },
): readonly AuditRow[] {
  let { last } = o;
  return entries.map(({ caller, event }) => (last = rowOf(caller, event, { at: o.at, last })));
}

type LastEvent = Pick<AuditRow, 'seq' | 'hash'>;

function rowOf(
  caller: AuditActor,
  event: AuditEvent,
  { at, last }: { readonly at: Date; readonly last: LastEvent | undefined },
): AuditRow {
  const { enterprise = caller.enterprise, qualityId = caller.qualityId } = event;
  const row = {
    seq: (last?.seq ?? 0n) + 1n,
    at,
    event: event.event,
    actor: caller.name,
    actingAs: caller.role,
    action: event.action,
    target: event.target,
    ...(enterprise === undefined ? {} : { enterprise }),
    ...(qualityId === undefined ? {} : { qualityId }),
    source: caller.source,
    result: event.result ?? 'done',
    ...kept('before', event.before),
    ...kept('after', event.after),
  } as const;
  const prevHash = last?.hash ?? noHash;
  return { ...row, prevHash, hash: hashOf(prevHash, row) };
}

/** Null is absent: the database knows no difference between the two. */
function kept(name: 'before' | 'after', value: AuditValue | undefined): object {
  return value === undefined || value === null ? {} : { [name]: withoutSecrets(value) };
}

const secretNames = /insz|national|password|secret|token|hash|backup|otp/i;
const blot = '(not kept)';

/** A guard behind the callers' care: names of secrets, and numbers that pass as an INSZ. */
function withoutSecrets(value: AuditValue): AuditValue {
  if (typeof value === 'string') return parseInsz(value) === undefined ? value : blot;
  if (typeof value === 'number') return wholeNumber(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(withoutSecrets);
  const members = Object.entries(value).flatMap(([name, member]): [string, AuditValue][] => {
    if (member === undefined) return [];
    return [[name, secretNames.test(name) ? blot : withoutSecrets(member)]];
  });
  return Object.fromEntries(members);
}

function isList(value: AuditValue): value is readonly AuditValue[] {
  return Array.isArray(value);
}

/** Fractions have several spellings, and the chain needs one. */
function wholeNumber(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new Failure('gateway.defect', { what: 'a number in the audit trail is not whole' });
}

async function* each(store: AuditStore): AsyncGenerator<AuditRow> {
  let after = 0n;
  for (;;) {
    const rows = await store.read({ after, max: chunkRows });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.seq;
  }
}

async function verify(
  store: AuditStore,
  head: { readonly seq: bigint; readonly hash: string } | undefined,
): Promise<Verdict> {
  let seq = 0n;
  let hash: Buffer = noHash;
  for await (const row of each(store)) {
    if (row.seq !== seq + 1n) return { ok: false, at: seq + 1n, why: 'missing' };
    const { prevHash, hash: kept, ...content } = row;
    const fits = prevHash.equals(hash) && kept.equals(hashOf(hash, content));
    if (!fits) return { ok: false, at: row.seq, why: 'changed' };
    if (row.seq === head?.seq && kept.toString('hex') !== head.hash) {
      return { ok: false, at: row.seq, why: 'changed' };
    }
    seq = row.seq;
    hash = kept;
  }
  if (head !== undefined && head.seq > seq) return { ok: false, at: seq + 1n, why: 'cut' };
  return { ok: true, events: seq, head: hash.toString('hex') };
}
