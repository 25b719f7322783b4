import { randomUUID } from 'node:crypto';
import { Failure, parseEnterpriseNumber } from '../../vocabulary/index.ts';
import { guard, prepareAppointment, reviewOfAppointment, writeAppointment } from './appoint.ts';
import type { Caller } from './caller.ts';
import { suspendQuality } from './change-state.ts';
import { dataIn, emailIn, invalid, openForm } from './form.ts';
import { permits, sees } from './permits.ts';
import type { PeopleRows } from './people-ports.ts';
import type {
  ActivationReview,
  ActivationWish,
  Qualities,
  QualityRecord,
  QualityType,
  QualityView,
} from './qualities.ts';
import { reviewOf } from './resolve-person.ts';
import { managerRoles } from './role-actions.ts';
import { act, isId, stale, unknown } from './tools.ts';
import type { PeopleTools } from './tools.ts';

const kind = 'quality';

/** Qualities of enterprises, and the catalogue they come from. */
export function openQualities(tools: PeopleTools): Qualities {
  return {
    types: () => tools.store.qualityTypes(),
    offered: (caller, enterprise) => offered(tools, caller, enterprise),
    list: (caller, enterprise) => list(tools, caller, enterprise),
    async show(caller, qualityId) {
      return viewOf(tools.store, await inSight(tools, caller, qualityId));
    },
    async plan(caller, wish) {
      const enterprise = await activatable(tools, caller, wish);
      const { review } = await prepare(tools, caller, tools.store, { enterprise, wish });
      return { review, confirmation: tools.confirmations.seal(caller, kind, wish) };
    },
    confirm: (caller, confirmation) =>
      activate(tools, caller, tools.confirmations.open(caller, kind, confirmation)),
    activate: (caller, wish) => activate(tools, caller, wish),
    edit: (caller, qualityId, wish) => edit(tools, caller, qualityId, wish),
    async suspend(caller, qualityId) {
      const quality = await inSight(tools, caller, qualityId);
      await tools.authority.demand(caller, 'quality.suspend', targetOf(quality));
      await act(tools, caller, (work) => suspendQuality(work, { qualityId }));
      return viewOf(tools.store, await inSight(tools, caller, qualityId));
    },
    saveType: (caller, type) => saveType(tools, caller, type),
    entitle: (caller, wish) => entitle(tools, caller, wish),
    ensure: (caller, wish) => ensure(tools, caller, wish),
  };
}

function targetOf({ id, enterprise }: QualityRecord): {
  readonly enterprise: string;
  readonly qualityId: string;
  readonly what: string;
} {
  return { enterprise, qualityId: id, what: `quality ${id}` };
}

/** @throws Failure `registration.unknown` */
async function inSight(tools: PeopleTools, caller: Caller, id: string): Promise<QualityRecord> {
  const quality = isId(id) ? await tools.store.quality(id) : undefined;
  const isOwn = caller.qualityId !== undefined && caller.qualityId === quality?.id;
  if (quality === undefined || !(isOwn || sees(caller, targetOf(quality))))
    throw unknown('quality');
  await tools.authority.demand(caller, 'quality.read', targetOf(quality));
  return quality;
}

/** The enterprise meant: the caller's own, or any for those who see them all. */
async function enterpriseOf(
  tools: PeopleTools,
  caller: Caller,
  given: string | undefined,
): Promise<string> {
  const number = given === undefined ? caller.enterprise : parseEnterpriseNumber(given);
  const known = number === undefined ? undefined : await tools.store.enterpriseFacts(number);
  const seen =
    known !== undefined &&
    (known.number === caller.enterprise || sees(caller, { enterprise: known.number }));
  if (!seen) throw unknown('enterprise');
  return known.number;
}

async function offered(
  tools: PeopleTools,
  caller: Caller,
  given?: string,
): Promise<readonly QualityType[]> {
  const enterprise = await enterpriseOf(tools, caller, given);
  const what = `enterprise ${enterprise}`;
  await tools.authority.demand(caller, 'quality.activate', { enterprise, what });
  const had = new Set((await tools.store.qualitiesOf(enterprise)).map(({ type }) => type));
  const entitled = await tools.store.entitlements(enterprise);
  const types = await tools.store.qualityTypes();
  return types.filter(
    ({ code, needsEntitlement }) => !had.has(code) && (!needsEntitlement || entitled.has(code)),
  );
}

async function list(
  tools: PeopleTools,
  caller: Caller,
  given?: string,
): Promise<readonly QualityView[]> {
  const enterprise = await enterpriseOf(tools, caller, given);
  const seen = (await tools.store.qualitiesOf(enterprise)).filter(
    (quality) => permits(caller, 'quality.read', targetOf(quality)).allowed,
  );
  return Promise.all(seen.map((quality) => viewOf(tools.store, quality)));
}

async function viewOf(rows: PeopleRows, quality: QualityRecord): Promise<QualityView> {
  const types = await rows.qualityTypes();
  const type = types.find(({ code }) => code === quality.type);
  const managers = await rows.rolesIn({ qualityId: quality.id, roles: managerRoles });
  const held = managers.find(({ state }) => state === 'active' || state === 'blocked');
  const person = held === undefined ? undefined : await rows.person(held.personId);
  const applications = await rows.applications();
  const { code } = type ?? { code: quality.type };
  return {
    ...quality,
    labels: type?.labels ?? { nl: code, fr: code, de: code, en: code },
    ...(held && person && { manager: { ...reviewOf({ person, isNew: false }), role: held.role } }),
    applications: applications.filter(({ qualityTypes }) => qualityTypes.includes(code)),
  };
}

/** Asks the matrix; gives the enterprise. */
async function activatable(
  tools: PeopleTools,
  caller: Caller,
  wish: ActivationWish,
): Promise<string> {
  const enterprise = await enterpriseOf(tools, caller, wish.enterprise);
  const what = `enterprise ${enterprise}`;
  await tools.authority.demand(caller, 'quality.activate', { enterprise, what });
  return enterprise;
}

interface Prepared {
  readonly quality: QualityRecord;
  readonly manager: Awaited<ReturnType<typeof prepareAppointment>>;
  readonly review: ActivationReview;
}

/** Checks everything against the rows; writes nothing. */
async function prepare(
  tools: PeopleTools,
  caller: Caller,
  rows: PeopleRows,
  { enterprise, wish }: { readonly enterprise: string; readonly wish: ActivationWish },
): Promise<Prepared> {
  const type = await allowedType(rows, enterprise, wish.type);
  const form = openForm();
  const email = emailIn(form, 'email', wish.email ?? '');
  const data = dataIn(form, type.fields, wish.data ?? {});
  if (wish.manager === undefined) form.fault('manager', 'required');
  form.settle();
  const quality: QualityRecord = {
    ...{ id: randomUUID(), enterprise, type: type.code, data, state: 'active' },
    ...(email === undefined ? {} : { email }),
    activatedAt: tools.clock.now(),
    revision: 1,
  };
  const place = { role: 'AM', enterprise, quality } as const;
  const { person, capacity } = wish.manager ?? { person: { personId: '' }, capacity: '' };
  const manager = await prepareAppointment(tools, caller, rows, {
    ...{ place, prefix: 'manager.' },
    wish: { act: 'appoint', role: 'AM', person, capacity },
  });
  const review: ActivationReview = {
    ...{ enterprise, type: type.code, data },
    ...(email === undefined ? {} : { email }),
    manager: reviewOfAppointment(manager).person,
  };
  return { quality, manager, review };
}

async function allowedType(
  rows: PeopleRows,
  enterprise: string,
  code: string,
): Promise<QualityType> {
  const type = (await rows.qualityTypes()).find((one) => one.code === code);
  if (type === undefined) throw invalid('type', 'quality-type');
  if (type.needsEntitlement && !(await rows.entitlements(enterprise)).has(code)) {
    throw guard('AM', 'not-entitled');
  }
  if ((await rows.qualityOf(enterprise, code)) !== undefined) {
    throw new Failure('registration.exists', { what: 'quality', enterprise, quality: code });
  }
  return type;
}

async function activate(
  tools: PeopleTools,
  caller: Caller,
  wish: ActivationWish,
): Promise<QualityView> {
  const enterprise = await activatable(tools, caller, wish);
  return act(tools, caller, async (work) => {
    await work.rows.lockEnterprise(enterprise);
    const prepared = await prepare(tools, caller, work.rows, { enterprise, wish });
    await writeQuality(work, prepared.quality, 'quality.activate');
    await writeAppointment(tools, caller, work, prepared.manager);
    return viewOf(work.rows, prepared.quality);
  });
}

async function writeQuality(
  { rows, note }: Parameters<Parameters<typeof act>[2]>[0],
  quality: QualityRecord,
  action: string,
): Promise<void> {
  const { id, enterprise, type, data, email } = quality;
  if ((await rows.insertQuality(quality)) === 'taken') {
    throw new Failure('registration.exists', { what: 'quality', enterprise, quality: type });
  }
  note({
    ...{ event: 'authz_change', action, target: `quality ${id}`, enterprise, qualityId: id },
    after: { type, state: 'active', email, ...data },
  });
}

async function edit(
  tools: PeopleTools,
  caller: Caller,
  qualityId: string,
  wish: { readonly email?: string; readonly seen?: number },
): Promise<QualityView> {
  const quality = await inSight(tools, caller, qualityId);
  await tools.authority.demand(caller, 'quality.edit', targetOf(quality));
  const form = openForm();
  const email = wish.email === undefined ? undefined : (emailIn(form, 'email', wish.email) ?? null);
  form.settle();
  return act(tools, caller, async ({ rows, at, note }) => {
    const seen = wish.seen === undefined ? {} : { seen: wish.seen };
    const change = { ...(email === undefined ? {} : { email }), ...seen, at };
    if (!(await rows.updateQuality(quality.id, change))) throw stale('quality');
    note({
      ...{ event: 'authz_change', action: 'quality.edit' },
      ...targetOf(quality),
      target: `quality ${quality.id}`,
      before: { email: quality.email },
      after: { email },
    });
    return viewOf(rows, (await rows.quality(quality.id)) ?? quality);
  });
}

const codeShape = /^[a-z][a-z0-9-]{1,39}$/;
const fieldShape = /^[a-z][A-Za-z0-9]{0,39}$/;

async function saveType(tools: PeopleTools, caller: Caller, type: QualityType): Promise<void> {
  await tools.authority.demand(caller, 'quality-type.manage', { what: 'quality-type' });
  const form = openForm();
  if (!codeShape.test(type.code)) form.fault('code', 'characters');
  if (type.fields.some(({ name }) => !fieldShape.test(name))) form.fault('fields', 'characters');
  form.settle();
  await act(tools, caller, async ({ rows, note }) => {
    await rows.saveQualityType(type);
    const { code, fields, needsEntitlement } = type;
    note({
      ...{ event: 'authz_admin', action: 'quality-type.manage', target: `quality-type ${code}` },
      after: { fields: fields.map(({ name }) => name), needsEntitlement },
    });
  });
}

async function entitle(
  tools: PeopleTools,
  caller: Caller,
  wish: { readonly enterprise: string; readonly type: string },
): Promise<void> {
  await tools.authority.demand(caller, 'entitlement.manage', { what: 'entitlement' });
  const enterprise = await enterpriseOf(tools, caller, wish.enterprise);
  const types = await tools.store.qualityTypes();
  if (!types.some(({ code }) => code === wish.type)) throw invalid('type', 'quality-type');
  await act(tools, caller, async ({ rows, at, note }) => {
    if (!(await rows.entitle(enterprise, wish.type, at))) {
      throw new Failure('access.guard', { rule: 'state-already' });
    }
    const target = `enterprise ${enterprise}`;
    note({
      ...{ event: 'authz_admin', action: 'entitlement.manage', target, enterprise },
      after: { type: wish.type },
    });
  });
}

async function ensure(
  tools: PeopleTools,
  caller: Caller,
  wish: { readonly enterprise: string; readonly type: string },
): Promise<string> {
  await tools.authority.demand(caller, 'entitlement.manage', { what: 'quality' });
  const enterprise = await enterpriseOf(tools, caller, wish.enterprise);
  const known = await tools.store.qualityOf(enterprise, wish.type);
  if (known !== undefined) return known.id;
  const id = randomUUID();
  const activatedAt = tools.clock.now();
  const quality: QualityRecord = {
    ...{ id, enterprise, type: wish.type, data: {}, state: 'active', activatedAt },
    revision: 1,
  };
  await act(tools, caller, (work) => writeQuality(work, quality, 'quality.ensure'));
  return id;
}
