import { describe, expect, it } from '@jest/globals';
import { argon2Hash, passwordProblem, readRefusedPasswords } from '../../src/identity/index.ts';
import { turns } from '../../src/identity/password-hash.ts';

describe('passwords', () => {
  it.each(['correct horse', 'aB3$xY9!kq', 'école élémentaire', 'x'.repeat(64) + 'y'.repeat(64)])(
    'allows %s',
    (password) => {
      expect(passwordProblem(password, ['secretariat1', '123456'])).toBeUndefined();
    },
  );

  it.each([
    ['nine characters', 'aB3$xY9!k', 'at least 10'],
    ['129 characters', 'xy1'.repeat(43), 'at most 128'],
    ['a tab', 'aB3$\txY9!kq', 'control'],
    ['a common one, whatever its case', 'PassWord123', 'commonest'],
    ['one letter repeated', 'aaaaaaaaaaaa', 'repeats'],
    ['a pair repeated', 'ababababab', 'repeats'],
    ['counting', '23456789012', 'counts'],
    ['counting down', 'mlkjihgfedc', 'counts'],
    ['the user name with digits', 'secretariat1-2026', 'name of the account'],
    ['the sender number between signs', '!!123456!!', 'name of the account'],
    ['the name of the enterprise', 'Example Works 1!', 'name of the account'],
  ])('refuses %s', (_what, password, why) => {
    expect(passwordProblem(password, ['secretariat1', '123456', 'Example Works'])).toContain(why);
  });

  it('counts characters, not bytes or surrogates', () => {
    expect(passwordProblem('🔑🔒🗝🛡⚿🔏🔐🧷')).toContain('at least 10');
  });
});

describe('password hashes', () => {
  it('are argon2id of at least the recommended cost and verify only the whole password', async () => {
    const hash = argon2Hash();

    const phc = await hash.make('correct horse battery');

    expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hash.matches(phc, 'correct horse battery')).toBe(true);
    expect(await hash.matches(phc, 'correct horse batter')).toBe(false);
  });
});

describe('turns', () => {
  it('lets no more work run at once than allowed, in the order it came', async () => {
    const turn = turns({ concurrency: 2, waitingMax: 10 });
    const seen: number[] = [];
    let running = 0;
    let most = 0;

    const works = Array.from({ length: 6 }, (_, index) =>
      turn(async () => {
        running += 1;
        most = Math.max(most, running);
        seen.push(index);
        await Promise.resolve();
        running -= 1;
      }),
    );
    await Promise.all(works);

    expect(most).toBe(2);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('turns callers away beyond the waiting room, and goes on after work that failed', async () => {
    const turn = turns({ concurrency: 1, waitingMax: 1 });
    let finish = (): void => undefined;
    const first = turn(() => new Promise<void>((resolve) => (finish = resolve)));
    const second = turn(() => Promise.reject(new Error('second')));

    await expect(turn(() => Promise.resolve())).rejects.toMatchObject({ code: 'identity.busy' });
    finish();
    await first;
    await expect(second).rejects.toThrow('second');
    await expect(turn(() => Promise.resolve('third'))).resolves.toBe('third');
  });
});

describe('a technical user’s password', () => {
  it.each(['Welkom-2026!', 'p@ssw0rd2026', 'azertyuiop12', 'liverpool1984', '19840512 1984'])(
    'is refused like a person’s: %s',
    (password) => {
      expect(passwordProblem(password)).toContain('commonest');
    },
  );

  it("is refused when it stands on the operator's own list", () => {
    const refused = readRefusedPasswords('koekoeksklok-88\n');

    expect(passwordProblem('Koekoeksklok-88', [], refused)).toContain('leaked');
    expect(passwordProblem('koekoeksklok-89', [], refused)).toBeUndefined();
  });
});

describe('leaked passwords', () => {
  it.each(['manchester', 'Terminator', 'hd764nw5d7e1vb1', 'corvette1984', '!!fktrcfylhjdbx'])(
    'are refused: %s',
    (password) => {
      expect(passwordProblem(password)).toContain('leaked');
    },
  );

  it.each(['manchestre', 'terminatrix', 'hd764nw5d7e1vb2x', 'corvettekanaal', 'fktrcfylhjdbxq'])(
    'leave their neighbours alone: %s',
    (password) => {
      expect(passwordProblem(password)).toBeUndefined();
    },
  );
});

describe('a list of refused passwords', () => {
  it('is taken up to a million lines', () => {
    const lines = Array.from({ length: 1_000_001 }, (_, index) => `p${index}`).join('\n');

    expect(() => readRefusedPasswords(lines)).toThrow(
      expect.objectContaining({ code: 'settings.invalid' }),
    );
  });
});
