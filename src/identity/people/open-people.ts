import { Failure, parseInsz } from '../../vocabulary/index.ts';
import { canonicalUsername } from '../technical-user-name.ts';
import { isRole } from './caller.ts';
import type { Caller } from './caller.ts';
import { emailIn, enterpriseIn, invalid, languageIn, openForm, titleIn } from './form.ts';
import type { Form } from './form.ts';
import { permits, sees } from './permits.ts';
import type { People, ManagedVerb, PersonCriteria, PersonEdit, PersonShown } from './people.ts';
import type { PersonQuestion } from './people-ports.ts';
import type { Page, PersonRecord, PersonRow, RoleRecord } from './person.ts';
import { shownPerson } from './person-shown.ts';
import { ownAccess, ownData } from './own-data.ts';
import { actionFor } from './role-actions.ts';
import { act, isId, stale, unknown } from './tools.ts';
import type { PeopleTools } from './tools.ts';

const pageMax = 200;
const criterionMax = 254;
const states = ['active', 'blocked', 'suspended'];

/** Persons: found, shown, changed. */
export function openPeople(tools: PeopleTools): People {
  return {
    find: (caller, criteria, page) => find(tools, caller, criteria, page),
    async show(caller, personId) {
      const { person, roles } = await inSight(tools, caller, personId);
      return { person: await shownPerson(tools, person), roles };
    },
    edit: (caller, personId, wish) => edit(tools, caller, personId, wish),
    own: (caller) => ownData(tools, caller),
    access: (caller) => ownAccess(tools, caller),
    managed: (caller, personId, verb) => managed(tools, caller, personId, verb),
    block: (caller, personId) => setState(tools, caller, personId, 'blocked'),
    unblock: (caller, personId) => setState(tools, caller, personId, 'active'),
  };
}

async function find(
  tools: PeopleTools,
  caller: Caller,
  criteria: PersonCriteria,
  page: { readonly after?: string; readonly max: number },
): Promise<Page<PersonRow>> {
  const scope = await scopeOf(tools, caller);
  const question = await questionOf(tools, caller, criteria);
  const within = scope === 'nowhere' || question === undefined ? undefined : met(question, scope);
  if (within === undefined) return { rows: [] };
  const max = Math.min(Math.max(page.max, 1), pageMax);
  const { after } = page;
  const found = await tools.store.search(within, {
    max,
    ...(after === undefined ? {} : { after }),
  });
  if (found === 'bad-cursor') throw invalid('after', 'page');
  return found;
}

type Scope = Pick<PersonQuestion, 'enterprise' | 'qualityId' | 'personId'>;

/** Where the caller's role looks: the whole enterprise, its quality, or the caller alone. */
async function scopeOf(tools: PeopleTools, caller: Caller): Promise<Scope | 'nowhere'> {
  const { enterprise, qualityId, personId } = caller;
  const whole = permits(caller, 'people.search-enterprise', caller);
  if (whole.allowed) return whole.within === 'all' || !enterprise ? {} : { enterprise };
  if (permits(caller, 'people.search-quality', caller).allowed) {
    return qualityId === undefined ? 'nowhere' : { qualityId };
  }
  await tools.authority.demand(caller, 'self.read', { personId, what: 'person' });
  return personId === undefined ? 'nowhere' : { personId };
}

/** Undefined when what was asked and what may be seen do not meet: nobody is found. */
function met(question: PersonQuestion, scope: Scope): PersonQuestion | undefined {
  for (const [name, bound] of Object.entries(scope) as [keyof Scope, string][]) {
    if (question[name] !== undefined && question[name] !== bound) return undefined;
  }
  return { ...question, ...scope };
}

/** Reads the criteria; undefined when one of them can fit nobody. */
async function questionOf(
  tools: PeopleTools,
  caller: Caller,
  criteria: PersonCriteria,
): Promise<PersonQuestion | undefined> {
  const form = openForm();
  const given = Object.entries(criteria).filter(([, text]) => text !== undefined && text !== '');
  for (const [name, text] of given as [string, string][]) {
    if (text.length > criterionMax) form.fault(name, 'too-long');
    else if (/\p{Cc}/u.test(text)) form.fault(name, 'characters');
  }
  const asked = Object.fromEntries(given) as PersonCriteria;
  const personId = await personByInsz(tools, form, asked.insz);
  if (asked.application !== undefined) {
    if (asked.quality === undefined) form.fault('application', 'quality-first');
    await demandFilter(tools, caller, asked);
  }
  if (asked.language !== undefined) languageIn(form, 'language', asked.language);
  if (asked.role !== undefined && !isRole(asked.role)) form.fault('role', 'role');
  if (asked.state !== undefined && !states.includes(asked.state)) form.fault('state', 'state');
  const enterprise =
    asked.enterprise === undefined ? undefined : enterpriseIn(form, 'enterprise', asked.enterprise);
  form.settle();
  if (personId === 'nobody' || (asked.quality !== undefined && !isId(asked.quality))) {
    return undefined;
  }
  const { quality, username, lastName, firstName, title, language, email } = asked;
  const { application, role, state } = asked;
  return {
    ...present({ lastName, firstName, title, language, email, application, role, state }),
    ...(username === undefined ? {} : { username: username.toLowerCase() }),
    ...(quality === undefined ? {} : { qualityId: quality }),
    ...(enterprise === undefined ? {} : { enterprise }),
    ...(personId === undefined ? {} : { personId }),
  };
}

function present(question: {
  readonly [Name in keyof PersonQuestion]: string | undefined;
}): PersonQuestion {
  const known = Object.entries(question).filter(([, text]) => text !== undefined);
  return Object.fromEntries(known);
}

async function personByInsz(
  tools: PeopleTools,
  form: Form,
  text: string | undefined,
): Promise<string | undefined> {
  if (text === undefined) return undefined;
  const insz = parseInsz(text);
  if (insz === undefined) {
    form.fault('insz', 'insz');
    return undefined;
  }
  const person = await tools.store.personByInsz((await tools.vault()).find(insz));
  return person?.id ?? 'nobody';
}

/** Which applications somebody may use is for those who tick them. */
async function demandFilter(
  tools: PeopleTools,
  caller: Caller,
  { quality }: PersonCriteria,
): Promise<void> {
  const found =
    quality === undefined || !isId(quality) ? undefined : await tools.store.quality(quality);
  const seen = found !== undefined && sees(caller, { ...found, qualityId: found.id });
  const { enterprise, qualityId } = caller;
  const target = seen
    ? { enterprise: found.enterprise, qualityId: found.id }
    : { enterprise, qualityId };
  await tools.authority.demand(caller, 'people.filter-application', { ...target, what: 'people' });
}

async function personNamed({ store }: PeopleTools, who: string): Promise<PersonRecord | undefined> {
  if (isId(who)) return store.person(who);
  const username = canonicalUsername(who);
  return username === undefined ? undefined : store.personByUsername(username);
}

/** @throws Failure `registration.unknown` when the caller may not know about the person */
async function inSight(
  tools: PeopleTools,
  caller: Caller,
  personId: string,
): Promise<{ readonly person: PersonRecord; readonly roles: readonly RoleRecord[] }> {
  const person = await personNamed(tools, personId);
  if (person === undefined) throw unknown('person');
  const roles = await tools.store.rolesOf(person.id);
  const seen = roles.filter((role) => sees(caller, role));
  const isSeen = seen.length > 0 || sees(caller, { personId: person.id });
  if (!isSeen) throw unknown('person');
  return { person, roles: seen };
}

async function managed(
  tools: PeopleTools,
  caller: Caller,
  personId: string,
  verb: ManagedVerb,
): Promise<PersonRecord> {
  const { person, roles } = await inSight(tools, caller, personId);
  const first = roles[0];
  if (first === undefined) throw unknown('person');
  const may = roles.find(
    (role) => permits(caller, actionFor(caller, verb, role.role), role).allowed,
  );
  const asked = may ?? first;
  const what = `person ${person.id}`;
  await tools.authority.demand(caller, actionFor(caller, verb, asked.role), { ...asked, what });
  return person;
}

async function edit(
  tools: PeopleTools,
  caller: Caller,
  personId: string,
  wish: PersonEdit,
): Promise<PersonShown> {
  const isOwn = caller.personId === personId;
  const before = isOwn
    ? await oneself(tools, caller)
    : await managed(tools, caller, personId, 'edit');
  const form = openForm();
  const language =
    wish.language === undefined ? undefined : languageIn(form, 'language', wish.language);
  const title = wish.title === undefined ? undefined : (titleIn(form, 'title', wish.title) ?? null);
  const email = wish.email === undefined ? undefined : (emailIn(form, 'email', wish.email) ?? null);
  if (isOwn && email !== undefined) form.fault('email', 'own-email');
  form.settle();
  const change = {
    ...(language === undefined ? {} : { language }),
    ...(title === undefined ? {} : { title }),
    ...(email === undefined ? {} : { email }),
  };
  const after = await act(tools, caller, async ({ rows, at, note }) => {
    const seen = wish.seen === undefined ? {} : { seen: wish.seen };
    if (!(await rows.updatePerson(before.id, { ...change, ...seen, at }))) throw stale('person');
    const names = Object.keys(change) as (keyof typeof change)[];
    note({
      event: 'user_updated',
      action: isOwn ? 'self.change' : 'user.edit',
      target: `person ${before.id}`,
      before: Object.fromEntries(names.map((name) => [name, before[name] ?? null])),
      after: change,
    });
    return (await rows.person(before.id)) ?? before;
  });
  return shownPerson(tools, after);
}

async function oneself(tools: PeopleTools, caller: Caller): Promise<PersonRecord> {
  const { personId } = caller;
  await tools.authority.demand(caller, 'self.change', {
    personId,
    what: `person ${personId ?? ''}`,
  });
  const person = personId === undefined ? undefined : await tools.store.person(personId);
  if (person === undefined) throw unknown('person');
  return person;
}

/** The whole identity: for theft and for the end of a person, not for the end of a role. */
async function setState(
  tools: PeopleTools,
  caller: Caller,
  personId: string,
  state: PersonRecord['state'],
): Promise<void> {
  const { person, roles } = await inSight(tools, caller, personId);
  const what = `person ${person.id}`;
  await tools.authority.demand(caller, 'person.block', { ...roles[0], personId: person.id, what });
  if (caller.personId === person.id) {
    await tools.authority.forbid(caller, 'person.block', { what, rule: 'own-account' });
  }
  if (person.state === state) throw new Failure('access.guard', { rule: 'state-already' });
  await act(tools, caller, async ({ rows, at, note }) => {
    await rows.updatePerson(person.id, { state, at });
    if (state === 'blocked')
      await rows.endAccess({ of: { personId: person.id }, reason: 'blocked', at });
    note({
      ...{ event: 'user_updated', action: `person.${state === 'blocked' ? 'block' : 'unblock'}` },
      ...{ target: what, before: { state: person.state }, after: { state } },
    });
  });
}
