import { Failure } from '../../vocabulary/index.ts';
import { fittingRights, opensOf } from './application-rights.ts';
import type {
  ApplicationGrant,
  ApplicationRecord,
  Applications,
  OpenedApplication,
  UsableApplication,
} from './applications.ts';
import type { Caller } from './caller.ts';
import { openForm } from './form.ts';
import type { RoleRecord } from './person.ts';
import { sees } from './permits.ts';
import { act, isId, unknown } from './tools.ts';
import type { PeopleTools } from './tools.ts';

/** The electronic mailbox: an application that the legal representative activates first. */
const ebox = 'ebox';

/** Secured applications, and who may open them. */
export function openApplications(tools: PeopleTools): Applications {
  return {
    catalogue: () => tools.store.applications(),
    save: (caller, application) => save(tools, caller, application),
    async usable(caller) {
      const role = await ownRole(tools, caller);
      return role === undefined ? [] : opensOf(tools.store, role);
    },
    async rightsOf(caller, assignmentId) {
      return opensOf(tools.store, await roleInSight(tools, caller, assignmentId));
    },
    grant: (caller, grant) => change(tools, caller, grant, 'grant'),
    withdraw: (caller, grant) => change(tools, caller, grant, 'withdraw'),
    open: (caller, wish) => open(tools, caller, wish),
  };
}

const codeShape = /^[a-z0-9][a-z0-9-]{1,39}$/;

async function save(
  tools: PeopleTools,
  caller: Caller,
  application: ApplicationRecord,
): Promise<void> {
  const { code } = application;
  const what = 'application';
  await tools.authority.demand(caller, 'application.manage', { what });
  const form = openForm();
  if (!codeShape.test(code)) form.fault('code', 'characters');
  const types = new Set((await tools.store.qualityTypes()).map((type) => type.code));
  if (application.qualityTypes.some((type) => !types.has(type))) {
    form.fault('qualityTypes', 'quality-type');
  }
  if (application.roles.some((role) => !codeShape.test(role.code)))
    form.fault('roles', 'characters');
  form.settle();
  await act(tools, caller, async ({ rows, note }) => {
    await rows.saveApplication(application);
    const { qualityTypes, roles, certificateRequired } = application;
    note({
      ...{ event: 'authz_admin', action: 'application.manage', target: `application ${code}` },
      after: { qualityTypes, roles: roles.map((role) => role.code), certificateRequired },
    });
  });
}

async function ownRole(tools: PeopleTools, caller: Caller): Promise<RoleRecord | undefined> {
  const { assignmentId = '' } = caller;
  const role = isId(assignmentId) ? await tools.store.role(assignmentId) : undefined;
  return role?.personId === caller.personId && role?.state === 'active' ? role : undefined;
}

async function roleInSight(
  tools: PeopleTools,
  caller: Caller,
  assignmentId: string,
): Promise<RoleRecord> {
  const role = isId(assignmentId) ? await tools.store.role(assignmentId) : undefined;
  if (role === undefined || role.state === 'deleted' || !sees(caller, role)) throw unknown('role');
  return role;
}

/** Ticks or unticks a user; managers have everything of their quality without it. */
async function change(
  tools: PeopleTools,
  caller: Caller,
  { assignmentId, application, role: applicationRole = '' }: ApplicationGrant,
  verb: 'grant' | 'withdraw',
): Promise<readonly UsableApplication[]> {
  const role = await roleInSight(tools, caller, assignmentId);
  const what = `role ${role.id}`;
  await tools.authority.demand(caller, 'user.assign', { ...role, what });
  const quality = await tools.store.quality(role.qualityId ?? '');
  if (role.role !== 'USR' || quality === undefined) throw unknown('user');
  const form = openForm();
  const wish = { application, role: applicationRole };
  if (verb === 'grant') await fittingRights(tools.store, form, quality.type, [wish]);
  form.settle();
  await act(tools, caller, async ({ rows, at, note }) => {
    const right = { assignmentId, application, applicationRole };
    const changed =
      verb === 'grant'
        ? await rows.insertRight({ ...right, grantedBy: caller.name, grantedAt: at })
        : (await rows.deleteRight(right)) > 0;
    if (!changed) throw new Failure('access.guard', { rule: 'state-already' });
    note({
      ...{ event: 'privilege_permissions_changed', action: `application.${verb}`, target: what },
      ...{ enterprise: role.enterprise, qualityId: role.qualityId },
      [verb === 'grant' ? 'after' : 'before']: { application, role: applicationRole },
    });
  });
  return opensOf(tools.store, role);
}

async function open(
  tools: PeopleTools,
  caller: Caller,
  wish: { readonly application: string; readonly role?: string },
): Promise<OpenedApplication> {
  const action = 'application.use';
  const what = `application ${wish.application.slice(0, 40)}`;
  const role = await ownRole(tools, caller);
  if (role?.qualityId === undefined || role.qualityId !== caller.qualityId) {
    return tools.authority.forbid(caller, action, { what, rule: 'not-appointed' });
  }
  await tools.authority.demand(caller, action, { ...role, what });
  const found = (await opensOf(tools.store, role)).find(({ code }) => code === wish.application);
  if (found === undefined) {
    return tools.authority.forbid(caller, action, { what, rule: 'application-not-granted' });
  }
  if (found.code === ebox) await demandEbox(tools, caller, role);
  const { code, certificateRequired } = found;
  const chosen = chosenRole(found, wish.role);
  return { code, certificateRequired, ...(chosen === undefined ? {} : { role: chosen }) };
}

async function demandEbox(tools: PeopleTools, caller: Caller, role: RoleRecord): Promise<void> {
  await tools.authority.demand(caller, 'ebox.use', { ...role, what: 'e-box' });
  const enterprise = await tools.store.enterpriseFacts(role.enterprise ?? '');
  if (enterprise?.eboxActivatedAt === undefined) {
    throw new Failure('access.guard', { action: 'ebox.use', rule: 'ebox-inactive' });
  }
}

/** The only role is taken without asking; of several one is chosen. */
function chosenRole({ roles }: UsableApplication, wish: string | undefined): string | undefined {
  if (roles.length === 0) return undefined;
  const found = roles.find(({ code }) => code === wish);
  if (found !== undefined) return found.code;
  const [only, ...others] = roles;
  if (wish === undefined && others.length === 0) return only?.code;
  throw new Failure('access.guard', {
    rule: 'choose-application-role',
    roles: roles.map(({ code }) => code).join(','),
  });
}
