import { describe, expect, it } from '@jest/globals';
import { assess, assessmentToJson } from '../../src/computation/index.ts';
import { aContributor } from '../make/contribution.ts';
import { shippedParameters } from '../make/parameters.ts';

const parameters = await shippedParameters();

type Changes = Parameters<typeof aContributor>[0];

function assessed(changes: Changes): ReturnType<typeof assessmentToJson> {
  return assessmentToJson(assess(aContributor(changes), { parameters }));
}

describe('computation: whoever had no activity registered in the year before', () => {
  it('owes nothing when all were closed earlier and nothing was sold', () => {
    const { status, total, trace } = assessed({ activities: [], turnover: '0.00' });

    expect([status, total]).toEqual(['NOT_LIABLE', '0.00']);
    expect(trace).toMatchObject([{ rule: 'R01', text: expect.stringMatching(/year before/) }]);
  });

  it('owes nine entities when he went on selling', () => {
    const { status, entities, trace } = assessed({ activities: [], turnover: '0.01' });

    expect([status, entities]).toEqual(['LIABLE', 9]);
    expect(trace[0]).toMatchObject({ rule: 'R02', text: expect.stringMatching(/year before/) });
  });

  it('owes nine entities when a total turnover alone is declared', () => {
    const nothingLeviable = aContributor({ activities: [], turnover: '0.00' });
    const declaration = { leviableTurnover: '0.00', totalDeviceTurnover: '12.00' };

    const { entities, levy } = assess({ ...nothingLeviable, declaration }, { parameters });

    expect([entities, levy]).toEqual([9, 0n]);
  });

  it('owes nine entities without a turnover when nothing was ever registered', () => {
    const { status, entities } = assessed({
      ...{ activities: [], registered: false, turnover: '0.00' },
    });

    expect([status, entities]).toEqual(['LIABLE', 9]);
  });
});
