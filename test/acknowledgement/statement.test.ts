import { describe, expect, it } from '@jest/globals';
import { statementChunks, type StatedForm } from '../../src/acknowledgement/index.ts';
import { Failure, formatEuro, ticketOf } from '../../src/vocabulary/index.ts';
import { streamOf, textOf } from '../make/notified-form.ts';
import { verdictsOn } from '../make/schema-judges.ts';
import { assessment, statedForm, statementStory } from '../make/stated-form.ts';

function render(forms: Iterable<StatedForm>): Promise<string> {
  return textOf(statementChunks(statementStory(), streamOf(forms)));
}

function valid(xml: string): void {
  const verdicts = verdictsOn(xml, { own: 'ContributionStatement_20261.xsd' });
  expect(verdicts.filter((verdict) => verdict !== '')).toEqual([]);
}

function totalsOf(xml: string): string {
  return xml.slice(xml.indexOf(' <Totals>'));
}

describe('statement', () => {
  it('shows an assessment with its steps, in the order taken', async () => {
    const xml = await render([statedForm()]);

    expect(xml).toContain(
      [
        '  <HandledReference>',
        '   <ReferenceType>1</ReferenceType>',
        '   <ReferenceOrigin>2</ReferenceOrigin>',
        `   <ReferenceNbr>${ticketOf(4711, 1)}</ReferenceNbr>`,
        '  </HandledReference>',
        '  <CompanyID>0206731645</CompanyID>',
        '  <ContributionYear>2025</ContributionYear>',
        '  <Provisional>1</Provisional>',
        '  <Assessment>',
        '   <Status>LIABLE</Status>',
        '   <Entities>5</Entities>',
        '   <ActivityTax>1897.40</ActivityTax>',
        '   <Levy>1434.00</Levy>',
        '   <Total>3331.40</Total>',
        '   <TraceLine>',
        '    <Rule>R03</Rule>',
        '    <Basis>annex IX</Basis>',
        '    <Text>highest class for MANUFACTURER</Text>',
        '    <Value>5</Value>',
        '   </TraceLine>',
        '   <TraceLine>',
        '    <Rule>R09</Rule>',
        '    <Text>500000.00 &lt; 48798.40</Text>',
        '    <Value>NOT_EXEMPT</Value>',
        '   </TraceLine>',
      ].join('\n'),
    );
    valid(xml);
  });

  it('is of provisional type while the rate may change, of final type afterwards', async () => {
    const xml = await render([statedForm(1), statedForm(2, { provisional: false })]);

    expect([...xml.matchAll(/^ {2}<TypeForm>(..)</gm)].map(([, type]) => type)).toEqual([
      'PA',
      'FA',
    ]);
    expect([...xml.matchAll(/<Provisional>(.)</g)].map(([, flag]) => flag)).toEqual(['1', '0']);
    valid(xml);
  });

  it('counts and sums every kind of outcome', async () => {
    const none = { entities: null, activityTax: null, levy: null, total: null };
    const nothing = { entities: 0, activityTax: '0.00', levy: '0.00', total: '0.00' };

    const xml = await render([
      statedForm(1),
      statedForm(2, { assessment: assessment({ status: 'NOT_LIABLE', ...nothing }) }),
      statedForm(3, {
        assessment: assessment({ status: 'REJECTED', reason: 'COMBINATION_NOT_ALLOWED', ...none }),
      }),
      statedForm(4, {
        assessment: assessment({
          status: 'OFFICE_ASSESSMENT',
          entities: 1,
          activityTax: '379.48',
          levy: '1434',
          total: '1813.48',
          interest: '43.5',
          fine: null,
          totalWithPenalties: '1856.98',
        }),
      }),
      statedForm(5),
    ]);

    expect(totalsOf(xml)).toBe(
      [
        ' <Totals>',
        '  <Forms>5</Forms>',
        '  <StatusCount>',
        '   <Status>LIABLE</Status>',
        '   <Forms>2</Forms>',
        '  </StatusCount>',
        '  <StatusCount>',
        '   <Status>NOT_LIABLE</Status>',
        '   <Forms>1</Forms>',
        '  </StatusCount>',
        '  <StatusCount>',
        '   <Status>OFFICE_ASSESSMENT</Status>',
        '   <Forms>1</Forms>',
        '  </StatusCount>',
        '  <StatusCount>',
        '   <Status>REJECTED</Status>',
        '   <Forms>1</Forms>',
        '  </StatusCount>',
        '  <Entities>11</Entities>',
        '  <ActivityTax>4174.28</ActivityTax>',
        '  <Levy>4302.00</Levy>',
        '  <Total>8476.28</Total>',
        '  <Interest>43.50</Interest>',
        '  <Fine>0.00</Fine>',
        '  <TotalWithPenalties>8519.78</TotalWithPenalties>',
        ' </Totals>',
        '</ContributionStatement>',
        '',
      ].join('\n'),
    );
    expect(xml).toContain('<Reason>COMBINATION_NOT_ALLOWED</Reason>');
    valid(xml);
  });

  it('sums exactly where floating point would not', async () => {
    const large = '999999999999999.99';
    const forms = Array.from({ length: 1001 }, (_, index) =>
      statedForm(index + 1, {
        assessment: assessment({ activityTax: '0.01', levy: large, total: large, trace: [] }),
      }),
    );

    const xml = await render(forms);

    expect(totalsOf(xml)).toContain('<ActivityTax>10.01</ActivityTax>');
    expect(totalsOf(xml)).toContain(`<Levy>${formatEuro(99_999_999_999_999_999n * 1001n)}</Levy>`);
    valid(xml);
  });

  it('says so when nothing was assessed', async () => {
    const xml = await render([]);

    expect(totalsOf(xml)).toContain('<Forms>0</Forms>\n  <Entities>0</Entities>');
    valid(xml);
  });

  it('carries hostile text as far as there is room', async () => {
    const hostile = '<b>&\u0007\ud800]]>';
    const trace = [
      { rule: 'R'.repeat(99), basis: hostile.repeat(99), text: hostile.repeat(99), value: hostile },
    ];

    const xml = await render([
      statedForm(1, { reference: hostile, assessment: assessment({ reason: hostile, trace }) }),
    ]);

    expect(xml).toContain('<Value>&lt;b&gt;&amp;\uFFFD\uFFFD]]&gt;</Value>');
    expect(xml).toContain(`<Rule>${'R'.repeat(20)}</Rule>`);
    valid(xml);
  });

  it.each(['12,50', '', 'NaN', '1e3', '1.234'])(
    'is not written for the amount %j',
    async (levy) => {
      const rendering = render([statedForm(1, { assessment: assessment({ levy }) })]);

      await expect(rendering).rejects.toThrow(Failure);
    },
  );

  it('streams 20,000 forms, the same characters every time', async () => {
    function* rows(): Generator<StatedForm, void, undefined> {
      for (let number = 1; number <= 20_000; number += 1) yield statedForm(number);
    }
    let longest = 0;
    let text = '';

    for await (const chunk of statementChunks(statementStory(), streamOf(rows()))) {
      longest = Math.max(longest, chunk.length);
      text += chunk;
    }

    expect(longest).toBeLessThan(80_000);
    expect(totalsOf(text)).toContain('<Total>66628000.00</Total>');
    expect(text === (await render(rows()))).toBe(true);
  });
});
