import type { Audit } from '../people/audit.ts';
import type { IdentityEvent, IdentityJournal } from '../ports.ts';
import { nameOf } from './proof.ts';
import type { Letters, SignInStore } from './ports.ts';
import { systemCaller } from './tools.ts';

/** A first lock lasts so long; only then a letter leaves, however long somebody goes on. */
const firstLockSeconds = 30;

/**
 * The journal, with every lock and its end in the audit trail as well, and a letter to the person
 * whose account was locked: the screen tells nobody.
 */
export function lockJournal(o: {
  readonly journal: IdentityJournal;
  readonly audit: Pick<Audit, 'record'>;
  readonly letters: Letters;
  readonly store: Pick<SignInStore, 'persons'>;
}): IdentityJournal {
  return {
    async record(event) {
      await o.journal.record(event);
      const isLock = event.code === 'identity.locked';
      if (!isLock && event.code !== 'identity.lock-ended') return;
      const [authenticator, username] = lockedName(event);
      await o.audit.record(
        { ...systemCaller, source: event.source ?? 'system' },
        {
          event: isLock ? 'authn_login_lock' : 'authn_login_unlock',
          action: isLock ? 'lock' : 'lock.end',
          target: username ?? `source ${event.source ?? 'unknown'}`,
          result: 'done',
          after: { ...event.facts, ...(authenticator === undefined ? {} : { authenticator }) },
        },
      );
      if (isLock && username !== undefined) await tell(o, event, { authenticator, username });
    },
  };
}

/** `password:name` of a person, or the bare name of a technical user. */
function lockedName({
  username,
}: IdentityEvent): readonly [string | undefined, string | undefined] {
  if (username === undefined) return [undefined, undefined];
  const at = username.indexOf(':');
  return at < 0 ? [undefined, username] : [username.slice(0, at), username.slice(at + 1)];
}

async function tell(
  o: { readonly letters: Letters; readonly store: Pick<SignInStore, 'persons'> },
  { facts }: IdentityEvent,
  who: { readonly authenticator: string | undefined; readonly username: string },
): Promise<void> {
  if (who.authenticator === undefined || facts?.['seconds'] !== firstLockSeconds) return;
  const person = await o.store.persons.byUsername(who.username);
  if (person?.email === undefined) return;
  await o.letters.send({
    template: 'account-locked',
    to: person.email,
    language: person.language,
    data: { name: nameOf(person), username: person.username },
  });
}
