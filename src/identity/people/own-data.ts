import { opensOf } from './application-rights.ts';
import type { Caller } from './caller.ts';
import type { OwnData, OwnRole } from './people.ts';
import type { RoleRecord } from './person.ts';
import { unknown } from './tools.ts';
import type { PeopleTools } from './tools.ts';

/** What somebody sees of himself, in the role of the session. */
export async function ownData(tools: PeopleTools, caller: Caller): Promise<OwnData> {
  const { personId, assignmentId, qualityId } = caller;
  const what = `person ${personId ?? ''}`;
  await tools.authority.demand(caller, 'self.read', { personId, what });
  const person = personId === undefined ? undefined : await tools.store.person(personId);
  if (person === undefined) throw unknown('person');
  const { id, username, firstName, lastName, title, language, email, inszSealed } = person;
  const role = assignmentId === undefined ? undefined : await tools.store.role(assignmentId);
  const quality = qualityId === undefined ? undefined : await tools.store.quality(qualityId);
  const insz = inszSealed && (await tools.vault()).open(inszSealed, id);
  return {
    ...{ personId: id, username, firstName, lastName, language },
    ...(title === undefined ? {} : { title }),
    ...(insz === undefined ? {} : { insz }),
    ...(email === undefined ? {} : { email }),
    applications: role === undefined ? [] : await opensOf(tools.store, role),
    ...(role?.qualityId === undefined || quality?.email === undefined
      ? {}
      : { companyEmail: quality.email }),
  };
}

/** Every role of one's own, so that nobody needs to send a picture of a screen to be helped. */
export async function ownAccess(tools: PeopleTools, caller: Caller): Promise<readonly OwnRole[]> {
  const { personId } = caller;
  const what = `person ${personId ?? ''}`;
  await tools.authority.demand(caller, 'self.access', { personId, what });
  const roles = personId === undefined ? [] : await tools.store.rolesOf(personId);
  const own: OwnRole[] = [];
  for (const assignment of roles) own.push(await ownRole(tools, assignment));
  return own;
}

async function ownRole({ store }: PeopleTools, assignment: RoleRecord): Promise<OwnRole> {
  const { enterprise: number, qualityId } = assignment;
  const enterprise = number === undefined ? undefined : await store.enterpriseFacts(number);
  const quality = qualityId === undefined ? undefined : await store.quality(qualityId);
  return {
    assignment,
    ...(enterprise?.name === undefined ? {} : { enterpriseName: enterprise.name }),
    ...(enterprise === undefined ? {} : { enterpriseState: enterprise.state }),
    ...(quality === undefined ? {} : { qualityType: quality.type, qualityState: quality.state }),
    applications: await opensOf(store, assignment),
  };
}
