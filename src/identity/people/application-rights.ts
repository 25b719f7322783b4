import type { ApplicationRecord, UsableApplication } from './applications.ts';
import type { Form } from './form.ts';
import type { PeopleRows, RightRecord } from './people-ports.ts';
import type { RoleRecord } from './person.ts';
import type { ApplicationWish } from './roles.ts';

/** Ticks that the catalogue allows in this type of quality; faults are left in the form. */
export async function fittingRights(
  rows: PeopleRows,
  form: Form,
  qualityType: string,
  wishes: readonly ApplicationWish[],
): Promise<readonly Required<ApplicationWish>[]> {
  if (wishes.length === 0) return [];
  const catalogue = await rows.applications();
  return wishes.map(({ application, role = '' }, index) => {
    const found = catalogue.find(({ code }) => code === application);
    const field = `applications.${index}`;
    if (!found?.qualityTypes.includes(qualityType)) form.fault(field, 'application');
    else if (!hasRole(found, role)) form.fault(field, 'application-role');
    return { application, role };
  });
}

/** An application with roles is ticked with one of them, another without. */
export function hasRole({ roles }: ApplicationRecord, role: string): boolean {
  return roles.length === 0 ? role === '' : roles.some(({ code }) => code === role);
}

/** What an assignment opens: managers of a quality everything of it, users what they are ticked for. */
export async function opensOf(
  rows: PeopleRows,
  { id, role, qualityId }: Pick<RoleRecord, 'id' | 'role' | 'qualityId'>,
): Promise<readonly UsableApplication[]> {
  if (qualityId === undefined) return [];
  const quality = await rows.quality(qualityId);
  const catalogue = await rows.applications();
  const own = catalogue.filter(({ qualityTypes }) => qualityTypes.includes(quality?.type ?? ''));
  if (role !== 'USR') return own.map((application) => usable(application, 'role'));
  const rights = await rows.rights(id);
  return own.flatMap((application) => {
    const mine = rights.filter((right) => right.application === application.code);
    return mine.length === 0 ? [] : [ticked(application, mine)];
  });
}

function usable(application: ApplicationRecord, by: UsableApplication['by']): UsableApplication {
  const { code, labels, roles, certificateRequired } = application;
  return { code, labels, roles, certificateRequired, by };
}

function ticked(application: ApplicationRecord, rights: readonly RightRecord[]): UsableApplication {
  const [first] = rights;
  const codes = new Set(rights.map(({ applicationRole }) => applicationRole));
  return {
    ...usable(application, 'grant'),
    roles: application.roles.filter(({ code }) => codes.has(code)),
    ...(first && { grantedAt: first.grantedAt, grantedBy: first.grantedBy }),
  };
}
