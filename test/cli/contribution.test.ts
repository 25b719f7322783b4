import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { commandLine } from '../make/command-line.ts';
import { aContributor, workedCases } from '../make/contribution.ts';

const shell = commandLine();
const casesFile = join(import.meta.dirname, '../cases/contribution-cases.json');

afterAll(() => {
  shell.close();
});

describe('sluis contribution', () => {
  it('assesses the whole document of worked cases, trace included, without a database', async () => {
    const results = await shell.json('contribution', 'assess', casesFile);

    expect(results).toEqual(workedCases.cases.map(({ expected }) => expected));
  });

  it('assesses a bare list of inputs', async () => {
    const inputs = workedCases.cases.slice(0, 3);
    const file = shell.write('inputs.json', JSON.stringify(inputs.map(({ input }) => input)));

    const results = await shell.json('contribution', 'assess', file);

    expect(results).toEqual(inputs.map(({ expected }) => expected));
  });

  const alternatives = workedCases.cases.flatMap(({ id, input, alternatives: others = [] }) =>
    others.map((one) => [id, one.policyName, { input, ...one }] as const),
  );

  it.each(alternatives)('takes policies from the command line: %s, %s', async (id, _name, one) => {
    const file = shell.write(`${id}.json`, JSON.stringify([one.input]));
    const policies = Object.entries(one.policy).flatMap(([key, value]) => [
      ...['--policy', `${key}=${String(value)}`],
    ]);

    const results = await shell.json('contribution', 'assess', file, ...policies);

    expect(results).toMatchObject([one.expected]);
  });

  it('prints the list of results without being asked for JSON', async () => {
    const [one] = workedCases.cases;
    const file = shell.write('list.json', JSON.stringify([one?.input]));

    const { out } = await shell.sluis('contribution', 'assess', file);

    expect(JSON.parse(out)).toEqual([one?.expected]);
  });

  it('shows people every step when they ask for text', async () => {
    const file = shell.write('one.json', JSON.stringify([aContributor({ year: 2024 })]));

    const { exit, out } = await shell.sluis('contribution', 'assess', file, '--text');

    expect(exit).toBe(0);
    expect(out).toMatch(/^1\. LIABLE [\d.]+ EUR\n/);
    expect(out).toMatch(/^ {3}R08 +3 x [\d.]+: [\d.]+$/m);
  });

  it.each([
    ['no JSON', '{', 2, 'cli.unreadable'],
    ['no list', '{"year":2024}', 2, 'cli.unreadable'],
    ['a wrong input', '[{"year":2024}]', 1, 'computation.invalid-input'],
    [
      'a year without figures',
      JSON.stringify([aContributor({ year: 2024 }), aContributor({ year: 1999 })]),
      ...([1, 'computation.no-parameters'] as const),
    ],
  ])('refuses %s', async (_what, content, expected, code) => {
    const file = shell.write('wrong.json', content);

    const { exit, out, err } = await shell.sluis('contribution', 'assess', file, '--json');

    expect({ exit, out }).toEqual({ exit: expected, out: '' });
    expect(err).toContain(code);
  });

  it('names the policy nobody knows', async () => {
    const words = ['contribution', 'assess', casesFile, '--policy', 'levybase=excess'];

    const { exit, err } = await shell.sluis(...words);

    expect(exit).toBe(1);
    expect(err).toContain('policy.levybase');
  });
});

describe('sluis parameters', () => {
  it('lists the figures of a year with their sources', async () => {
    const figures = (await shell.json('parameters', 'list', '2024')) as Record<string, unknown>[];

    expect(figures.map(({ name, value }) => [name, value])).toEqual(
      expect.arrayContaining([
        ['costPerEntity', workedCases.parameters['2024']?.['costPerEntity']],
      ]),
    );
    expect(figures.every(({ source }) => typeof source === 'string' && source !== '')).toBe(true);
  });

  it('checks that the shipped figures are plausible', async () => {
    const { exit, out } = await shell.sluis('parameters', 'check');

    expect(exit).toBe(0);
    expect(out).toMatch(/^complete: .*2024/);
  });

  it('has no figures for a year nobody published', async () => {
    const { exit, err } = await shell.sluis('parameters', 'list', '1999');

    expect(exit).toBe(1);
    expect(err).toContain('computation.no-parameters');
  });
});
