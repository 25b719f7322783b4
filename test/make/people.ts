import { complement97, enterpriseNumberOf } from '../../src/vocabulary/index.ts';
import type {
  AuditRow,
  Caller,
  Done,
  Identity,
  PersonWish,
  Role,
  RoleRecord,
} from '../../src/identity/index.ts';
import type { EnterpriseNumber } from '../../src/vocabulary/index.ts';
import { registration, type Registration } from './registration.ts';

export type NewPersonWish = Exclude<PersonWish, { readonly personId: string }>;

/** An enterprise with its chief access manager and one quality, each held by somebody else. */
export interface TestEnterprise {
  readonly number: EnterpriseNumber;
  readonly qualityId: string;
  readonly lr: Caller;
  readonly cam: Caller;
  readonly am: Caller;
}

export interface PeopleHouse extends Registration {
  readonly operator: Caller;
  /** A person nobody knows yet; each call another, with a right national number. */
  newcomer(o?: Partial<NewPersonWish>): NewPersonWish;
  /** Somebody in a role, appointed by the operator, as a caller. */
  holder(
    role: Role,
    o?: { enterprise?: string; qualityId?: string; person?: PersonWish },
  ): Promise<Caller & { readonly personId: string; readonly assignmentId: string }>;
  enterprise(o?: { readonly type?: string }): Promise<TestEnterprise>;
  /** Another quality of the enterprise, with its access manager. */
  quality(
    number: string,
    type: string,
  ): Promise<{ readonly qualityId: string; readonly am: Caller }>;
  /** A session and an API token of the caller's role, as if he had logged in. */
  session(caller: Caller): Promise<{ readonly alive: () => Promise<boolean> }>;
  lastEvent(): Promise<AuditRow | undefined>;
  roleOf(assignmentId: string): Promise<RoleRecord | undefined>;
}

let made = 0;

/** The room of persons on a database of its own. */
export async function peopleHouse(): Promise<PeopleHouse> {
  const room = await registration();
  const { identity, database, clock } = room;
  const operator: Caller = { name: 'operator', role: 'operator', source: 'cli', language: 'en' };
  const holder: PeopleHouse['holder'] = async (role, o = {}) => {
    const done = await identity.roles.carryOut(operator, {
      ...{ act: 'appoint', role, person: o.person ?? newcomer() },
      ...(o.enterprise === undefined ? {} : { enterprise: o.enterprise }),
      ...(o.qualityId === undefined ? {} : { qualityId: o.qualityId }),
      ...(['LR', 'SP', 'CUR', 'REP', 'HD', 'OP'].includes(role) ? {} : { capacity: 'employee' }),
      ...(role === 'SP' ? { facts: { kind: 'natural-person' } } : {}),
      ...(role === 'CUR' ? { facts: { courtOrder: 'Ghent 2026/114' } } : {}),
    });
    return callerFor(done);
  };
  const quality: PeopleHouse['quality'] = async (number, type) => {
    await entitle(identity, operator, number, type);
    const view = await identity.qualities.activate(operator, {
      ...{ enterprise: number, type, data: dataFor(type), email: `${type}@example.org` },
      manager: { person: newcomer(), capacity: 'employee' },
    });
    const personId = view.manager?.personId ?? '';
    const [role] = (await identity.people.show(operator, personId)).roles;
    if (role === undefined) throw new Error('the quality has a manager');
    return { qualityId: view.id, am: callerOf(role, view.manager?.username ?? '') };
  };
  return {
    ...{ ...room, operator, newcomer, holder, quality },
    async enterprise({ type = 'employer' } = {}) {
      made += 1;
      const number = enterpriseNumberOf(3_000_000 + made);
      await identity.enterprises.register({ number, name: `Enterprise ${made}`, by: 'tester' });
      const lr = await holder('LR', { enterprise: number });
      const cam = await holder('CAM', { enterprise: number });
      const { qualityId, am } = await quality(number, type);
      return { number, qualityId, lr, cam, am };
    },
    async session(caller) {
      made += 1;
      const bytes = Buffer.alloc(32, made);
      bytes.writeUInt32BE(made);
      const { knex } = database;
      const until = new Date(clock.now().getTime() + 86_400_000);
      const id = `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`;
      const common = { id, token_hash: bytes, person_id: caller.personId };
      const assignment_id = caller.assignmentId;
      await knex('session').insert({
        ...{ ...common, assignment_id, stage: 'open', factors: ['password'], csrf_hash: bytes },
        ...{ source: 'test', created_at: clock.now(), authenticated_at: clock.now() },
        ...{ seen_at: clock.now(), idle_until: until, absolute_until: until },
      });
      await knex('api_token').insert({
        ...{ ...common, assignment_id, name: 'robot', created_at: clock.now(), expires_at: until },
      });
      return {
        async alive() {
          const open: unknown = await knex('session').where({ id, ended_at: null }).first('id');
          const token: unknown = await knex('api_token')
            .where({ id, revoked_at: null })
            .first('id');
          if ((open === undefined) !== (token === undefined)) throw new Error('half ended');
          return open !== undefined;
        },
      };
    },
    lastEvent: async () => (await identity.audit.list({ max: 1 })).rows[0],
    roleOf: (id) => identity.roles.show(operator, id).catch(() => undefined),
  };
}

async function entitle(
  identity: Identity,
  operator: Caller,
  enterprise: string,
  type: string,
): Promise<void> {
  const found = (await identity.qualities.types()).find(({ code }) => code === type);
  if (found?.needsEntitlement !== true) return;
  await identity.qualities.entitle(operator, { enterprise, type });
}

/** Data that each type of the catalogue is content with. */
export function dataFor(type: string): Readonly<Record<string, string>> {
  switch (type) {
    case 'social-secretariat':
      return { recognitionNumber: '970', recognisedOn: '2001-01-01' };
    case 'hospital':
      return { recognitionNumber: '71000436' };
    case 'telephone-operator':
      return { network: 'Mobile 3', emergencyPhone: '+32 2 555 12 12' };
    case 'full-service-center':
      return { administrations: '12' };
    default:
      return {};
  }
}

export function newcomer(o: Partial<NewPersonWish> = {}): NewPersonWish {
  made += 1;
  const word = String(made).padStart(6, '0');
  return {
    ...{ insz: inszOf(made), username: `person${word}`, lastName: `Peeters${word}` },
    ...{ firstName: 'Jan', title: 'Dhr.', language: 'nl', email: `jan${word}@example.org` },
    ...o,
  };
}

/** A right national number of somebody born on 1 January 1970; synthetic. */
export function inszOf(index: number): string {
  const day = 1 + (Math.floor(index / 998) % 28);
  const base = `7001${String(day).padStart(2, '0')}${String(1 + (index % 998)).padStart(3, '0')}`;
  return `${base}${String(complement97(BigInt(base))).padStart(2, '0')}`;
}

export function callerFor({ assignment, person }: Done): Caller & {
  readonly personId: string;
  readonly assignmentId: string;
} {
  return callerOf(assignment, person.username);
}

/** Who holds this role, as a session of his would say it. */
export function callerOf(
  { id, personId, role, enterprise, qualityId }: RoleRecord,
  name: string,
): Caller & { readonly personId: string; readonly assignmentId: string } {
  return {
    ...{ name, role, personId, assignmentId: id, source: '192.0.2.20', language: 'nl' },
    ...(enterprise === undefined ? {} : { enterprise: enterprise as EnterpriseNumber }),
    ...(qualityId === undefined ? {} : { qualityId }),
  };
}
