import { createHmac } from 'node:crypto';
import { Failure } from '../../vocabulary/index.ts';
import type { Clock } from '../../vocabulary/index.ts';
import type { IdentityKeys } from '../identity-keys.ts';
import { inszVault } from './insz-vault.ts';
import type { InszVault } from './insz-vault.ts';
import type { Audit, AuditEvent } from './audit.ts';
import type { OpenTransaction } from './audit-ports.ts';
import type { Authority } from './authority.ts';
import type { Caller } from './caller.ts';
import type { Confirmations } from './confirmations.ts';
import type { Invitations, PeopleRows, PeopleStore } from './people-ports.ts';

/** What every act on persons works with. */
export interface PeopleTools {
  readonly store: PeopleStore;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly authority: Authority;
  readonly confirmations: Confirmations;
  readonly invitations: Invitations;
  /** Opened at first use, when the key is held against the one the database was begun with. */
  vault(): Promise<InszVault>;
}

/** @throws Failure `identity.key` from the promise, when the database was begun with another key */
export function vaultOf(keys: IdentityKeys, store: PeopleStore): () => Promise<InszVault> {
  let opened: Promise<InszVault> | undefined;
  const open = async (): Promise<InszVault> => {
    const mark = createHmac('sha256', keys.key('key-check')).update('mark').digest();
    // Asked twice: of two processes that begin a database at once, one sees no row the first time.
    const fits = (await store.markKey(mark)) || (await store.markKey(mark));
    if (!fits) throw new Failure('identity.key', { why: 'the database was begun with another' });
    return inszVault(keys);
  };
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

/** What an act does within its transaction. Events are written at its end, as they must be. */
export interface Work {
  readonly rows: PeopleRows;
  readonly trx: OpenTransaction;
  readonly at: Date;
  readonly note: (event: AuditEvent) => void;
}

/** Runs an act: all of it with its events in the trail, or nothing. */
export async function act<T>(
  tools: PeopleTools,
  caller: Caller,
  work: (work: Work) => Promise<T>,
): Promise<T> {
  // Opened before: a query beside a transaction could wait for its own connection.
  await tools.vault();
  return tools.store.transaction(async (rows, trx) => {
    const events: AuditEvent[] = [];
    const note = (event: AuditEvent): void => void events.push(event);
    const result = await work({ rows, trx, at: tools.clock.now(), note });
    if (events.length > 0) {
      await tools.audit.recordAll(
        events.map((event) => ({ caller, event })),
        trx,
      );
    }
    return result;
  });
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Foreign text that could be an identifier of ours; anything else leads nowhere. */
export function isId(text: string): boolean {
  return uuid.test(text);
}

/** Somebody else was first: the record is no longer what the caller saw. */
export function stale(what: string): Failure {
  return new Failure('access.stale', { what });
}

export function unknown(what: string): Failure {
  return new Failure('registration.unknown', { what });
}
