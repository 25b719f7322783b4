import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commandLine, type CommandLine } from '../make/command-line.ts';
import { eboxHouse, type EboxHouse } from '../make/ebox.ts';
import type { TestEnterprise } from '../make/people.ts';

let house: EboxHouse;
let line: CommandLine;
let firm: TestEnterprise & { readonly sender: string };
let other: TestEnterprise;
/** Of the firm: one that was read, one that was not. */
let [read, unread] = ['', ''];

beforeAll(async () => {
  house = await eboxHouse();
  line = commandLine({ databaseUrl: house.database.url });
  firm = await house.boxed();
  const elsewhere = await house.boxed('mandatary');
  other = elsewhere;
  read = await house.deliver(firm.sender, { kind: 'ACRF' });
  unread = await house.deliver(firm.sender, { kind: 'NOTI' });
  await house.deliver(elsewhere.sender, { kind: 'STAT' });
  await house.eboxes.mark(house.reader(firm), { id: read, read: true });
}, 300_000);
afterAll(async () => {
  line.close();
  await house.close();
});

const sluis = (...words: string[]): ReturnType<CommandLine['sluis']> =>
  line.sluis('ebox', ...words);
const listed = async (...words: string[]): Promise<readonly string[]> => {
  const found = await line.json('ebox', 'list', ...words);
  return (found as { readonly id: string }[]).map(({ id }) => id);
};

describe('sluis ebox', () => {
  it('lists documents by enterprise, quality, type and state', async () => {
    const own = ['--enterprise', firm.number];

    expect([...(await listed(...own))].sort()).toEqual([unread, read].sort());
    expect(await listed(...own, '--unread')).toEqual([unread]);
    expect(await listed(...own, '--type', 'receipt')).toEqual([read]);
    expect(await listed(...own, '--quality', 'mandatary')).toEqual([]);
    expect(await listed('--enterprise', other.number)).toHaveLength(1);
    expect(await listed()).toHaveLength(3);
  });

  it('lists in a table for people, and says when there is none', async () => {
    const some = await sluis('list', '--enterprise', firm.number);
    const none = await sluis('list', '--ticket', 'S000000000000');

    expect(some.out).toMatch(new RegExp(`${read} +${firm.number} +employer +receipt .* read`));
    expect(some.out).toMatch(new RegExp(`${unread} +${firm.number} .* unread`));
    expect(none.exit).toBe(0);
    expect(none.out).toContain('no document');
  });

  it('shows one without what it says', async () => {
    const { out } = await sluis('show', unread);
    const json = JSON.stringify(await line.json('ebox', 'show', unread));

    expect(out).toContain(`${unread}, unread`);
    expect(out).toMatch(/type +notification/);
    expect(out).toMatch(/files +3, \d+ bytes/);
    expect(json).not.toContain('titles');
  });

  it('shows the types with their validity and protection', async () => {
    const { out } = await sluis('types');

    expect(out).toMatch(/routed-declaration +183 +14 +2 +social-risk/);
    expect(out).toMatch(/receipt +92 +7 +1 +-/);
  });

  it.each([
    [['show', '00000000-0000-4000-8000-000000000000'], 'registration.unknown'],
    [['show', 'no such thing'], 'registration.unknown'],
    [['list', '--enterprise', '123'], 'registration.invalid'],
  ])('%j is refused with a reason', async (words, code) => {
    const { exit, err } = await sluis(...words, '--json');

    expect(exit).not.toBe(0);
    expect(err).toContain(code);
  });
});
