import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenSession } from '../../src/identity/index.ts';
import { codeAt, fromBase32 } from '../make/authenticator.ts';
import { spans } from '../make/clock.ts';
import { goodPassword, signInHouse, source, type SignInHouse } from '../make/sign-in.ts';

let house: SignInHouse;
beforeAll(async () => {
  house = await signInHouse({ rules: { secondFactor: 'mandatory' } });
});
afterEach(() => {
  house.letters.length = 0;
  house.audit.length = 0;
});
afterAll(() => house.close());

const refusedCode = { code: 'signin.code-refused' };

interface Enrolled {
  readonly username: string;
  readonly id: string;
  readonly secret: Buffer;
  readonly codes: readonly { readonly number: number; readonly code: string }[];
  readonly session: OpenSession;
}

async function enrolled(): Promise<Enrolled> {
  const { username, id } = await house.person();
  const session = await house.at(await house.login(username, goodPassword));
  const sheet = await house.factors.begin(session, { password: goodPassword });
  const secret = fromBase32(sheet.manual.secret);
  const { codes } = await house.factors.prove(session, { code: codeAt(secret, house.clock.now()) });
  await house.factors.activate(session);
  const open = await house.signIn.advance(session, 'totp');
  house.clock.pass(31 * spans.second);
  return { username, id, secret, codes, session: await house.at(open) };
}

async function half(username: string): Promise<OpenSession> {
  const session = await house.at(await house.login(username, goodPassword));
  expect(session.stage).toBe('second-factor');
  return session;
}

describe('the enrolment of an app', () => {
  it('is forced at first login: nothing else is in reach (ACC-93)', async () => {
    const { username, assignments } = await house.person();

    const session = await house.at(await house.login(username, goodPassword));

    expect(session.stage).toBe('enrolment');
    expect(session.caller).toBeUndefined();
    const stage = { code: 'signin.stage' };
    await expect(house.signIn.chooseRole(session, assignments[0] ?? '')).rejects.toMatchObject(
      stage,
    );
    const token = house.tokens.create(session, { name: 'x', days: 1, password: goodPassword });
    await expect(token).rejects.toMatchObject(stage);
    await expect(house.signIn.advance(session)).resolves.toMatchObject({ stage: 'enrolment' });
  });

  it('asks the password again and shows nothing to a wrong one (ACC-94)', async () => {
    const { username, id } = await house.person();
    const session = await house.at(await house.login(username, goodPassword));

    await expect(house.factors.begin(session, { password: 'wrong' })).rejects.toMatchObject({
      code: 'identity.refused',
    });
    await expect(house.factors.begin(session, {})).rejects.toMatchObject({
      code: 'signin.reauthenticate',
    });

    expect(await house.store.factors.enrolment(id)).toBeUndefined();
  });

  it('shows an address any app reads, a picture of it, and what to type (ACC-95, ACC-96, ACC-97)', async () => {
    const { username } = await house.person();
    const session = await house.at(await house.login(username, goodPassword));

    const sheet = await house.factors.begin(session, { password: goodPassword });

    const uri = new URL(sheet.uri);
    expect(`${uri.protocol}//${uri.host}`).toBe('otpauth://totp');
    expect(decodeURIComponent(uri.pathname)).toBe(`/sluis test:${username}`);
    expect(uri.searchParams.get('issuer')).toBe('sluis test');
    expect(sheet.manual).toMatchObject({ type: 'TOTP', digits: 6, periodSeconds: 30 });
    expect(sheet.manual.secret).toMatch(/^(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
    expect(uri.searchParams.get('secret')).toBe(sheet.manual.secret.replaceAll(' ', ''));
    expect(fromBase32(sheet.manual.secret)).toHaveLength(20);
    expect(sheet.qrSvg).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
    expect(sheet.qrSvg).not.toContain('http://localhost');
  });

  it('is not done by a wrong code (ACC-98)', async () => {
    const { username, id } = await house.person();
    const session = await house.at(await house.login(username, goodPassword));
    await house.factors.begin(session, { password: goodPassword });

    await expect(house.factors.prove(session, { code: '000000' })).rejects.toMatchObject(
      refusedCode,
    );
    await expect(house.factors.prove(session, { code: 'abc' })).rejects.toMatchObject(refusedCode);

    await expect(house.factors.activate(session)).rejects.toMatchObject({ code: 'signin.stage' });
    expect(await house.store.factors.totp(id)).toBeUndefined();
  });

  it('hands out ten numbered codes, this once (ACC-99, ACC-101)', async () => {
    const { codes, id, session } = await enrolled();

    expect(codes.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(codes.map(({ code }) => code)).size).toBe(10);
    for (const { code } of codes)
      expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
    await expect(house.factors.prove(session, { code: '123456' })).rejects.toMatchObject({
      code: 'signin.stage',
    });
    const hashes = (await house.store.factors.backupCodes(id)).map(({ hash }) => hash);
    expect(hashes).toHaveLength(10);
    const totp = await house.store.factors.totp(id);
    expect(totp?.sealed.length).toBe(12 + 16 + 32);
  });

  it('counts only from "activate" on: a window closed before leaves nothing (ACC-100)', async () => {
    const { username, id } = await house.person();
    const session = await house.at(await house.login(username, goodPassword));
    const sheet = await house.factors.begin(session, { password: goodPassword });
    const secret = fromBase32(sheet.manual.secret);
    const { codes } = await house.factors.prove(session, {
      code: codeAt(secret, house.clock.now()),
    });

    const later = await house.at(await house.login(username, goodPassword));

    expect(later.stage).toBe('enrolment');
    expect(await house.store.factors.totp(id)).toBeUndefined();
    expect(await house.store.factors.backupCodes(id)).toEqual([]);
    await expect(house.factors.activate(later)).rejects.toMatchObject({ code: 'signin.stage' });
    await house.factors.begin(later, { password: goodPassword });
    await expect(house.factors.activate(session)).rejects.toMatchObject({ code: 'signin.stage' });
    expect(codes).toHaveLength(10);
  });

  it('lapses after a quarter of an hour', async () => {
    const { username } = await house.person();
    const session = await house.at(await house.login(username, goodPassword));
    const sheet = await house.factors.begin(session, { password: goodPassword });
    house.clock.pass(15 * spans.minute);
    const code = codeAt(fromBase32(sheet.manual.secret), house.clock.now());

    await expect(house.factors.prove(session, { code })).rejects.toMatchObject({
      code: 'signin.stage',
    });
  });
});

describe('a code of the app', () => {
  it('opens in two steps (ACC-56, ACC-103)', async () => {
    const { username, secret } = await enrolled();
    const session = await half(username);

    const keys = await house.signIn.secondFactor(session, {
      code: codeAt(secret, house.clock.now()),
    });

    expect((await house.at(keys)).caller?.name).toBe(username);
    expect((await house.at(keys)).factors).toEqual(['password', 'totp']);
  });

  it('agrees with the vectors of RFC 6238', () => {
    const secret = Buffer.from('12345678901234567890');
    const vectors: [number, string][] = [
      [59, '94287082'],
      [1111111109, '07081804'],
      [1111111111, '14050471'],
      [1234567890, '89005924'],
      [2000000000, '69279037'],
      [20000000000, '65353130'],
    ];

    for (const [second, expected] of vectors) {
      expect(codeAt(secret, new Date(second * 1000), 8)).toBe(expected);
    }
  });

  it('is taken in its step, the one before and the one after, and no further', async () => {
    for (const [shift, taken] of [
      [-2, false],
      [-1, true],
      [0, true],
      [1, true],
      [2, false],
    ] as const) {
      const { username, secret } = await enrolled();
      house.clock.pass(5 * spans.minute);
      const at = new Date(house.clock.now().getTime() + shift * 30_000);
      const attempt = house.signIn.secondFactor(await half(username), { code: codeAt(secret, at) });

      if (taken) await expect(attempt).resolves.toMatchObject({ stage: 'open' });
      else await expect(attempt).rejects.toMatchObject(refusedCode);
    }
  });

  it('is taken once, and nothing before it either', async () => {
    const { username, secret } = await enrolled();
    const code = codeAt(secret, house.clock.now());
    const earlier = codeAt(secret, new Date(house.clock.now().getTime() - 30_000));
    await house.signIn.secondFactor(await half(username), { code });

    await expect(house.signIn.secondFactor(await half(username), { code })).rejects.toMatchObject(
      refusedCode,
    );
    await expect(
      house.signIn.secondFactor(await half(username), { code: earlier }),
    ).rejects.toMatchObject(refusedCode);
  });

  it('is taken by one of two nodes that get it at the same moment', async () => {
    const { username, secret } = await enrolled();
    const sessions = await Promise.all(Array.from({ length: 6 }, () => half(username)));
    const code = codeAt(secret, house.clock.now());

    const outcomes = await Promise.allSettled(
      sessions.map((session) =>
        house.another({ secondFactor: 'mandatory' }).signIn.secondFactor(session, { code }),
      ),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is not guessed: wrong ones lock the factor for that source, right ones then too', async () => {
    const { username, secret } = await enrolled();
    const session = await half(username);
    for (let tries = 0; tries < 5; tries += 1) {
      await expect(house.signIn.secondFactor(session, { code: '000000' })).rejects.toMatchObject(
        refusedCode,
      );
    }

    const right = { code: codeAt(secret, house.clock.now()) };
    await expect(house.signIn.secondFactor(session, right)).rejects.toMatchObject(refusedCode);
    house.clock.pass(31 * spans.second);
    const keys = await house.signIn.secondFactor(session, {
      code: codeAt(secret, house.clock.now()),
    });

    expect(keys.stage).toBe('open');
    expect(house.events.map(({ code }) => code)).toContain('identity.locked');
  });

  it('opens nothing after a hundred wrong ones in a row', async () => {
    const { username, id, secret } = await enrolled();
    await house.database.knex('totp').where({ person_id: id }).update({ failures: 99 });
    const session = await half(username);
    await expect(house.signIn.secondFactor(session, { code: '000000' })).rejects.toMatchObject(
      refusedCode,
    );

    const right = { code: codeAt(secret, house.clock.now()) };
    await expect(house.signIn.secondFactor(session, right)).rejects.toMatchObject(refusedCode);

    expect(house.audit.map(({ event }) => event)).toContain('authn_login_fail_max');
    expect(house.letters.map(({ template }) => template)).toContain('password-disabled');
  });
});

describe('a back-up code', () => {
  it('opens when the app is not at hand, once (ACC-102)', async () => {
    const { username, codes } = await enrolled();
    const [first, second] = codes;
    const typed = first?.code.toLowerCase().replaceAll('-', '') ?? '';

    const keys = await house.signIn.secondFactor(await half(username), { backupCode: typed });

    expect(keys.stage).toBe('open');
    const again = house.signIn.secondFactor(await half(username), { backupCode: typed });
    await expect(again).rejects.toMatchObject(refusedCode);
    const numbered = { backupCode: second?.code ?? '', number: 2 };
    await expect(house.signIn.secondFactor(await half(username), numbered)).resolves.toMatchObject({
      stage: 'open',
    });
  });

  it('is looked for by its number at the cost of one hash', async () => {
    const { username, codes } = await enrolled();
    const session = await half(username);
    house.hash.calls.length = 0;

    await house.signIn.secondFactor(session, { backupCode: codes[8]?.code ?? '', number: 9 });

    expect(house.hash.calls).toHaveLength(1);
  });

  it('warns when few are left', async () => {
    const { username, codes } = await enrolled();
    for (const { code, number } of codes.slice(0, 7)) {
      await house.signIn.secondFactor(await half(username), { backupCode: code, number });
    }

    expect(house.letters.filter(({ template }) => template === 'backup-codes-low')).toMatchObject([
      { data: { left: '3' } },
    ]);
  });

  it('is made anew after password and code; the old ones are void (ACC-104)', async () => {
    const { username, codes, secret, session } = await enrolled();
    const wrong = { password: goodPassword, code: '000000' };
    await expect(house.factors.regenerate(session, wrong)).rejects.toMatchObject(refusedCode);
    const code = codeAt(secret, house.clock.now());

    const fresh = await house.factors.regenerate(session, { password: goodPassword, code });

    const old = { backupCode: codes[0]?.code ?? '' };
    await expect(house.signIn.secondFactor(await half(username), old)).rejects.toMatchObject(
      refusedCode,
    );
    const keys = await house.signIn.secondFactor(await half(username), {
      backupCode: fresh.codes[0]?.code ?? '',
    });
    expect(keys.stage).toBe('open');
    expect(house.letters.map(({ template }) => template)).toContain('factor-changed');
  });
});

describe('another app in the place of the present one', () => {
  it('asks password and code, and leaves the present one in force until it is active (ACC-104)', async () => {
    const { username, secret, session } = await enrolled();
    const code = codeAt(secret, house.clock.now());
    await expect(house.factors.begin(session, { password: goodPassword })).rejects.toMatchObject(
      refusedCode,
    );
    const sheet = await house.factors.begin(session, { password: goodPassword, code });
    const fresh = fromBase32(sheet.manual.secret);
    house.clock.pass(31 * spans.second);
    const other = await house.signIn.secondFactor(await half(username), {
      code: codeAt(secret, house.clock.now()),
    });

    await house.factors.prove(session, { code: codeAt(fresh, house.clock.now()) });
    await house.factors.activate(session);

    expect(await house.sessions.open(other.token, { source })).toBeUndefined();
    house.clock.pass(31 * spans.second);
    const old = { code: codeAt(secret, house.clock.now()) };
    await expect(house.signIn.secondFactor(await half(username), old)).rejects.toMatchObject(
      refusedCode,
    );
    const keys = await house.signIn.secondFactor(await half(username), {
      code: codeAt(fresh, house.clock.now()),
    });
    expect(keys.stage).toBe('open');
  });
});

describe('the factors of an enterprise', () => {
  it('abroad are password and app, asked even where a password alone may do (ACC-57)', async () => {
    const optional = house.another({ secondFactor: 'optional' });
    const abroad = await house.person({ country: 'NL' });
    const belgian = await house.person({ country: 'BE' });

    const there = await optional.signIn.byPassword({
      ...{ username: abroad.username, password: goodPassword, source },
    });
    const here = await optional.signIn.byPassword({
      ...{ username: belgian.username, password: goodPassword, source },
    });

    expect(there).toMatchObject({ outcome: 'started', stage: 'enrolment' });
    expect(here).toMatchObject({ outcome: 'started', stage: 'open' });
  });
});
