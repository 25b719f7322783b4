import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { cells, roles, type Action, type Role } from '../../src/identity/index.ts';
import { actionsOf, type Endpoint } from '../../src/portal/api/endpoint.ts';
import { problemsOf } from '../../src/portal/api/openapi.ts';
import { registerApi } from '../../src/portal/api/register.ts';
import { accessOf, apiEndpoints } from '../../src/portal/index.ts';
import type { ApiAnswer, ApiClient } from '../make/api-client.ts';
import {
  anInsz,
  goodPassword,
  portalHouse,
  type Appointed,
  type House,
  type PortalHouse,
} from '../make/portal-house.ts';

/** Somebody's own house, or one that is none of his business. */
type Scope = 'own' | 'foreign';

/** Whom and what a call is about. */
interface Place {
  readonly number: string;
  readonly qualityId: string;
  readonly personId: string;
  readonly assignmentId: string;
  readonly username: string;
}

interface Call {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
}

let made = 0;
const person = (): Record<string, string> => {
  made += 1;
  return {
    ...{ insz: anInsz(), username: `matrix${String(made).padStart(4, '0')}` },
    ...{ lastName: 'Peeters', firstName: 'An', language: 'nl', email: `m${made}@example.org` },
  };
};
const labels = { nl: 'x', fr: 'x', de: 'x', en: 'x' };
const nothing = { confirmation: 'of nobody' };
const unknownId = (): string => randomUUID();
const confirmed = (): Call => ({ body: nothing });
const ofPerson = ({ personId }: Place): Call => ({ params: { id: personId } });
const ofAppointment = ({ assignmentId }: Place): Call => ({ params: { id: assignmentId } });
const ofQuality = ({ qualityId }: Place): Call => ({ params: { id: qualityId } });
const ofCase = (): Call => ({ params: { id: unknownId() } });
const ofLetter = (): Call => ({ params: { id: unknownId() } });
const ofDocument = (): Call => ({ params: { id: unknownId() } });
const ofMember = (): Call => ({ params: { id: unknownId(), appointment: unknownId() } });
const ofTechnicalUser = (): Call => ({ params: { username: 'nobody1234' } });
const none = (): Call => ({});

/**
 * How every endpoint is called. What names a target takes it from the place; what does not is called
 * the same everywhere. An endpoint that is missing here fails the test.
 */
const calls: Readonly<Record<string, (place: Place) => Call>> = {
  loginByPassword: () => ({ body: { username: 'nobody1234', password: 'wrong' } }),
  loginByCertificate: none,
  loginSecondFactor: () => ({ body: { code: '000000' } }),
  showSession: none,
  logout: none,
  listOwnRoles: none,
  chooseRole: () => ({ body: { appointment: unknownId() } }),
  chooseLanguage: () => ({ body: { language: 'nl' } }),
  stepUp: none,
  showMenu: none,
  listSessions: none,
  endOtherSessions: none,
  endSession: () => ({ params: { id: unknownId() } }),
  showOwnData: none,
  showOwnAccess: none,
  showPasswordRequirements: none,
  changePassword: () => ({ body: { password: 'x', current: 'y' } }),
  showSecondFactor: none,
  beginEnrolment: () => ({ body: { password: goodPassword } }),
  proveEnrolment: () => ({ body: { code: '000000' } }),
  activateEnrolment: none,
  regenerateBackupCodes: () => ({ body: { password: goodPassword, code: '000000' } }),
  askEmailChange: () => ({ body: { address: 'new@example.org', password: goodPassword } }),
  confirmEmail: () => ({ body: { code: 'ABCD-EFGH' } }),
  listApiTokens: none,
  createApiToken: () => ({ body: { name: 'matrix', days: 1, password: goodPassword } }),
  revokeApiToken: () => ({ params: { id: unknownId() } }),
  listOwnCertificates: none,
  previewCertificate: () => ({ body: { file: 'AAAA' } }),
  linkCertificate: () => ({ body: { file: 'AAAA', fingerprint: 'a'.repeat(64) } }),
  retireCertificate: () => ({ params: { id: unknownId() } }),
  blockCertificate: () => ({ params: { id: unknownId() } }),
  listRecognisedIssuers: none,
  listCertificatesOfPerson: ofPerson,
  withdrawCertificate: () => ({ params: { id: unknownId() }, body: { state: 'blocked' } }),
  'recover-username': ({ number }) => ({ body: { enterprise: number, insz: anInsz() } }),
  'recover-codes': ({ number }) => ({ body: { enterprise: number, insz: anInsz() } }),
  findPersons: ({ qualityId }) => ({ query: `?quality=${qualityId}` }),
  showPerson: ofPerson,
  editPerson: (place) => ({ ...ofPerson(place), body: { language: 'fr' } }),
  blockPerson: ofPerson,
  unblockPerson: ofPerson,
  resetPassword: ofPerson,
  unlockPerson: ofPerson,
  endSessionsOfPerson: ofPerson,
  resetSecondFactor: (place) => ({ ...ofPerson(place), body: { callBack: '+32 2 000 00 00' } }),
  ...Object.fromEntries(
    apiEndpoints
      .filter(({ id }) => id.startsWith('plan-'))
      .map(({ id }) => [
        id,
        ({ number, qualityId }: Place): Call => ({
          body: { person: person(), enterprise: number, qualityId, capacity: 'employee' },
        }),
      ]),
  ),
  confirmAppointment: confirmed,
  showAppointment: ofAppointment,
  planAppointmentChange: (place) => ({ ...ofAppointment(place), body: { act: 'block' } }),
  listRights: ofAppointment,
  grantRight: ({ assignmentId }) => ({
    params: { id: assignmentId, application: 'matrix-app' },
    body: {},
  }),
  withdrawRight: ({ assignmentId }) => ({
    params: { id: assignmentId, application: 'matrix-app' },
  }),
  addEnterpriseNumber: (place) => ({ ...ofAppointment(place), body: { enterprise: place.number } }),
  showOwnEnterprise: none,
  showEnterprise: ({ number }) => ({ params: { number } }),
  admitEnterprise: ({ number }) => ({
    body: { number, name: 'Again', representative: person() },
  }),
  activateEbox: none,
  showSenderForm: ({ qualityId }) => ({ query: `?quality=${qualityId}` }),
  confirmSenderForm: ({ qualityId }) => ({
    body: {
      ...{ quality: qualityId, name: 'Molen' },
      address: { street: 'Dorp 1', postalCode: '9000', city: 'Gent', country: 'BE' },
    },
  }),
  planClosing: ({ number }) => ({ body: { enterprise: number } }),
  confirmClosing: confirmed,
  askForEnterpriseNumber: none,
  askForConversion: ({ number }) => ({
    body: { to: 'employer', enterprise: number, name: 'Molen' },
  }),
  listQualityTypes: none,
  saveQualityType: () => ({
    params: { code: 'matrix-type' },
    body: { labels, fields: [], needsEntitlement: false, ordinal: 99 },
  }),
  listOfferedQualities: ({ number }) => ({ query: `?enterprise=${number}` }),
  listQualities: ({ number }) => ({ query: `?enterprise=${number}` }),
  showQuality: ofQuality,
  editQuality: (place) => ({ ...ofQuality(place), body: { email: 'quality@example.org' } }),
  planQuality: ({ number }) => ({
    body: {
      ...{ type: 'mandatary', enterprise: number },
      manager: { person: person(), capacity: 'employee' },
    },
  }),
  confirmQuality: confirmed,
  // A quality that is nowhere: a suspended one would change what the other roles see.
  suspendQuality: () => ({ params: { id: unknownId() } }),
  entitleEnterprise: ({ number }) => ({ params: { number, type: 'hospital' } }),
  listUsableApplications: none,
  openApplication: () => ({ params: { code: 'matrix-app' }, body: {} }),
  listApplications: none,
  saveApplication: () => ({
    params: { code: 'matrix-app' },
    body: {
      ...{ labels, qualityTypes: ['employer'], roles: [] },
      ...{ certificateRequired: false, ordinal: 1 },
    },
  }),
  listEboxDocuments: none,
  showEboxDocument: ofDocument,
  downloadEboxFile: () => ({ params: { id: unknownId(), file: 'FO.ROUT' } }),
  markEboxDocument: () => ({ ...ofDocument(), body: { read: true } }),
  moveEboxDocument: () => ({ ...ofDocument(), body: { partition: 'general' } }),
  listEboxPartitions: none,
  createEboxPartition: () => ({ body: { name: 'Payroll' } }),
  renameEboxPartition: () => ({ ...ofDocument(), body: { name: 'Levies' } }),
  deleteEboxPartition: ofDocument,
  listEboxMembers: ofDocument,
  admitEboxMember: ofMember,
  excludeEboxMember: ofMember,
  showEboxDigest: none,
  chooseEboxDigest: () => ({ body: { digest: 'daily' } }),
  listTechnicalUsers: ({ qualityId }) => ({ query: `?quality=${qualityId}` }),
  registerTechnicalUser: ({ qualityId }) => ({
    body: {
      ...{ username: 'matrixtu01', quality: qualityId, password: 'a long enough password' },
      contact: { name: 'An Peeters', email: 'an@example.org' },
    },
  }),
  blockTechnicalUser: ofTechnicalUser,
  unblockTechnicalUser: ofTechnicalUser,
  removeTechnicalUser: ofTechnicalUser,
  setTechnicalPassword: () => ({ ...ofTechnicalUser(), body: { password: goodPassword } }),
  listCases: none,
  showCase: ofCase,
  openCase: () => ({ body: { kind: 'other', note: 'a question' } }),
  closeCase: () => ({ ...ofCase(), body: { outcome: 'done', note: 'ok' } }),
  carryOutConversion: ofCase,
  grantRepresentation: (place) => ({ ...ofCase(), body: { enterprise: place.number } }),
  listMandateImports: none,
  showMandateImport: ofCase,
  approveSecondFactorReset: ofCase,
  listAuditEvents: none,
  listLetters: none,
  showLetter: ofLetter,
  releaseLetter: ofLetter,
  showContact: none,
  findArticles: none,
};

/** Endpoints whose calls above name a target in the place, so that a foreign one means something. */
const targeted: ReadonlySet<string> = new Set(
  apiEndpoints
    .filter(({ id }) => {
      const places = ['a', 'b'].map((one) => calls[id]?.(namedPlace(one)));
      const plain = JSON.stringify(places[0]?.params ?? places[0]?.query ?? '');
      // Spelled out: an identifier made at random may hold anything else.
      return /a-(?:number|quality|person|role|user)/.test(plain);
    })
    .map(({ id }) => id),
);

function namedPlace(prefix: string): Place {
  return {
    ...{ number: `${prefix}-number`, qualityId: `${prefix}-quality` },
    ...{ personId: `${prefix}-person`, assignmentId: `${prefix}-role`, username: `${prefix}-user` },
  };
}

let house: PortalHouse;
let home: House;
let abroad: House;
const clients = new Map<Role, ApiClient>();
const who = new Map<Role, Appointed>();
const places = {} as Record<Scope | 'curators', Place>;

async function placeIn({ number, qualityId }: House): Promise<Place> {
  // A victim of its own: what the calls do to it disturbs nobody who calls.
  const { personId, assignmentId, username } = await house.appoint('USR', { qualityId });
  return { number, qualityId, personId, assignmentId, username };
}

beforeAll(async () => {
  house = await portalHouse();
  home = await house.enterprise();
  abroad = await house.enterprise();
  const third = await house.enterprise();
  for (const role of ['LR', 'CAM', 'COCAM', 'AM', 'COAM', 'USR'] as const) {
    who.set(role, home.people[role]);
  }
  const { enterpriseAccess } = house.office.identity;
  for (const { number } of [home, abroad, third]) {
    await enterpriseAccess.activateEbox(house.operator, number);
  }
  const provider = { facts: { provider: abroad.number, kind: 'legal-person' } };
  who.set('SP', await house.appoint('SP', { enterprise: home.number, ...provider }));
  who.set('REP', await house.appoint('REP', { enterprise: home.number }));
  const curator = { qualityId: third.qualityId, facts: { courtOrder: 'Ghent 2026/1' } };
  who.set('CUR', await house.appoint('CUR', curator));
  who.set('HD', await house.appoint('HD'));
  who.set('OP', await house.appoint('OP'));
  places.own = await placeIn(home);
  places.foreign = await placeIn(abroad);
  places.curators = await placeIn(third);
});
afterAll(() => house.close());

/** The curator has a house of his own: he took it from its managers. */
function placeOf(role: Role): Place {
  return role === 'CUR' ? places.curators : places.own;
}

/** The role's session, made anew when an endpoint ended it. */
async function clientOf(role: Role): Promise<ApiClient> {
  const known = clients.get(role);
  if (known !== undefined && (await known.get('/session')).status === 200) return known;
  const appointed = who.get(role);
  if (appointed === undefined) throw new Error(`nobody is ${role}`);
  const client = await house.enter(appointed);
  if (role === 'CAM' || role === 'COCAM') {
    // Some rights of theirs reach no further than the quality they selected.
    const quality = home.qualityId;
    await client.put('/session/role', { appointment: appointed.assignmentId, quality });
  }
  clients.set(role, client);
  return client;
}

function called(client: ApiClient, endpoint: Endpoint, place: Place): Promise<ApiAnswer> {
  const call = calls[endpoint.id]?.(place);
  if (call === undefined) throw new Error(`${endpoint.id} is not called by the matrix test`);
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) => call.params?.[name] ?? '');
  return client.call(endpoint.method, `${path}${call.query ?? ''}`, {
    ...(call.body === undefined ? {} : { body: call.body }),
    ...(endpoint.asksVersion === true ? { headers: { 'if-match': '"seen"' } } : {}),
  });
}

/** Read from the table itself, not through the code that asks it. */
function reachOf(role: Role, actions: readonly Action[]): Set<string> {
  return new Set(
    cells
      .filter(([of, action]) => of === role && actions.includes(action))
      .map(([, , within]) => within),
  );
}

/** Where one of several actions will do, the one that a user as target takes. */
const decided: Readonly<Record<string, readonly Action[]>> = {
  editPerson: ['user.edit'],
  planAppointmentChange: ['user.change-state'],
};

const describable = (endpoint: Endpoint, { code, status }: ApiAnswer): string =>
  status < 400 || problemsOf(endpoint).some((one) => one === code)
    ? 'described'
    : `${String(status)} ${code ?? '?'} is not described`;

/** Refused for what he is, or heard: whatever came of it then. */
function notOfTheRole({ code }: ApiAnswer): string {
  const shut: readonly string[] = ['access.denied', 'request.stage', 'request.no-session'];
  return code !== undefined && shut.includes(code) ? code : 'heard';
}

const matrix = apiEndpoints.filter((endpoint) => actionsOf(endpoint).length > 0);

describe('the calls of this test', () => {
  it('cover every endpoint there is, and none that is not', () => {
    expect(Object.keys(calls).sort()).toEqual(apiEndpoints.map(({ id }) => id).sort());
  });

  it('name only actions with a line in the matrix', () => {
    const lined = new Set<string>(cells.map(([, action]) => action));

    expect(matrix.flatMap(actionsOf).filter((action) => !lined.has(action))).toEqual([]);
  });
});

describe.each(matrix.map((endpoint) => [endpoint.id, endpoint] as const))('%s', (_id, endpoint) => {
  it.each(roles)('answers %s as the matrix says', async (role) => {
    const within = reachOf(role, actionsOf(endpoint));
    const client = await clientOf(role);

    const own = await called(client, endpoint, placeOf(role));

    expect(describable(endpoint, own)).toBe('described');
    expect(own.status).toBeLessThan(500);
    expect(own.status).not.toBe(401);
    if (within.size === 0) {
      expect({ status: own.status, code: own.code }).toEqual({
        status: 403,
        code: 'access.denied',
      });
      return;
    }
    const needed = decided[endpoint.id] ?? actionsOf(endpoint);
    const may = reachOf(role, needed).size > 0;
    expect({ role, refused: own.code === 'access.denied' }).toEqual({ role, refused: !may });
  });

  if (targeted.has(endpoint.id)) {
    it.each(roles)('lets %s learn nothing about a foreign house', async (role) => {
      const within = reachOf(role, actionsOf(endpoint));
      if (within.has('all')) return;
      const client = await clientOf(role);

      const foreign = await called(client, endpoint, places.foreign);

      expect(describable(endpoint, foreign)).toBe('described');
      const isEmpty = foreign.status === 200 && JSON.stringify(foreign.body['items']) === '[]';
      if (within.size === 0) expect(foreign.status).toBe(403);
      else expect(isEmpty || foreign.status === 403 || foreign.status === 404).toBe(true);
      expect(foreign.text).not.toContain(places.foreign.username);
    });
  }

  it('is closed to whoever is nobody', async () => {
    const nobody = house.client();

    const answer = await called(nobody, endpoint, places.own);

    expect({ status: answer.status, code: answer.code }).toEqual({
      ...{ status: 401, code: 'request.no-session' },
    });
  });
});

describe.each(
  apiEndpoints
    .filter(({ action }) => action === 'own')
    .map((endpoint) => [endpoint.id, endpoint] as const),
)('%s, about oneself', (_id, endpoint) => {
  // Whoever is logged in may ask about himself: what he may do elsewhere changes nothing.
  it.each(roles)('is open to %s at the stages it is for, and at no other', async (role) => {
    const client = await clientOf(role);
    const isForOpen = (endpoint.stages ?? ['open']).includes('open');

    const answer = await called(client, endpoint, placeOf(role));

    expect(describable(endpoint, answer)).toBe('described');
    expect(answer.status).toBeLessThan(500);
    expect({ role, code: isForOpen ? notOfTheRole(answer) : answer.code }).toEqual({
      ...{ role, code: isForOpen ? 'heard' : 'request.stage' },
    });
  });

  it('is closed to whoever is nobody', async () => {
    const nobody = await called(house.client(), endpoint, places.own);

    expect({ status: nobody.status, code: nobody.code }).toEqual({
      ...{ status: 401, code: 'request.no-session' },
    });
  });
});

describe.each(
  apiEndpoints
    .filter(({ action }) => action === 'public')
    .map((endpoint) => [endpoint.id, endpoint] as const),
)('%s, for anybody', (_id, endpoint) => {
  it.each([...roles, 'nobody'] as const)('is open to %s', async (role) => {
    const client = role === 'nobody' ? house.client() : await clientOf(role);

    const answer = await called(client, endpoint, places.own);

    expect(describable(endpoint, answer)).toBe('described');
    expect(answer.status).toBeLessThan(500);
    expect({ role, code: notOfTheRole(answer) }).toEqual({ role, code: 'heard' });
  });
});

describe('an endpoint that was added', () => {
  const added = { ...apiEndpoints[0], id: 'addedLater', path: '/added-later' } as Endpoint;

  it('fails this test until it is called by it', () => {
    const known = Object.keys(calls);

    expect(
      [...apiEndpoints, added].map(({ id }) => id).filter((id) => !known.includes(id)),
    ).toEqual(['addedLater']);
  });

  it('keeps the gateway from starting when the matrix has no line for it', async () => {
    const unlined = { ...added, action: 'not.lined' } as unknown as Endpoint;

    await expect(
      registerApi(fastify(), {
        access: accessOf(house.office.identity),
        parts: {} as never,
        endpoints: [unlined],
        settings: {} as never,
        onDefect: () => undefined,
      }),
    ).rejects.toThrow('the matrix has no line for not.lined');
  });
});

describe('an API token', () => {
  let byToken: ApiClient;
  beforeAll(async () => {
    const client = await clientOf('AM');
    const wish = { name: 'matrix', days: 1, password: goodPassword };
    const { body } = await client.post('/me/api-tokens', wish);
    byToken = house.client({ token: String(body['token']) });
  });

  it.each(matrix.map((endpoint) => [endpoint.id, endpoint] as const))(
    'of an access manager answers for %s as his session would',
    async (_id, endpoint) => {
      const within = reachOf('AM', actionsOf(endpoint));

      const answer = await called(byToken, endpoint, places.own);

      const closed = endpoint.byToken === false;
      if (closed) expect(answer.code).toBe('request.no-session');
      else if (within.size === 0) expect(answer.code).toBe('access.denied');
      else expect(answer.status).not.toBe(401);
    },
  );

  it('opens nothing of its person’s own login', async () => {
    const own = apiEndpoints.filter(({ action }) => action === 'own');

    for (const endpoint of own) {
      expect((await called(byToken, endpoint, places.own)).code).toBe('request.no-session');
    }
  });
});

describe('a technical user', () => {
  it('does not log in to the portal with the password of its channels (ACC-124)', async () => {
    const sender = '765432';
    await house.office.identity.senders.register({
      ...{ number: sender, enterprise: home.number, quality: 'employer', by: 'test' },
    });
    const username = 'technical77';
    const password = 'a long enough password';
    await house.office.identity.technicalUsers.register({ username, sender, password, by: 'test' });

    const answer = await house.client().post('/login/password', { username, password });

    expect({ status: answer.status, code: answer.code }).toEqual({
      ...{ status: 401, code: 'identity.refused' },
    });
  });
});
