import { afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { endpoint, type Endpoint } from '../../src/portal/api/endpoint.ts';
import { line } from '../../src/portal/api/fields.ts';
import type { ApiSettings } from '../../src/portal/api/index.ts';
import { pageOf, pageQuery } from '../../src/portal/api/page.ts';
import { requestProblems, toldFailures } from '../../src/portal/api/problem-codes.ts';
import { titles } from '../../src/portal/api/problem-texts.ts';
import { RequestRefused } from '../../src/portal/api/problem.ts';
import { proxiesOf } from '../../src/portal/api/settings.ts';
import { startPortal, type Portal } from '../../src/portal/index.ts';
import { Failure } from '../../src/vocabulary/index.ts';
import { apiSettings, fakeAccess } from '../fakes/access.ts';

let portal: Portal | undefined;
afterEach(async () => {
  await portal?.close();
  portal = undefined;
});

const { access, refused } = fakeAccess();

const things: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/things',
    id: 'listThings',
    tag: 'persons',
    summary: 'Things',
    action: 'user.edit',
    query: z.strictObject({ ...pageQuery }),
    answer: pageOf(z.object({ name: z.string() })),
    act: ({ query }) =>
      Promise.resolve({ items: [{ name: String(query.max), hidden: 'never shown' }] }),
  }),
  endpoint({
    method: 'PUT',
    path: '/things/:id',
    id: 'changeThing',
    tag: 'persons',
    summary: 'Changes a thing',
    action: 'user.edit',
    params: z.strictObject({ id: z.string().max(20) }),
    body: z.strictObject({ name: line(10), language: z.enum(['nl', 'fr']).optional() }),
    asksVersion: true,
    answer: z.object({ version: z.string() }),
    act: ({ version }) => {
      if (version !== '1') throw new RequestRefused('request.stale');
      return Promise.resolve({ version: '2' });
    },
  }),
  endpoint({
    method: 'POST',
    path: '/defect',
    id: 'defect',
    tag: 'persons',
    summary: 'Breaks',
    action: 'user.edit',
    act: () => Promise.reject(new Error('a secret inside')),
  }),
  endpoint({
    method: 'POST',
    path: '/chief',
    id: 'appointChief',
    tag: 'appointments',
    summary: 'Not for access managers',
    action: 'cam.appoint',
    body: z.strictObject({ name: line(10) }),
    act: () => Promise.resolve(),
  }),
  endpoint({
    method: 'POST',
    path: '/login',
    id: 'login',
    tag: 'login',
    summary: 'Logs in',
    action: 'public',
    rate: 'login',
    body: z.strictObject({ username: line(10) }),
    answer: z.object({ source: z.string() }),
    act: ({ cookies, source, body }) => {
      if (body.username === 'nobody') throw new Failure('identity.refused');
      cookies.give({ token: 'open', csrf: 'csrf' });
      return Promise.resolve({ source });
    },
  }),
];

async function start(
  o: { readonly endpoints?: readonly Endpoint[]; readonly settings?: Partial<ApiSettings> } = {},
): Promise<string> {
  refused.length = 0;
  portal = await startPortal({
    host: '127.0.0.1',
    port: 0,
    health: () => Promise.resolve({ state: 'ok', lines: [] }),
    api: {
      access,
      // The frame hands its parts through without looking.
      parts: {} as never,
      endpoints: o.endpoints ?? things,
      settings: { ...apiSettings, ...o.settings },
    },
  });
  return `${portal.url}/api/v1`;
}

const cookie = '__Host-sluis=open';
const logged = { cookie, 'x-csrf-token': 'csrf' };
const json = { 'content-type': 'application/json' };

async function ask(
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status: answer.status, body, headers: answer.headers };
}

describe('who may call', () => {
  it.each([
    ['no credential', {}, 401, 'request.no-session'],
    ['a cookie that is no session', { cookie: '__Host-sluis=gone' }, 401, 'request.no-session'],
    ['a token that is none', { authorization: 'Bearer wrong' }, 401, 'request.no-session'],
    ['a session of an unfinished login', { cookie: '__Host-sluis=early' }, 403, 'request.stage'],
  ])('is refused with %s', async (_what, headers, status, code) => {
    const url = await start();

    expect(await ask(`${url}/things`, { headers: headers as never })).toMatchObject({
      status,
      body: { status, code },
    });
  });

  it.each([
    ['a session', { cookie }],
    ['an API token', { authorization: 'bearer api' }],
  ])('is let in with %s', async (_what, headers) => {
    const url = await start();

    expect((await ask(`${url}/things`, { headers: headers as never })).status).toBe(200);
  });

  it('is refused by role before the body is looked at, and it is written down', async () => {
    const url = await start();

    const answer = await ask(`${url}/chief`, {
      method: 'POST',
      headers: { ...logged, ...json },
      body: '{ "unread": ',
    });

    expect(answer).toMatchObject({ status: 403, body: { code: 'access.denied', rule: 'role' } });
    expect(refused).toEqual(['cam.appoint']);
  });
});

describe('a request of another site', () => {
  const put = { method: 'PUT', body: '{"name":"a"}' };
  const right = { ...logged, ...json, 'if-match': '"1"' };

  it.each([
    ['without the token of the session', { 'x-csrf-token': '' }, 'request.csrf'],
    ['with the token of another session', { 'x-csrf-token': 'other' }, 'request.csrf'],
    ['as the browser says', { 'sec-fetch-site': 'cross-site' }, 'request.foreign'],
    ['of a sister site', { 'sec-fetch-site': 'same-site' }, 'request.foreign'],
    ['from another origin', { origin: 'https://evil.example' }, 'request.foreign'],
    ['from nowhere', { origin: 'null' }, 'request.foreign'],
  ])('is refused: %s', async (_what, headers, code) => {
    const url = await start();

    expect(
      await ask(`${url}/things/1`, { ...put, headers: { ...right, ...headers } as never }),
    ).toMatchObject({ status: 403, body: { code } });
  });

  it('cannot log a browser in', async () => {
    const url = await start();
    const headers = { ...json, origin: 'https://evil.example' };

    expect(
      await ask(`${url}/login`, { method: 'POST', headers, body: '{"username":"jan"}' }),
    ).toMatchObject({ status: 403, body: { code: 'request.foreign' } });
  });

  it('is told from our own by the origin that the request or the setting names', async () => {
    const url = await start();
    const { origin } = new URL(url);
    const own = await ask(`${url}/things/1`, { ...put, headers: { ...right, origin } });
    await portal?.close();
    const other = await start({ settings: { origin: 'https://sluis.example' } });

    const mapped = await ask(`${other}/things/1`, {
      ...put,
      headers: { ...right, origin: 'https://sluis.example' },
    });

    expect([own.status, mapped.status]).toEqual([200, 200]);
  });

  it('never matters to an API token, which no browser sends by itself', async () => {
    const url = await start();
    const headers = { ...json, authorization: 'Bearer api', 'if-match': '"1"' };

    expect((await ask(`${url}/things/1`, { ...put, headers })).status).toBe(200);
  });
});

describe('an answer', () => {
  it('holds what was described and nothing else', async () => {
    const url = await start();

    const { body } = await ask(`${url}/things?max=7`, { headers: { cookie } });

    expect(body).toEqual({ items: [{ name: '7' }] });
  });

  it('hands the session over in cookies that no other site and no script can use', async () => {
    const url = await start();

    const { headers } = await ask(`${url}/login`, {
      method: 'POST',
      headers: json,
      body: '{"username":"jan"}',
    });

    expect(headers.getSetCookie()).toEqual([
      '__Host-sluis=open; Path=/; HttpOnly; Secure; SameSite=Strict',
      '__Host-sluis-csrf=csrf; Path=/; Secure; SameSite=Strict',
    ]);
  });

  it('carries the version of a record, which a change must repeat', async () => {
    const url = await start();
    const change = (match: Record<string, string>) =>
      ask(`${url}/things/1`, {
        method: 'PUT',
        headers: { ...logged, ...json, ...match },
        body: '{"name":"a"}',
      });

    const [without, stale, right] = [
      await change({}),
      await change({ 'if-match': '"0"' }),
      await change({ 'if-match': '"1"' }),
    ];

    expect([without, stale, right].map(({ status }) => status)).toEqual([428, 412, 200]);
    expect(right.headers.get('etag')).toBe('"2"');
  });
});

describe('a problem', () => {
  const change = (url: string, body: string, headers: Record<string, string> = {}) =>
    ask(`${url}/things/1`, {
      method: 'PUT',
      headers: { ...logged, ...json, 'if-match': '"1"', ...headers },
      body,
    });

  it.each([
    ['a field we do not know', '{"name":"a","role":"CAM"}', '/role', 'unknown'],
    ['a required field left out', '{}', '/name', 'required'],
    ['a required field left empty', '{"name":"  "}', '/name', 'required'],
    ['a value that is too long', '{"name":"aaaaaaaaaaaaaaaa"}', '/name', 'too-long'],
    ['a value of another type', '{"name":7}', '/name', 'type'],
    ['a value out of the list', '{"name":"a","language":"it"}', '/language', 'choice'],
    ['a line break', '{"name":"a\\nb"}', '/name', 'control-characters'],
  ])('names the field and the rule of %s', async (_what, body, pointer, rule) => {
    const url = await start();

    const answer = await change(url, body);

    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ in: 'body', pointer, rule }] },
    });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it('speaks the language of the session', async () => {
    const url = await start();

    const { body, headers } = await change(url, '{}', { 'accept-language': 'de' });

    expect(headers.get('content-language')).toBe('fr');
    expect(body['errors']).toMatchObject([{ detail: 'Ce champ est obligatoire.' }]);
  });

  it.each([
    ['nl-BE,nl;q=0.9,en;q=0.5', 'Meld u eerst aan.'],
    ['it, de;q=0.4, fr;q=0.2', 'Bitte melden Sie sich zuerst an.'],
    ['*;q=x', 'Please log in first.'],
  ])('speaks the language asked for by %s without a session', async (wish, title) => {
    const url = await start();

    const { body } = await ask(`${url}/things`, { headers: { 'accept-language': wish } });

    expect(body['title']).toBe(title);
  });

  it.each([
    ['JSON that is none', '{"name":', json, 400, 'request.malformed'],
    ['a poisoned prototype', '{"__proto__":{"a":1}}', json, 400, 'request.malformed'],
    ['text', 'name=a', { 'content-type': 'text/plain' }, 415, 'request.media-type'],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, undefined],
    ['too much', JSON.stringify('x'.repeat(1_100_000)), json, 413, 'request.too-long'],
  ])('answers %s', async (_what, body, headers, status, code) => {
    const url = await start();

    const answer = await change(url, body, headers);

    expect(answer).toMatchObject({ status, body: { status, ...(code && { code }) } });
  });

  it('of our own making tells nothing but that there was one', async () => {
    const url = await start();

    const { status, body } = await ask(`${url}/defect`, { method: 'POST', headers: logged });

    expect({ status, code: body['code'] }).toEqual({ status: 500, code: 'gateway.defect' });
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(Object.keys(body).sort()).toEqual(['code', 'status', 'title', 'type']);
  });

  it('says what a path does answer to', async () => {
    const url = await start();

    const { status, headers } = await ask(`${url}/things`, { method: 'PUT', headers: logged });

    expect([status, headers.get('allow')]).toEqual([405, 'GET']);
    expect(await ask(`${url}/nothing`)).toMatchObject({ body: { code: 'request.no-such-path' } });
  });
});

describe('limits', () => {
  it('hold requests of one source, and narrower for logins', async () => {
    const url = await start();
    const login = () =>
      ask(`${url}/login`, { method: 'POST', headers: json, body: '{"username":"nobody"}' });

    const answers = [];
    for (let count = 0; count < 6; count += 1) answers.push(await login());

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
    expect(Number(answers[5]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(`${url}/things`, { headers: { cookie } })).status).toBe(200);
  });

  it('hold requests of one session', async () => {
    const url = await start();

    const statuses = [];
    for (let count = 0; count < 41; count += 1) {
      statuses.push((await ask(`${url}/things`, { headers: { cookie } })).status);
    }

    expect(statuses.slice(0, 40).every((status) => status === 200)).toBe(true);
    expect(statuses[40]).toBe(429);
  });

  it('take an address from a proxy only where it is trusted', async () => {
    const login = async (url: string) =>
      (
        await ask(`${url}/login`, {
          method: 'POST',
          headers: { ...json, 'x-forwarded-for': '192.0.2.7' },
          body: '{"username":"jan"}',
        })
      ).body['source'];
    const plain = await login(await start());
    await portal?.close();
    const proxies = proxiesOf(['10.0.0.0/8', '127.0.0.1']);

    const trusted = await login(await start({ settings: { proxies } }));

    expect([plain, trusted]).toEqual(['127.0.0.1', '192.0.2.7']);
  });
});

describe('a definition', () => {
  const base = {
    method: 'GET',
    tag: 'persons',
    summary: 's',
    act: () => Promise.resolve(),
  } as const;

  it.each([
    [
      'has no line in the matrix',
      [endpoint({ ...base, path: '/a', id: 'a', action: 'pet.stroke' as 'user.edit' })],
    ],
    [
      'is there twice',
      [
        endpoint({ ...base, path: '/a', id: 'a', action: 'public' }),
        endpoint({ ...base, path: '/a', id: 'b', action: 'public' }),
      ],
    ],
    [
      'admits fields it does not know',
      [
        endpoint({
          ...base,
          path: '/a',
          id: 'a',
          action: 'public',
          query: z.object({ a: z.string() }),
        }),
      ],
    ],
  ])('that %s keeps the gateway from starting', async (_what, endpoints) => {
    await expect(start({ endpoints })).rejects.toThrow();
  });
});

describe('the description', () => {
  it('is OpenAPI 3.1 with every endpoint, its security and its problems', async () => {
    const url = await start();

    const { body } = await ask(url.replace(/v1$/, 'openapi.json'));

    expect(body['openapi']).toBe('3.1.0');
    expect(Object.keys(body['paths'] as object)).toEqual([
      '/api/v1/things',
      '/api/v1/things/{id}',
      '/api/v1/defect',
      '/api/v1/chief',
      '/api/v1/login',
    ]);
    expect(body['paths']).toMatchObject({
      '/api/v1/things/{id}': {
        put: {
          operationId: 'changeThing',
          security: [{ session: [], csrf: [] }, { token: [] }],
          responses: { '403': { description: expect.stringContaining('access.denied') } },
        },
      },
    });
  });
});

describe('the texts of problems', () => {
  it('exist in every language for every failure that a client may meet', () => {
    const codes = [...toldFailures, ...Object.keys(requestProblems)];

    expect(codes.filter((code) => titles[code] === undefined)).toEqual([]);
  });
});
