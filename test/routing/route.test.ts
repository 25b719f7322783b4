import { describe, expect, it } from '@jest/globals';
import { route } from '../../src/routing/index.ts';
import type {
  Decision,
  Known,
  RoutableDeclaration,
  RoutingContext,
  RoutingRule,
} from '../../src/routing/index.ts';
import {
  aContext,
  aDeclaration,
  bakery,
  brewery,
  kbo,
  known,
  quarter,
  secretariat,
} from '../make/routing.ts';

function decide(
  declaration: RoutableDeclaration,
  facts: Known,
  context: RoutingContext = aContext(),
): Decision {
  const [decision] = route([declaration], context, facts);
  if (decision === undefined) throw new Error('no decision was made');
  return decision;
}

function codesOf({ findings }: Decision): string[] {
  return findings.map(({ zone, code, anomalyClass }) => `${zone}-${code} ${anomalyClass}`);
}

const active = known({ mandates: { [`${bakery}/20261`]: 'active' } });
const inQuestion = { from: quarter('2026Q1') };

describe('routing: mandates', () => {
  it('refuses only the declarations whose employer gave the sender no mandate', () => {
    const mine = aDeclaration({ number: 1 });
    const strange = aDeclaration({ number: 2, employers: [kbo(brewery)] });

    const decisions = route([mine, strange], aContext(), active);

    expect(decisions.map((one) => [one.number, one.rule, ...codesOf(one)])).toEqual([
      [1, 'mandatary-default'],
      [2, 'no-mandate', '00014-101 B'],
    ]);
    expect(decisions[1]).not.toHaveProperty('recipient');
    expect(decisions[1]?.employer).toBe(brewery);
  });

  it('never reads a rule for an enterprise the sender may not speak for', () => {
    const unreadable = (): never => {
      throw new Error('a rule was read');
    };
    const facts = { ...known(), rules: { curatorOf: unreadable, find: unreadable } };

    expect(decide(aDeclaration(), facts).rule).toBe('no-mandate');
  });

  it('tells a mandate that ended from one that never was', () => {
    const facts = known({ mandates: { [`${bakery}/20261`]: 'ended' } });

    const decision = decide(aDeclaration(), facts);

    expect([decision.rule, ...codesOf(decision)]).toEqual(['mandate-ended', '00014-155 B']);
    expect(decision.explanation).toBe(
      `The mandate of ${bakery} to ${secretariat} for ZIMA ended before 2026Q1.`,
    );
  });

  it('needs no mandate of the sender itself', () => {
    const own = aDeclaration({ employers: [kbo(secretariat)] });

    expect(decide(own, known()).findings).toEqual([]);
  });

  it('asks for the quarter declared, and for that of reception when none is', () => {
    const facts = known({ mandates: { [`${bakery}/20253`]: 'active' } });

    expect(decide(aDeclaration({ quarter: 20253 }), facts).findings).toEqual([]);
    expect(decide(aDeclaration(), facts).rule).toBe('no-mandate');
  });

  it('wants every employer of a declaration covered', () => {
    const both = aDeclaration({ employers: [kbo(bakery), kbo(brewery)] });

    const decision = decide(both, active);

    expect(codesOf(decision)).toEqual(['00014-101 B']);
    expect(decision.findings[0]?.value).toBe(brewery);
    expect(decision.employer).toBe(bakery);
  });

  it('caps the findings of one declaration at a hundred', () => {
    const employers = Array.from({ length: 500 }, () => kbo('123'));

    expect(decide(aDeclaration({ employers }), active).findings.length).toBe(100);
  });
});

describe('routing: employers', () => {
  it.each([
    ['without its leading zero', bakery.replace(/^0/, '')],
    ['with points', `${bakery.slice(0, 4)}.${bakery.slice(4, 7)}.${bakery.slice(7)}`],
  ])('knows an enterprise number %s', (_how, number) => {
    const decision = decide(aDeclaration({ employers: [kbo(number)] }), active);

    expect([decision.employer, decision.findings]).toEqual([bakery, []]);
  });

  it('turns to the NSSO number when the enterprise number is 0', () => {
    const facts = known({
      enterprises: { 'NSSO/000100006': bakery },
      mandates: { [`${bakery}/20261`]: 'active' },
    });
    const employers = [kbo('0'), { kind: 'NSSO', number: '100006' } as const];

    const decision = decide(aDeclaration({ employers }), facts);

    expect([decision.employer, decision.findings]).toEqual([bakery, []]);
  });

  it.each([
    ['no employer', [], '00014-230 B', 'no-employer'],
    ['nothing but zeros', [kbo('0000000000')], '00014-230 B', 'no-employer'],
    ['wrong check digits', [kbo('0206731646')], '00014-230 B', 'unknown-employer'],
    [
      'an NSSO number nobody has',
      [{ kind: 'NSSO', number: '100006' } as const],
      '00011-230 B',
      'unknown-employer',
    ],
    ['a local number', [{ kind: 'PPL', number: '12' } as const], '00011-230 B', 'unknown-employer'],
  ])('cannot make out an employer from %s', (_what, employers, code, rule) => {
    const decision = decide(aDeclaration({ employers }), active);

    expect([...codesOf(decision), decision.rule]).toEqual([code, rule]);
    expect(decision.employer).toBeUndefined();
  });

  it('truncates a foreign value', () => {
    const decision = decide(aDeclaration({ employers: [kbo('9'.repeat(1000))] }), active);

    expect(decision.findings[0]?.value?.length).toBe(250);
  });
});

describe('routing: recipients', () => {
  const scenario = 'ZIMA001';
  const forScenario: RoutingRule = {
    ...{ enterprise: bakery, messageType: 'ZIMA', scenario, ...inQuestion },
    ...{ recipient: brewery, channel: 'ebox' },
  };
  const forType: RoutingRule = {
    ...{ enterprise: bakery, messageType: 'ZIMA', ...inQuestion },
    ...{ recipient: bakery, channel: 'amqp' },
  };
  const chosen: RoutingRule = {
    ...{ enterprise: bakery, recipient: bakery, channel: 'sftp', ...inQuestion },
  };
  const curated = { enterprise: bakery, curator: brewery, ...inQuestion };
  const mandates = { [`${bakery}/20261`]: 'active' } as const;
  const declaration = aDeclaration({ scenario });

  it.each([
    ['curatorship', { curatorships: [curated], rules: [forScenario, forType] }, brewery, 'paper'],
    ['rule-for-scenario', { rules: [forType, forScenario, chosen] }, brewery, 'ebox'],
    ['rule-for-type', { rules: [forType, chosen] }, bakery, 'amqp'],
    ['mandatary-default', { rules: [chosen] }, secretariat, 'sftp'],
  ])('decides by %s before anything less particular', (rule, facts, recipient, channel) => {
    const decision = decide(declaration, known({ mandates, ...facts }));

    expect(decision).toMatchObject({ rule, recipient, channel, findings: [] });
    expect(decision.explanation).toMatch(/^[^.]+\.$/);
  });

  it('does not apply the rule of another scenario', () => {
    const facts = known({ mandates, rules: [forScenario] });

    expect(decide(aDeclaration({ scenario: 'ZIMA002' }), facts).rule).toBe('mandatary-default');
  });

  it('gives the mandatary its answer over the channel it chose', () => {
    const own: RoutingRule = {
      ...chosen,
      enterprise: secretariat,
      recipient: secretariat,
      channel: 'amqp',
    };

    const decision = decide(declaration, known({ mandates, rules: [own] }));

    expect(decision).toMatchObject({ rule: 'mandatary-default', channel: 'amqp' });
  });

  it.each([
    ['ZIMA001', 'ebox'],
    ['ZIMA006', 'ebox'],
    ['ZIMA002', 'paper'],
    ['WECH001', 'paper'],
    [undefined, 'paper'],
  ])('answers an employer that chose nothing, on %s, by %s', (root, channel) => {
    const own = aDeclaration(root === undefined ? {} : { scenario: root });

    const decision = decide(own, known(), aContext({ sender: bakery }));

    expect(decision).toMatchObject({ rule: 'employer-default', recipient: bakery, channel });
  });

  it('answers an employer that chose a channel by that one', () => {
    const decision = decide(declaration, known({ rules: [chosen] }), aContext({ sender: bakery }));

    expect(decision).toMatchObject({
      rule: 'employer-default',
      recipient: bakery,
      channel: 'sftp',
    });
  });

  it('lets the rule that began later count', () => {
    const later: RoutingRule = { ...forType, from: quarter('2026Q2'), channel: 'paper' };

    for (const rules of [
      [later, forType],
      [forType, later],
    ]) {
      expect(decide(declaration, known({ mandates, rules })).channel).toBe('paper');
    }
  });

  it('sends everything that is no social risk to the authority, whatever the rules', () => {
    const facts = known({ mandates, rules: [forType], curatorships: [curated] });

    const decision = decide(declaration, facts, aContext({ socialRisk: false }));

    expect(decision).toMatchObject({
      ...{ rule: 'not-routed', recipient: 'authority', channel: 'authority' },
    });
  });
});
