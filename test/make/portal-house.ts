import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOffice, type Office } from '../../src/compose.ts';
import { startGateway } from '../../src/gateway.ts';
import type { Appointment, Caller, Done, Role } from '../../src/identity/index.ts';
import { resolveSettings, type SettingName } from '../../src/settings.ts';
import { enterpriseNumberOf, type EnterpriseNumber } from '../../src/vocabulary/index.ts';
import { apiClient, type ApiAnswer, type ApiClient, type ApiClientOptions } from './api-client.ts';
import { codeAt, fromBase32 } from './authenticator.ts';
import { manualClock, spans, type ManualClock } from './clock.ts';
import { testDatabase } from './database.ts';

/** Somebody who was appointed, and what he chose at his first login. */
export interface Appointed {
  readonly username: string;
  readonly email: string;
  readonly insz: string;
  readonly personId: string;
  readonly assignmentId: string;
}

/** An enterprise with everybody it needs, and one quality `employer`. */
export interface House {
  readonly number: EnterpriseNumber;
  readonly qualityId: string;
  readonly people: Readonly<Record<'LR' | 'CAM' | 'COCAM' | 'AM' | 'COAM' | 'USR', Appointed>>;
}

/** A gateway of this process with its portal alone, and people to log in to it. */
export interface PortalHouse {
  readonly office: Office;
  readonly url: string;
  readonly mutualTlsUrl: string | undefined;
  /** Where its SFTP server listens, when that role was asked for. */
  readonly sftp: { readonly port: number; readonly hostKeys: readonly string[] };
  readonly clock: ManualClock;
  readonly nodeId: string;
  /** The person at the command line: nobody asks him for a login. */
  readonly operator: Caller;
  client(o?: ApiClientOptions): ApiClient;
  /** Appoints somebody new, or the person named. */
  appoint(role: Role, wish?: AppointWish): Promise<Appointed>;
  /** An enterprise number nobody has yet. */
  nextEnterprise(): EnterpriseNumber;
  enterprise(): Promise<House>;
  /** Logs in, for the first time or again, into the role named or the only one. */
  enter(who: Appointed, o?: ApiClientOptions): Promise<ApiClient>;
  /** Only user name and password, or the code of the letter for somebody new. */
  knock(client: ApiClient, who: Appointed, password?: string): Promise<ApiAnswer>;
  /** Sets up an app at stage `enrolment` or later; gives its secret and the back-up codes. */
  enrol(client: ApiClient): Promise<{ readonly secret: Buffer; readonly codes: readonly string[] }>;
  code(secret: Buffer): string;
  /** The newest letter to an address, of one kind when it is named, with its text. */
  letterTo(
    address: string,
    template?: string,
  ): Promise<{ readonly template: string; readonly body: string }>;
  /** The one-time code of the newest letter. */
  codeTo(address: string, template?: string): Promise<string>;
  close(): Promise<void>;
}

export interface AppointWish {
  readonly enterprise?: EnterpriseNumber;
  readonly qualityId?: string;
  readonly capacity?: string;
  readonly person?: Partial<Extract<Appointment['person'], { readonly lastName: string }>>;
  readonly personId?: string;
  readonly applications?: Appointment['applications'];
  readonly facts?: Appointment['facts'];
}

export const goodPassword = 'vier paarden bij de oude sluisdeur';

let made = 0;

/** A national number nobody has, with right check digits. */
export function anInsz(): string {
  made += 1;
  const base = `8001${String(1 + (made % 28)).padStart(2, '0')}${String(made % 998).padStart(3, '0')}`;
  return `${base}${String(97 - Number(BigInt(base) % 97n)).padStart(2, '0')}`;
}

export async function portalHouse(
  o: { readonly settings?: Partial<Record<SettingName, string>>; readonly start?: string } = {},
): Promise<PortalHouse> {
  const database = await testDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'sluis-portal-'));
  const many = '1000000';
  const settings = resolveSettings({
    flags: {
      ...{ data: directory, logLevel: 'error', roles: 'portal', httpPort: '0' },
      ...{ httpSourceRequestsMax: many, httpSessionRequestsMax: many, httpLoginRequestsMax: many },
      ...{ httpRecoveryRequestsMax: many, httpTrustedProxies: '127.0.0.1' },
      secondFactor: 'optional',
      ...o.settings,
    },
    environment: { SLUIS_DATABASE_URL: database.url },
  });
  const clock = manualClock(o.start);
  const office = await openOffice({ settings, clock });
  const gateway = await startGateway(office);
  const { http } = gateway.address;
  if (http === null) throw new Error('no portal');
  const operator: Caller = { name: 'operator', role: 'operator', source: 'cli', language: 'en' };
  const passwords = new Map<string, string>();

  const house: PortalHouse = {
    ...{ office, clock, operator, url: http.url, mutualTlsUrl: http.mutualTlsUrl },
    sftp: gateway.address.sftp ?? { port: 0, hostKeys: [] },
    nodeId: gateway.nodeId,
    client: (options) => apiClient(http.url, options),
    nextEnterprise() {
      made += 1;
      return enterpriseNumberOf(4_000_000 + made);
    },
    async appoint(role, wish = {}) {
      made += 1;
      const email = `person${made}@example.org`;
      const insz = anInsz();
      const person = {
        ...{ insz, username: `person${String(made).padStart(4, '0')}`, email },
        ...{ lastName: `Peeters${letters(made)}`, firstName: 'Anke', language: 'nl' },
        ...wish.person,
      };
      const { enterprise, qualityId, applications, facts } = wish;
      const done = await office.identity.roles.carryOut(operator, {
        ...{ act: 'appoint', role },
        person: wish.personId === undefined ? person : { personId: wish.personId },
        ...(enterprise === undefined ? {} : { enterprise }),
        ...(qualityId === undefined ? {} : { qualityId }),
        ...(needsCapacity.has(role) ? { capacity: wish.capacity ?? 'employee' } : {}),
        ...(applications === undefined ? {} : { applications }),
        ...(facts === undefined ? {} : { facts }),
      });
      return appointedOf(done, person.insz);
    },
    enterprise: () => wholeEnterprise(house),
    async knock(client, { username, email }, password) {
      const known = password ?? passwords.get(username);
      const typed = known ?? (await house.codeTo(email));
      return client.post('/login/password', { username, password: typed });
    },
    async enter(who, options) {
      const client = house.client(options);
      let answer = await house.knock(client, who);
      if (answer.body['stage'] === 'password-change') {
        answer = await client.put('/me/password', { password: goodPassword });
        passwords.set(who.username, goodPassword);
      }
      if (answer.body['stage'] === 'role') {
        answer = await client.put('/session/role', { appointment: who.assignmentId });
      }
      if (answer.body['stage'] !== 'open')
        throw new Error(`login of ${who.username}: ${answer.text}`);
      return client;
    },
    async enrol(client) {
      const begun = await client.post('/me/second-factor/enrolment', { password: goodPassword });
      const { secret } = begun.body['manual'] as { readonly secret: string };
      const bytes = fromBase32(secret);
      const proof = await client.post('/me/second-factor/enrolment/proof', {
        code: house.code(bytes),
      });
      await client.post('/me/second-factor/enrolment/activation');
      // Each step of the app is good for one use.
      clock.pass(30 * spans.second);
      const codes = proof.body['codes'] as readonly { readonly code: string }[];
      return { secret: bytes, codes: codes.map(({ code }) => code) };
    },
    code: (secret) => codeAt(secret, clock.now()),
    async letterTo(address, template) {
      const list = await office.mail.list({ max: 500 });
      const found = list.find(
        (one) => one.recipient === address && one.template === (template ?? one.template),
      );
      if (found === undefined) throw new Error(`no letter to ${address}`);
      return office.mail.show(found.id, { reveal: true });
    },
    async codeTo(address, template) {
      const list = template === undefined ? await office.mail.list({ max: 500 }) : [];
      const secret = list.find((one) => one.recipient === address && one.secret);
      const { body } = await house.letterTo(address, secret?.template ?? template);
      const code = /^ {4}(\S.*)$/m.exec(body)?.[1];
      if (code === undefined) throw new Error(`no code in ${body}`);
      return code.trim();
    },
    async close() {
      await gateway.stop();
      await office.close();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return house;
}

const needsCapacity: ReadonlySet<Role> = new Set(['CAM', 'COCAM', 'AM', 'COAM', 'USR']);

/** Names are letters. */
function letters(number: number): string {
  return String(number).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
}

function appointedOf({ person, assignment }: Done, insz: string | undefined): Appointed {
  const { username, email = '', id: personId } = person;
  return { username, email, insz: insz ?? '', personId, assignmentId: assignment.id };
}

async function wholeEnterprise(house: PortalHouse): Promise<House> {
  const { identity } = house.office;
  const number = house.nextEnterprise();
  const email = `lr${number}@example.org`;
  const insz = anInsz();
  const admitted = await identity.enterpriseAccess.admit(house.operator, {
    ...{ number, name: `Molen ${number}` },
    representative: {
      ...{ insz, username: `lr${number}`, email },
      ...{ lastName: 'Claes', firstName: 'Piet', language: 'nl' },
    },
  });
  const CAM = await house.appoint('CAM', { enterprise: number });
  const AM = { lastName: 'Maes', firstName: 'Lien', language: 'nl', insz: anInsz() };
  made += 1;
  const manager = { ...AM, username: `manager${made}`, email: `manager${made}@example.org` };
  const quality = await identity.qualities.activate(house.operator, {
    ...{ enterprise: number, type: 'employer', email: `quality${number}@example.org` },
    manager: { person: manager, capacity: 'employee' },
  });
  const qualityId = quality.id;
  const found = await identity.people.find(
    house.operator,
    { quality: qualityId, role: 'AM' },
    { max: 1 },
  );
  const [row] = found.rows;
  if (row === undefined) throw new Error('no access manager');
  const people = {
    LR: appointedOf(admitted, insz),
    CAM,
    COCAM: await house.appoint('COCAM', { enterprise: number }),
    AM: { ...row, email: manager.email, insz: manager.insz },
    COAM: await house.appoint('COAM', { qualityId }),
    USR: await house.appoint('USR', { qualityId }),
  };
  // The account of an enterprise is active from the first login of its chief access manager.
  await house.enter(CAM);
  return { number, qualityId, people };
}

/** Somebody new who manages two qualities, with the code of his letter. */
export async function managerOfTwo(
  office: Office,
): Promise<{ readonly username: string; readonly code: string }> {
  const { identity, mail } = office;
  const operator: Caller = { name: 'operator', role: 'operator', source: 'cli', language: 'en' };
  const username = 'lienmaes1';
  const email = 'lien@example.org';
  const lien = {
    insz: anInsz(),
    username,
    email,
    lastName: 'Maes',
    firstName: 'Lien',
    language: 'nl',
  };
  for (const [index, person] of [lien, undefined].entries()) {
    const number = enterpriseNumberOf(5_000_000 + index);
    const chief = {
      insz: anInsz(),
      username: `chief${number}`,
      lastName: 'Claes',
      firstName: 'Piet',
    };
    const representative = { ...chief, language: 'nl', email: `chief${number}@example.org` };
    await identity.enterpriseAccess.admit(operator, { number, name: 'Molen', representative });
    const known = await identity.people.find(operator, { username }, { max: 1 });
    const wish = person ?? { personId: known.rows[0]?.personId ?? '' };
    await identity.qualities.activate(operator, {
      ...{ enterprise: number, type: 'employer' },
      manager: { person: wish, capacity: 'employee' },
    });
  }
  const letters = await mail.list({ max: 100 });
  const letter = letters.find(({ recipient, secret }) => recipient === email && secret);
  const { body } = await mail.show(letter?.id ?? '', { reveal: true });
  return { username, code: (/^ {4}(\S.*)$/m.exec(body)?.[1] ?? '').trim() };
}
