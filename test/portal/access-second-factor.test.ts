import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from '../make/api-client.ts';
import { fromBase32 } from '../make/authenticator.ts';
import { readQr } from '../make/qr-reader.ts';
import { spans } from '../make/clock.ts';
import {
  goodPassword,
  portalHouse,
  type Appointed,
  type House,
  type PortalHouse,
} from '../make/portal-house.ts';

let house: PortalHouse;
let home: House;
beforeAll(async () => {
  house = await portalHouse();
  home = await house.enterprise();
});
afterAll(() => house.close());

const newUser = () => house.appoint('USR', { qualityId: home.qualityId });

/** Somebody with an app, and the session he set it up in. */
async function enrolled(): Promise<{
  readonly user: Appointed;
  readonly client: ApiClient;
  readonly secret: Buffer;
  readonly codes: readonly string[];
}> {
  const user = await newUser();
  const client = await house.enter(user);
  return { user, client, ...(await house.enrol(client)) };
}

describe('ACC-94, ACC-96 and ACC-97: what an app needs', () => {
  it('is shown after the password was asked again, as a picture and to type', async () => {
    const client = await house.enter(await newUser());

    const wrong = await client.post('/me/second-factor/enrolment', { password: 'wrong' });
    const { body } = await client.post('/me/second-factor/enrolment', { password: goodPassword });

    expect([wrong.status, wrong.text.includes('otpauth')]).toEqual([401, false]);
    expect(body['uri']).toMatch(/^otpauth:\/\/totp\/.*secret=.*issuer=sluis/);
    expect(readQr(body['qrSvg'] as string)).toBe(body['uri']);
    expect(body['manual']).toMatchObject({ type: 'TOTP', digits: 6, periodSeconds: 30 });
    expect((body['manual'] as { secret: string }).secret).toMatch(/^(?:[A-Z2-7]{4} ?)+$/);
  });
});

describe('ACC-95, ACC-98, ACC-99 and ACC-100: an app', () => {
  it('is in force only after its code was right and "activate and print"', async () => {
    const user = await newUser();
    const client = await house.enter(user);
    const begun = await client.post('/me/second-factor/enrolment', { password: goodPassword });
    const secret = fromBase32((begun.body['manual'] as { secret: string }).secret);

    const wrong = await client.post('/me/second-factor/enrolment/proof', { code: '000000' });
    const early = await client.post('/me/second-factor/enrolment/activation');
    const proof = await client.post('/me/second-factor/enrolment/proof', {
      code: house.code(secret),
    });
    const closed = await house.knock(house.client(), user);
    const again = await client.post('/me/second-factor/enrolment/proof', {
      code: house.code(secret),
    });
    await client.post('/me/second-factor/enrolment/activation');

    expect([wrong.code, early.code]).toEqual(['signin.code-refused', 'signin.stage']);
    expect(proof.body['codes'] as unknown[]).toHaveLength(10);
    // The window closed before the last step: nothing is in force, and the codes are not shown again.
    expect(closed.body['stage']).toBe('open');
    expect(again.status).toBe(409);
    expect((await house.knock(house.client(), user)).body['stage']).toBe('second-factor');
  });
});

describe('ACC-56 and ACC-103: later logins', () => {
  it('are two steps, and a code is good once', async () => {
    const { user, secret } = await enrolled();
    const client = house.client();

    const first = await house.knock(client, user);
    const early = await client.get('/me');
    const second = await client.post('/login/second-factor', { code: house.code(secret) });
    const replay = house.client();
    await house.knock(replay, user);
    const again = await replay.post('/login/second-factor', { code: house.code(secret) });

    expect([first.body['stage'], early.code, second.body['stage']]).toEqual([
      ...['second-factor', 'request.stage', 'open'],
    ]);
    expect([again.status, again.code]).toEqual([401, 'signin.code-refused']);
  });
});

describe('ACC-102: back-up codes', () => {
  it('open once each', async () => {
    const { user, codes } = await enrolled();
    const withCode = async (backupCode: string): Promise<number> => {
      const client = house.client();
      await house.knock(client, user);
      return (await client.post('/login/second-factor', { backupCode })).status;
    };

    expect(await withCode(codes[3] ?? '')).toBe(200);
    expect(await withCode(codes[3] ?? '')).toBe(401);
    expect(await withCode(codes[4] ?? '')).toBe(200);
  });

  it('are kept as hashes alone (ACC-101)', async () => {
    const { codes } = await enrolled();

    const rows = JSON.stringify(await house.office.database.knex('backup_code').select('*'));

    for (const code of codes) expect(rows).not.toContain(code.replaceAll('-', ''));
    for (const code of codes) expect(rows).not.toContain(code);
  });
});

describe('ACC-104: new back-up codes', () => {
  it('ask for password and code, and void the old ones', async () => {
    const { user, client, secret, codes } = await enrolled();

    const refused = await client.post('/me/second-factor/backup-codes', {
      ...{ password: 'wrong', code: house.code(secret) },
    });
    const wrongCode = await client.post('/me/second-factor/backup-codes', {
      ...{ password: goodPassword, code: '000000' },
    });
    expect([wrongCode.status, wrongCode.code]).toEqual([401, 'signin.code-refused']);
    const made = await client.post('/me/second-factor/backup-codes', {
      ...{ password: goodPassword, code: house.code(secret) },
    });
    const other = house.client();
    await house.knock(other, user);
    const old = await other.post('/login/second-factor', { backupCode: codes[0] });

    expect([refused.status, made.status, old.status]).toEqual([401, 200, 401]);
    const [fresh] = made.body['codes'] as readonly { readonly code: string }[];
    const opened = await other.post('/login/second-factor', { backupCode: fresh?.code });
    expect(opened.body['stage']).toBe('open');
  });
});

describe('ACC-85: a lost app', () => {
  it('is reset by the help desk after a call-back; the person is told and enrols again', async () => {
    const { user, secret, client: session } = await enrolled();
    const hd = await house.enter(await house.appoint('HD'));

    const asked = await house.enter(home.people.AM);
    const denied = await asked.post(`/persons/${user.personId}/second-factor-reset`, {
      callBack: 'he said so',
    });
    expect([denied.status, denied.code]).toEqual([403, 'access.denied']);

    const reset = await hd.post(`/persons/${user.personId}/second-factor-reset`, {
      callBack: 'called back at +32 9 000 00 00',
    });

    expect([reset.status, reset.body['done']]).toEqual([200, true]);
    expect((await session.get('/session')).status).toBe(401);
    const { knex } = house.office.database;
    const { personId: person_id } = user;
    expect(await knex('backup_code').where({ person_id })).toEqual([]);
    expect(await knex('totp').where({ person_id, state: 'active' })).toEqual([]);
    expect((await house.letterTo(user.email, 'factor-reset')).body).toContain(user.username);
    const client = house.client();
    const stage = (await house.knock(client, user)).body['stage'];
    expect(stage).not.toBe('second-factor');
    expect((await client.post('/login/second-factor', { code: house.code(secret) })).status).toBe(
      403,
    );
  });

  it('without a call-back needs a second colleague', async () => {
    const { user } = await enrolled();
    const [one, two] = [
      await house.enter(await house.appoint('HD')),
      await house.enter(await house.appoint('HD')),
    ];

    const asked = await one.post(`/persons/${user.personId}/second-factor-reset`, {
      note: 'lost the telephone',
    });
    const { id } = asked.body['case'] as { readonly id: string };
    const own = await one.post(`/cases/${id}/approval`);
    const approved = await two.post(`/cases/${id}/approval`);

    expect([asked.body['done'], own.status, approved.status]).toEqual([false, 403, 204]);
  });
});

describe('ACC-93: where a second factor is mandatory', () => {
  let strict: PortalHouse;
  beforeAll(async () => {
    strict = await portalHouse({ settings: { secondFactor: 'mandatory' } });
  });
  afterAll(() => strict.close());

  it('a first login reaches the enrolment and nothing else before it is done', async () => {
    const hd = await strict.appoint('HD');
    const client = strict.client();
    await strict.knock(client, hd);

    const chosen = await client.put('/me/password', { password: goodPassword });
    const statuses = [
      await client.get('/cases'),
      await client.get('/persons'),
      await client.get('/me/api-tokens'),
      await client.get('/session/menu'),
    ].map(({ code, body }) => [code, body['stage']]);
    await strict.enrol(client);

    expect(chosen.body['stage']).toBe('enrolment');
    expect(statuses).toEqual(Array(4).fill(['request.stage', 'enrolment']));
    expect((await client.get('/cases')).status).toBe(200);
  });
});

describe('codes guessed', () => {
  it('are held off for a person however many sessions he opens', async () => {
    const { user, secret } = await enrolled();
    const address = '198.51.100.99';
    const guess = async (code: string) => {
      const client = house.client({ address });
      await house.knock(client, user);
      return client.post('/login/second-factor', { code });
    };

    for (let count = 0; count < 6; count += 1) await guess('000000');
    const right = await guess(house.code(secret));
    house.clock.pass(2 * spans.hour);
    const later = await guess(house.code(secret));

    expect([right.status, later.status]).toEqual([401, 200]);
  });
});
