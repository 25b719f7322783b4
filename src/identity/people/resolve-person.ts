import { randomUUID } from 'node:crypto';
import { parseInsz } from '../../vocabulary/index.ts';
import type { Insz } from '../../vocabulary/index.ts';
import type { Caller } from './caller.ts';
import { emailIn, languageIn, nameIn, titleIn, usernameIn } from './form.ts';
import type { Form } from './form.ts';
import { sees } from './permits.ts';
import type { PeopleRows } from './people-ports.ts';
import type { PersonRecord, PersonWish } from './person.ts';
import type { PersonReview } from './roles.ts';
import type { PeopleTools } from './tools.ts';
import { isId, unknown } from './tools.ts';

/** A person an act is about: there already, or to be registered with it. */
export interface Resolved {
  readonly person: PersonRecord;
  readonly isNew: boolean;
  readonly insz?: Insz;
  readonly inszHash?: Buffer;
}

type NewWish = Exclude<PersonWish, { readonly personId: string }>;

interface Wanted {
  readonly form: Form;
  readonly wish: PersonWish;
  /** Before the names of the fields, `successor.`. */
  readonly prefix: string;
  /** Whether a national number must be given. */
  readonly needsInsz: boolean;
}

/**
 * Finds the person, or makes the record of a new one; writes nothing. Faults are left in the form.
 *
 * @throws Failure `registration.unknown` for somebody the caller may not know about
 */
export async function resolvePerson(
  tools: PeopleTools,
  caller: Caller,
  rows: PeopleRows,
  wanted: Wanted,
): Promise<Resolved> {
  const { wish } = wanted;
  if (!('personId' in wish)) return byForm(tools, rows, { ...wanted, wish });
  const person = isId(wish.personId) ? await rows.person(wish.personId) : undefined;
  if (person === undefined) throw unknown('person');
  const roles = await rows.rolesOf(person.id);
  const isSeen = sees(caller, { personId: person.id }) || roles.some((role) => sees(caller, role));
  if (!isSeen) throw unknown('person');
  return { person, isNew: false };
}

async function byForm(
  tools: PeopleTools,
  rows: PeopleRows,
  { form, wish, prefix, needsInsz }: Wanted & { readonly wish: NewWish },
): Promise<Resolved> {
  const insz = parseInsz(wish.insz ?? '');
  if (insz === undefined && (needsInsz || wish.insz !== undefined)) {
    form.fault(`${prefix}insz`, (wish.insz ?? '') === '' ? 'required' : 'insz');
  }
  const lastName = nameIn(form, `${prefix}lastName`, wish.lastName);
  const firstName = nameIn(form, `${prefix}firstName`, wish.firstName);
  const language = languageIn(form, `${prefix}language`, wish.language);
  const title = titleIn(form, `${prefix}title`, wish.title ?? '');
  const email = emailIn(form, `${prefix}email`, wish.email ?? '');
  const vault = insz === undefined ? undefined : await tools.vault();
  const inszHash = insz === undefined ? undefined : vault?.find(insz);
  const known = inszHash === undefined ? undefined : await rows.personByInsz(inszHash);
  if (known !== undefined) {
    const same = folded(known.lastName) === folded(lastName);
    if (!same) form.fault(`${prefix}insz`, 'insz-other-name');
    return { person: known, isNew: false, ...(insz && { insz }) };
  }
  // The code of the first login goes there and nowhere else.
  if (email === undefined) form.fault(`${prefix}email`, 'required');
  const username = usernameIn(form, `${prefix}username`, wish.username ?? '');
  if ((await rows.personByUsername(username)) !== undefined) {
    form.fault(`${prefix}username`, 'username-taken');
  }
  const id = randomUUID();
  const person: PersonRecord = {
    ...{ id, username, lastName, firstName, language, state: 'active' },
    ...(title === undefined ? {} : { title }),
    ...(email === undefined ? {} : { email }),
    ...(insz === undefined || vault === undefined ? {} : { inszSealed: vault.seal(insz, id) }),
    createdAt: tools.clock.now(),
    revision: 1,
  };
  return { person, isNew: true, ...(insz && { insz }), ...(inszHash && { inszHash }) };
}

function folded(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\s'-]/g, '')
    .toLowerCase();
}

/** What is shown of somebody before an act. */
export function reviewOf({ person, isNew, insz }: Resolved): PersonReview {
  const { id, username, lastName, firstName, title, language, email } = person;
  return {
    ...(isNew ? {} : { personId: id }),
    ...{ username, lastName, firstName, language },
    ...(title === undefined ? {} : { title }),
    ...(email === undefined ? {} : { email }),
    ...(insz === undefined ? {} : { insz }),
  };
}
