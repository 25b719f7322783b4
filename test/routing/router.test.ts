import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keysOf, openIdentity } from '../../src/identity/index.ts';
import type { Enterprises } from '../../src/identity/index.ts';
import { knownFrom, openMandates, openRouter, route } from '../../src/routing/index.ts';
import type {
  Decision,
  MandateBook,
  RoutableDeclaration,
  Router,
  RoutingContext,
} from '../../src/routing/index.ts';
import { mandateStore, registrationStore, routingRuleStore } from '../../src/storage/index.ts';
import { enterpriseNumberOf, formatQuarter } from '../../src/vocabulary/index.ts';
import { testDatabase } from '../make/database.ts';
import { countingHash } from '../make/registration.ts';
import { testSigning } from '../make/signing.ts';
import type { TestDatabase } from '../make/database.ts';
import {
  aContext,
  aDeclaration,
  bakery,
  brewery,
  kbo,
  quarter,
  secretariat,
} from '../make/routing.ts';

const clock = { now: () => new Date('2026-02-01T10:00:00Z') };
const events: { code: string; facts?: Readonly<Record<string, unknown>> }[] = [];
const journal = {
  record: (event: (typeof events)[number]) => {
    events.push(event);
    return Promise.resolve();
  },
};
const by = 'tester';

let database: TestDatabase;
let enterprises: Enterprises;
let mandates: MandateBook;
let router: Router;
const queries: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  const { knex } = database;
  const hash = countingHash();
  const store = registrationStore(knex);
  ({ enterprises } = openIdentity({
    ...{ store, clock, journal, hash, keys: keysOf(Buffer.alloc(32)) },
    signing: testSigning(knex),
  }));
  mandates = openMandates({ store: mandateStore(knex), clock, journal, enterprises });
  router = openRouter({ directory: enterprises, mandates, rules: routingRuleStore(knex) });
  await enterprises.register({ number: secretariat, name: 'Secretariat', by });
  await enterprises.register({ number: brewery, name: 'Brewery', nsso: '100006', by });
  knex.on('query', ({ sql }: { sql: string }) => queries.push(sql));
});

afterAll(() => database.drop());

/** Looks up and decides, as a chunk is. */
async function decide(
  by: Router,
  declarations: readonly RoutableDeclaration[],
  context: RoutingContext,
): Promise<readonly Decision[]> {
  return route(declarations, context, knownFrom(await by.lookUp(declarations, context)));
}

const object = 'ZIMA';

async function* text(...pieces: string[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
}

const header = 'mandator,mandatary,object,from,to\n';

describe('mandates: one by one', () => {
  it('registers a mandate once, with a mandator nobody knew', async () => {
    const wish = { mandator: bakery, mandatary: secretariat, object, from: '2025Q3', by };

    const first = await mandates.add(wish);
    const again = await mandates.add(wish);

    expect([first.outcome, again.outcome]).toEqual(['added', 'already']);
    expect(await enterprises.find(bakery)).toMatchObject({ number: bakery });
    expect(events.filter(({ code }) => code === 'routing.mandate-added').length).toBe(1);
  });

  it('has one mandatary at a time for an object', async () => {
    const wish = { mandator: bakery, mandatary: brewery, object, from: '2026Q1', by };

    await expect(mandates.add(wish)).rejects.toMatchObject({
      code: 'registration.exists',
      facts: { why: expect.stringContaining(secretariat) as unknown },
    });
    expect((await mandates.add({ ...wish, object: 'WECH' })).outcome).toBe('added');
  });

  it('lets writers at the same moment add only one of two that overlap', async () => {
    const mandator = enterpriseNumberOf(5_000_001);
    const wishes = [secretariat, brewery].map((mandatary) =>
      mandates.add({ mandator, mandatary, object, from: '2026Q1', by }),
    );

    const outcomes = (await Promise.allSettled(wishes)).map(({ status }) => status).sort();

    expect(outcomes).toEqual(['fulfilled', 'rejected']);
  });

  it('hands over at the boundary of a quarter, and keeps the history', async () => {
    const mandator = enterpriseNumberOf(5_000_002);
    const from = '2025Q1';
    await mandates.add({ mandator, mandatary: secretariat, object, from, by });

    await mandates.end({ mandator, mandatary: secretariat, object, to: '2025Q4', by });
    await mandates.add({ mandator, mandatary: brewery, object, from: '2026Q1', by });

    const history = await mandates.list({ mandator, max: 10 });
    expect(history.map((one) => [one.mandatary, formatQuarter(one.from), one.to])).toEqual([
      [secretariat, '2025Q1', 20254],
      [brewery, '2026Q1', undefined],
    ]);
  });

  it('does not reopen what was ended, nor end what does not run', async () => {
    const mandator = enterpriseNumberOf(5_000_003);
    const parties = { mandator, mandatary: secretariat, object, by };
    await mandates.add({ ...parties, from: '2025Q1' });
    await mandates.end({ ...parties, to: '2025Q4' });

    await expect(mandates.add({ ...parties, from: '2025Q1' })).rejects.toMatchObject({
      code: 'registration.exists',
    });
    await expect(mandates.end({ ...parties, to: '2026Q1' })).rejects.toMatchObject({
      code: 'registration.unknown',
    });
    await expect(mandates.end({ ...parties, to: '2024Q4' })).rejects.toMatchObject({
      code: 'registration.unknown',
    });
  });

  it.each([
    ['mandator', { mandator: '0206731646' }],
    ['mandatary', { mandatary: '1' }],
    ['mandatary', { mandatary: bakery }],
    ['object', { object: 'medc; drop' }],
    ['from', { from: '2026Q5' }],
    ['to', { to: '2025Q4' }],
  ])('refuses a wrong %s: %j', async (what, wrong) => {
    const wish = { mandator: bakery, mandatary: secretariat, object: 'X', from: '2026Q1', by };

    await expect(mandates.add({ ...wish, ...wrong })).rejects.toMatchObject({
      code: 'registration.invalid',
      facts: { what },
    });
  });

  it('refuses a mandatary that is not registered', async () => {
    const mandatary = enterpriseNumberOf(7_000_000);
    const wish = { mandator: bakery, mandatary, object: 'X', from: '2026Q1', by };

    await expect(mandates.add(wish)).rejects.toMatchObject({ code: 'registration.unknown' });
  });

  it('lists page by page', async () => {
    const [first] = await mandates.list({ mandatary: secretariat, max: 1 });
    const rest = await mandates.list({
      ...{ mandatary: secretariat, max: 100 },
      ...(first === undefined ? {} : { after: first.key }),
    });

    const all = await mandates.list({ mandatary: secretariat, max: 100 });
    expect([first?.key, ...rest.map(({ key }) => key)]).toEqual(all.map(({ key }) => key));
    expect(all.length).toBeGreaterThan(2);
  });
});

describe('mandates: lists', () => {
  it('adds what can be added and tells every other line with its reason', async () => {
    const one = enterpriseNumberOf(6_000_001);
    const two = enterpriseNumberOf(6_000_002);
    const list = [
      `\uFEFF${header}`,
      `${one},${secretariat},MEDC,2026Q1,\r\n`,
      `"${two.replace(/^0/, '')}",${secretariat},"MEDC",20261,2026Q4\n`,
      `\n`,
      `0206731646,${secretariat},MEDC,2026Q1,\n`,
      `${one},${brewery},MEDC,2027Q1,\n`,
      `${one},${secretariat},MEDC,2026Q1,\n`,
      `${two},${enterpriseNumberOf(7_000_000)},DMFA,2026Q1,\n`,
      `${two},${secretariat},MEDC,2026Q1,,\n`,
      `${two},"${secretariat},MEDC,2026Q1,\n`,
      `${'9'.repeat(5000)}\n`,
      `${two},${secretariat},DMFA,2026Q1`,
    ].join('');
    // Cut where it hurts: bytes arrive without regard for lines.
    const pieces = list.match(/[^]{1,7}/gu) ?? [];

    const result = await mandates.importCsv(text(...pieces), { by });

    expect(result).toMatchObject({ added: 3, already: 1, refusedTotal: 6 });
    expect(result.refused.map(({ line, reason }) => [line, reason.slice(0, 30)])).toEqual([
      [5, 'mandator: an enterprise number'],
      [6, `a mandate to ${secretariat} for MEDC`.slice(0, 30)],
      [8, 'mandatary: 0700000008 is not r'.replace('0700000008', enterpriseNumberOf(7_000_000))],
      [9, 'the line has more than five fi'],
      [10, 'the line is longer than 1000 c'],
      [11, 'the line is longer than 1000 c'],
    ]);
  });

  it('adds nothing twice when a list is given again', async () => {
    const list =
      `${header}${enterpriseNumberOf(6_000_010)};${secretariat};MEDC;2026Q1;\n`.replaceAll(
        ',',
        ';',
      );

    const first = await mandates.importCsv(text(list), { by });
    const again = await mandates.importCsv(text(list), { by });

    expect([first.added, again.added, again.already]).toEqual([1, 0, 1]);
  });

  it.each([
    ['another header', 'mandator;mandatary\n'],
    ['nothing', ''],
    ['no UTF-8', Buffer.from([0xff, 0xfe, 0x0a])],
  ])('refuses a list with %s', async (_what, content) => {
    const bytes = (async function* () {
      yield await Promise.resolve(Buffer.from(content as string));
    })();

    await expect(mandates.importCsv(bytes, { by })).rejects.toMatchObject({
      code: 'registration.invalid',
    });
  });

  it('takes 31,000 lines, and answers for 10,000 of them in one query', async () => {
    const numbers = Array.from({ length: 31_000 }, (_, at) => enterpriseNumberOf(10_000_000 + at));
    const lines = numbers.map((one) => `${one},${secretariat},DMFA,2024Q1,\n`);

    const { added } = await mandates.importCsv(text(header, ...lines), { by });

    expect(added).toBe(31_000);

    queries.length = 0;
    const asked = numbers.slice(0, 10_000);
    const pairs = asked.map((mandator) => ({ mandator, quarter: quarter('2026Q1') }));
    const covered = await mandates.covering({ mandatary: secretariat, object: 'DMFA', pairs });

    expect([covered.size, queries.length]).toEqual([10_000, 1]);
    expect(covered.has(`${asked[0] ?? ''}/20261`)).toBe(true);
  }, 300_000);

  it('bounds one look-up', async () => {
    const pairs = Array.from({ length: 10_001 }, () => ({
      ...{ mandator: bakery, quarter: quarter('2026Q1') },
    }));

    await expect(
      mandates.covering({ mandatary: secretariat, object, pairs }),
    ).rejects.toBeInstanceOf(RangeError);
  });
});

describe('router: on the database', () => {
  const ended = enterpriseNumberOf(5_100_001);
  const future = enterpriseNumberOf(5_100_002);

  beforeAll(async () => {
    const parties = { mandatary: secretariat, object, by };
    await mandates.add({ ...parties, mandator: ended, from: '2024Q1', to: '2024Q4' });
    await mandates.add({ ...parties, mandator: future, from: '2027Q1' });
    await mandates.add({ ...parties, mandator: brewery, from: '2026Q1' });
  });

  it('decides a chunk by the mandates stored, in the order given', async () => {
    const declarations = [
      aDeclaration({ number: 1 }),
      aDeclaration({ number: 2, employers: [kbo(ended)] }),
      aDeclaration({ number: 3, employers: [kbo(ended)], quarter: 20244 }),
      aDeclaration({ number: 4, employers: [kbo(future)] }),
      aDeclaration({ number: 5, employers: [{ kind: 'NSSO', number: '100006' }] }),
      aDeclaration({ number: 6, employers: [{ kind: 'NSSO', number: '100103' }] }),
      aDeclaration({ number: 7, employers: [kbo(enterpriseNumberOf(9_000_000))] }),
    ];

    const decisions = await decide(router, declarations, aContext());

    expect(decisions.map(({ number, rule }) => [number, rule])).toEqual([
      [1, 'mandatary-default'],
      [2, 'mandate-ended'],
      [3, 'mandatary-default'],
      [4, 'no-mandate'],
      [5, 'mandatary-default'],
      [6, 'unknown-employer'],
      [7, 'no-mandate'],
    ]);
    expect(decisions[4]?.employer).toBe(brewery);
  });

  it('asks each store once for a chunk, however many declarations it has', async () => {
    const declarations = Array.from({ length: 500 }, (_, at) =>
      aDeclaration({ number: at, employers: [kbo(bakery), { kind: 'NSSO', number: '100006' }] }),
    );
    queries.length = 0;

    await decide(router, declarations, aContext());

    expect(queries.map((sql) => /from "?(\w+)/.exec(sql)?.[1])).toEqual([
      ...['enterprise', 'unnest', 'routing_rule', 'curatorship'],
    ]);
  });

  it('asks for no rule of an employer that gave no mandate', async () => {
    queries.length = 0;
    const rules = {
      inForce: ({ enterprises: asked }: { enterprises: readonly string[] }) => {
        expect(asked).toEqual([secretariat]);
        return Promise.resolve({ rules: [], curatorships: [] });
      },
    };
    const asking = openRouter({ directory: enterprises, mandates, rules });

    const [decision] = await decide(
      asking,
      [aDeclaration({ employers: [kbo(future)] })],
      aContext(),
    );

    expect(decision?.rule).toBe('no-mandate');
    expect.assertions(2);
  });

  it('reads the rules in force in the quarter of reception, and no others', async () => {
    const rule = { enterprise: bakery, message_type: 'ZIMA', recipient: bakery };
    await database.knex('routing_rule').insert([
      { ...rule, from_quarter: 20241, to_quarter: 20254, channel: 'paper' },
      { ...rule, from_quarter: 20261, to_quarter: 20261, channel: 'ebox' },
      { ...rule, message_type: 'WECH', from_quarter: 20261, to_quarter: null, channel: 'sftp' },
    ]);
    await database
      .knex('curatorship')
      .insert({ enterprise: bakery, from_quarter: 20264, to_quarter: null, curator: brewery });

    const [now] = await decide(router, [aDeclaration()], aContext());
    const [later] = await decide(
      router,
      ...([[aDeclaration()], aContext({ receivedIn: quarter('2026Q4') })] as const),
    );

    expect(now).toMatchObject({ rule: 'rule-for-type', channel: 'ebox', recipient: bakery });
    expect(later).toMatchObject({ rule: 'curatorship', channel: 'paper', recipient: brewery });
  });
});
