import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  argon2Hash,
  describePolicy,
  passwordFault,
  passwordPolicy,
  readRefusedPasswords,
} from '../../src/identity/index.ts';
import { leakedPasswords } from '../../src/identity/leaked-passwords.ts';
import { languages } from '../../src/vocabulary/index.ts';
import { spans } from '../make/clock.ts';
import { goodPassword, signInHouse, source, type SignInHouse } from '../make/sign-in.ts';

const legacy = passwordPolicy('be-ume-legacy');
const modern = passwordPolicy('modern');
const ruleOf = (
  password: string,
  policy = legacy,
  context: readonly string[] = [],
  alone = false,
): string | undefined =>
  passwordFault(password, { policy, context, alone, refused: new Set() })?.rule;

describe('the policy be-ume-legacy', () => {
  it('takes 10 to 15 characters (ACC-44)', () => {
    expect(ruleOf('kZ7mq9wTb')).toBe('too-short');
    expect(ruleOf('kZ7mq9wTbR')).toBeUndefined();
    expect(ruleOf('kZ7mq9wTbR4xvH8')).toBeUndefined();
    expect(ruleOf('kZ7mq9wTbR4xvH8p')).toBe('too-long');
  });

  it('takes no spaces (ACC-45)', () => {
    expect(ruleOf('kZ7 mq9wTbR')).toBe('space');
    expect(ruleOf('kZ7\tmq9wTbR')).toBe('space');
  });

  it.each(Array.from(",;:=?./+*$%><&@#'(!{})-_"))('takes the special %s (ACC-48)', (special) => {
    expect(ruleOf(`kZ7mq9${special}wTbR`)).toBeUndefined();
  });

  it.each(Array.from('"[\\]^`|~é€'))('refuses %s and names it (ACC-48)', (foreign) => {
    const fault = passwordFault(`kZ7mq9${foreign}wTbR`, {
      policy: legacy,
      context: [],
      alone: false,
      refused: new Set(),
    });

    expect(fault).toEqual({ rule: 'character', fact: foreign });
  });

  it('reads "2 alphanumeric characters" as it is set, R3 unless told otherwise (ACC-47)', () => {
    const signs = ';:=?./+*$%';
    const oneLetter = `a${signs}`;
    const letters = 'kzmqwtbrxv';

    expect(ruleOf(signs)).toBe('composition');
    expect(ruleOf(oneLetter)).toBe('composition');
    expect(ruleOf(`ab${signs}`)).toBeUndefined();
    expect(ruleOf(letters)).toBeUndefined();
    const r1 = passwordPolicy('be-ume-legacy', 'R1');
    expect(ruleOf(signs, r1)).toBeUndefined();
    const r2 = passwordPolicy('be-ume-legacy', 'R2');
    expect(ruleOf(letters, r2)).toBe('composition');
    expect(ruleOf(`${letters}7`, r2)).toBeUndefined();
    expect(ruleOf(oneLetter, r2)).toBeUndefined();
  });

  it('always asks for a second factor', () => {
    expect(legacy.secondFactor).toBe(true);
    expect(legacy.notes).not.toHaveLength(0);
  });
});

describe('the policy modern', () => {
  it('takes a phrase of forty characters with spaces (ACC-53)', () => {
    expect(ruleOf('vier paarden bij de oude sluisdeur zaten', modern)).toBeUndefined();
  });

  it('takes 8 characters beside a second factor, 15 alone, 128 at most', () => {
    expect(ruleOf('kZ7mq9w', modern)).toBe('too-short');
    expect(ruleOf('kZ7mq9wT', modern)).toBeUndefined();
    expect(ruleOf('kZ7mq9wTbR4xvH', modern, [], true)).toBe('too-short');
    expect(ruleOf('kZ7mq9wTbR4xvH8', modern, [], true)).toBeUndefined();
    const long = 'kZ7m q9wT '.repeat(13).slice(0, 127);
    expect(ruleOf(`${long}z`, modern)).toBeUndefined();
    expect(ruleOf(`${long}zz`, modern)).toBe('too-long');
    expect(ruleOf('x'.repeat(100_000), modern)).toBe('too-long');
  });

  it('counts what people see as one character as one, and takes any of them', () => {
    expect(ruleOf('ключи🔑e\u0301à', modern)).toBeUndefined();
    expect(ruleOf('ключи🔑e\u0301', modern)).toBe('too-short');
    expect(ruleOf('kZ7mq9wT\u0007', modern)).toBe('control-character');
  });
});

describe('common passwords', () => {
  it('are refused: well over three thousand that either policy would else take', () => {
    const words = ['welkom', 'bienvenue', 'passwort', 'password', 'wachtwoord', 'motdepasse'];
    const more = ['football', 'voetbal', 'princess', 'sunshine', 'iloveyou', 'qwerty', 'azerty'];
    const years = Array.from({ length: 60 }, (_, index) => String(1970 + index));
    const tails = [...years, '1234', '12345', '123456', '2026!', '!2026', '0000', '1234!'];
    const guesses = [...words, ...more].flatMap((word) =>
      tails.flatMap((tail) => [
        `${word}${tail}`,
        `${word.charAt(0).toUpperCase()}${word.slice(1)}${tail}`,
        `${tail}${word}`,
        `${word.replaceAll('o', '0').replaceAll('e', '3')}${tail}`,
      ]),
    );
    const fitting = [...new Set(guesses)].filter((guess) => guess.length >= 8);

    expect(fitting.length).toBeGreaterThan(3_000);
    expect(fitting.filter((guess) => ruleOf(guess, modern) !== 'common')).toEqual([]);
  });

  it('are refused beside those of the published list, every one that a policy would else take', () => {
    const published = [...leakedPasswords()];
    const fitting = (min: number, max: number) =>
      published.filter((one) => one.length >= min && one.length <= max);
    const reasons = (taken: readonly string[], policy: typeof modern) =>
      new Set(taken.map((one) => ruleOf(one, policy)));
    const refusals = ['common', 'leaked', 'repeats'];

    expect(fitting(8, 128).length).toBeGreaterThan(3_000);
    expect([...reasons(fitting(8, 128), modern)].sort()).toEqual(refusals);
    expect([...reasons(fitting(10, 15), legacy)].sort()).toEqual(refusals);
  });

  it('are refused as leaked whatever their capitals, with figures and signs around them', () => {
    for (const password of ['Corvette', 'swordfish', 'sojdlg123aljg', 'TERMINATOR!2026']) {
      expect([password, ruleOf(password, modern)]).toEqual([password, 'leaked']);
    }
    for (const password of ['corvettx', 'swordvish', 'sojdlg124aljg', 'terminator op het dak']) {
      expect([password, ruleOf(password, modern)]).toEqual([password, undefined]);
    }
  });

  it('are none of those that a generator makes', () => {
    const made = Array.from({ length: 2_000 }, (_, index) =>
      createHash('sha256').update(String(index)).digest('base64url').slice(0, 12),
    );

    expect(made.filter((password) => ruleOf(password, modern) !== undefined)).toEqual([]);
  });

  it.each([
    ['qwertyuiop12', 'common'],
    ['1qaz2wsx3edc', 'common'],
    ['P@ssw0rd2026', 'common'],
    ['zaterdag-zondag', 'common'],
    ['19840512 1984', 'common'],
    ['aaaaaaaaaaaa', 'repeats'],
    ['abababababab', 'repeats'],
    ['abcdefghijkl', 'repeats'],
    ['9876543210', 'repeats'],
  ])('%s is refused as %s', (password, rule) => {
    expect(ruleOf(password, modern)).toBe(rule);
  });

  it('include the names of the person and the enterprise with little added', () => {
    const context = ['anke1984', 'Anke', 'Peeters', 'Molen De Vries NV'];

    for (const password of [
      'peeters2026',
      'AnkePeeters1',
      'molendevries!',
      'sluis-sluis-1',
      'peeterswelkom1',
    ]) {
      expect([password, ruleOf(password, modern, context)]).toEqual([password, 'context']);
    }
    expect(ruleOf('Peeters telt zeven eenden', modern, context)).toBeUndefined();
  });

  it('are those of the operator’s own list as well, whole and whatever their capitals', () => {
    const refused = readRefusedPasswords('Zeven eenden\r\n\nkoekoeksklok-88\n');
    const o = { policy: modern, context: [], alone: false, refused };

    expect(passwordFault('zeven EENDEN', o)).toEqual({ rule: 'leaked' });
    expect(passwordFault('koekoeksklok-88', o)).toEqual({ rule: 'leaked' });
    expect(passwordFault('zeven eenden zwemmen', o)).toBeUndefined();
    expect(refused.size).toBe(2);
  });

  it('leave a phrase alone that merely contains such a word', () => {
    for (const phrase of ['mijn wachtwoord is een rivier', 'vorige zomer 12 kruiken vol']) {
      expect([phrase, ruleOf(phrase, modern)]).toEqual([phrase, undefined]);
    }
  });
});

describe('the rules of a policy', () => {
  it.each(languages)('are told in %s where a password is entered (ACC-49)', (language) => {
    expect(describePolicy(legacy, language).join(' ')).toContain(legacy.specials);
    expect(describePolicy(modern, language).join(' ')).toMatch(/8.*128.*15/);
    expect(describePolicy(legacy, language).join(' ')).not.toMatch(/\{\w/);
  });
});

describe('the hash of a password', () => {
  it('is keyed: without the pepper nothing matches', async () => {
    const one = argon2Hash().peppered(Buffer.alloc(32, 1));
    const other = argon2Hash().peppered(Buffer.alloc(32, 2));
    const phc = await one.make(goodPassword);

    expect(phc).toMatch(/^\$argon2id\$/);
    expect(await one.matches(phc, goodPassword)).toBe(true);
    expect(await other.matches(phc, goodPassword)).toBe(false);
    expect(one.outdated(phc)).toBe(false);
    expect(one.outdated('$argon2id$v=19$m=12288,t=3,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2g')).toBe(true);
  });
});

describe('a password', () => {
  let house: SignInHouse;
  beforeAll(async () => {
    house = await signInHouse();
  });
  afterEach(() => {
    house.letters.length = 0;
    house.audit.length = 0;
    house.refused.clear();
  });
  afterAll(() => house.close());

  const codeIn = (): string => house.letters.find(({ data }) => 'code' in data)?.data['code'] ?? '';
  const manager = { name: 'manager', role: 'AM', source: 'test', language: 'nl' } as const;

  it('is chosen at first login, which a code from a letter opens, once (ACC-52)', async () => {
    const { id, username } = await house.person({ password: null });
    await house.passwords.issueInitial(manager, id);
    const code = codeIn();

    const keys = await house.login(username, code.toLowerCase().replaceAll('-', ' '));
    expect(keys.stage).toBe('password-change');
    const again = await house.signIn.byPassword({ username, password: code, source });
    expect(again).toEqual({ outcome: 'refused' });
    const session = await house.at(keys);
    await expect(house.factors.begin(session, {})).rejects.toMatchObject({ code: 'signin.stage' });
    await expect(house.passwords.choose(session, 'welkom2026')).rejects.toMatchObject({
      ...{ code: 'password.refused', facts: { rule: 'too-short', fact: 15 } },
    });
    const chosen = await house.passwords.choose(session, goodPassword);
    const open = await house.signIn.advance(await house.at(chosen));

    expect(open.stage).toBe('open');
    expect((await house.login(username, goodPassword)).stage).toBe('open');
    expect(house.letters[0]).toMatchObject({ template: 'initial-code', secret: true });
    const rows: unknown = await house.database.knex('one_time_code').where({ person_id: id });
    expect(JSON.stringify(house.audit)).not.toContain(code);
    expect(rows).toMatchObject([{ purpose: 'initial' }]);
  });

  it('cannot be chosen with a code older than 72 hours', async () => {
    const { id, username } = await house.person({ password: null });
    await house.passwords.issueInitial(manager, id);
    house.clock.pass(72 * spans.hour);

    const outcome = await house.signIn.byPassword({ username, password: codeIn(), source });

    expect(outcome).toEqual({ outcome: 'refused' });
  });

  it('is reset by a code; nobody else ever chooses one (ACC-34)', async () => {
    const { id, username } = await house.person();
    const before = await house.login(username, goodPassword);

    await house.passwords.reset(manager, id);

    expect(await house.sessions.open(before.token, { source })).toBeUndefined();
    const old = await house.signIn.byPassword({ username, password: goodPassword, source });
    expect(old).toEqual({ outcome: 'refused' });
    const keys = await house.login(username, codeIn());
    await expect(house.passwords.choose(await house.at(keys), goodPassword)).rejects.toMatchObject({
      code: 'password.refused',
      facts: { rule: 'same-as-before' },
    });
  });

  it('is not reset by whom the matrix refuses', async () => {
    const { id, username } = await house.person();
    house.refused.add('password.reset');

    await expect(house.passwords.reset(manager, id)).rejects.toMatchObject({
      code: 'access.denied',
    });

    expect((await house.login(username, goodPassword)).stage).toBe('open');
    expect(house.letters).toEqual([]);
  });

  it('is changed by its person, who is told; other sessions end (ACC-50)', async () => {
    const { username } = await house.person();
    const elsewhere = await house.login(username, goodPassword);
    const mine = await house.login(username, goodPassword);
    const password = 'zeven eenden op het kanaal';

    await expect(
      house.passwords.change(await house.at(mine), { current: 'not it', password }),
    ).rejects.toMatchObject({ code: 'identity.refused' });
    const keys = await house.passwords.change(await house.at(mine), {
      ...{ current: goodPassword, password },
    });

    expect(await house.sessions.open(elsewhere.token, { source })).toBeUndefined();
    expect((await house.at(keys)).stage).toBe('open');
    expect(house.letters.map(({ template }) => template)).toContain('password-changed');
    expect((await house.login(username, password)).stage).toBe('open');
  });

  it('says in the language of the session which rule it breaks', async () => {
    const { username } = await house.person({ language: 'de' });
    const session = await house.at(await house.login(username, goodPassword));

    await expect(
      house.passwords.change(session, { current: goodPassword, password: 'kurz' }),
    ).rejects.toMatchObject({ facts: { says: expect.stringContaining('Zeichen') } });
  });

  it('is verified whole: a sixteenth character counts', async () => {
    const { username } = await house.person({ password: 'kZ7mq9wTbR4xvH8p' });

    const outcome = await house.signIn.byPassword({
      ...{ username, password: 'kZ7mq9wTbR4xvH8', source: '198.51.100.77' },
    });

    expect(outcome).toEqual({ outcome: 'refused' });
  });
});
