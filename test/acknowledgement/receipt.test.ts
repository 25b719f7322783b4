import { describe, expect, it } from '@jest/globals';
import { renderReceipt, type ReceiptStory } from '../../src/acknowledgement/index.ts';
import { Failure, ticketOf } from '../../src/vocabulary/index.ts';
import { officialSchemas, officialSchemasArePresent, verdictsOn } from '../make/schema-judges.ts';

const schemas = { own: 'ACRF_20261.xsd', official: 'ACRF_20231.xsd' };

function receiptStory(changes: Partial<ReceiptStory> = {}): ReceiptStory {
  return {
    ticket: ticketOf(4711),
    fileName: 'GO.MEDC.012345.20260115.00001.R.1',
    result: 'accepted',
    errors: [],
    at: new Date('2026-07-01T21:59:59.999Z'),
    ...changes,
  };
}

function valid(xml: string): void {
  expect(verdictsOn(xml, schemas).filter((verdict) => verdict !== '')).toEqual([]);
}

describe('receipt', () => {
  it('says that a set was accepted, in the order clients read it', () => {
    const xml = renderReceipt(receiptStory());

    expect(xml).toBe(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<ACRF xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="ACRF_20231.xsd">',
        ' <Form>',
        '  <Identification>ACRF001</Identification>',
        '  <FormCreationDate>2026-07-01</FormCreationDate>',
        '  <FormCreationHour>23:59:59.999</FormCreationHour>',
        '  <AttestationStatus>0</AttestationStatus>',
        '  <TypeForm>PA</TypeForm>',
        '  <FileReference>',
        '   <FileName>GO.MEDC.012345.20260115.00001.R.1</FileName>',
        '   <ReferenceOrigin>2</ReferenceOrigin>',
        `   <ReferenceNbr>${ticketOf(4711)}</ReferenceNbr>`,
        '  </FileReference>',
        '  <ReceptionResult>',
        '   <ResultCode>1</ResultCode>',
        '  </ReceptionResult>',
        ' </Form>',
        '</ACRF>',
        '',
      ].join('\n'),
    );
    valid(xml);
  });

  it('names the error of a refused set with the prefix of receptions', () => {
    const xml = renderReceipt(receiptStory({ result: 'refused', errors: [{ code: '129' }] }));

    expect(xml).toContain('<ResultCode>0</ResultCode>\n   <ErrorID>ACRF-129</ErrorID>\n');
    valid(xml);
  });

  it('names every error it is given once, in the order given', () => {
    const errors = ['184', '102', '184'].map((code) => ({ code }));

    const xml = renderReceipt(receiptStory({ result: 'refused', errors }));

    expect([...xml.matchAll(/<ErrorID>(.*?)<\/ErrorID>/g)].map(([, id]) => id)).toEqual([
      'ACRF-184',
      'ACRF-102',
    ]);
    valid(xml);
  });

  it('writes the legal hour of Brussels on both sides of the change of clocks', () => {
    const before = renderReceipt(receiptStory({ at: new Date('2026-10-25T00:30:00.005Z') }));
    const after = renderReceipt(receiptStory({ at: new Date('2026-10-25T01:30:00.005Z') }));
    const midnight = renderReceipt(receiptStory({ at: new Date('2025-12-31T23:00:00.000Z') }));

    expect(before).toContain('<FormCreationHour>02:30:00.005<');
    expect(after).toContain('<FormCreationHour>02:30:00.005<');
    expect(midnight).toContain('<FormCreationDate>2026-01-01<');
    expect(midnight).toContain('<FormCreationHour>00:00:00.000<');
  });

  it.each([
    ['markup', 'GO.<x>&"\'.1', 'GO.&lt;x&gt;&amp;"\'.1'],
    ['control characters', 'GO\u0000\u001b[2J', 'GO\uFFFD\uFFFD[2J'],
    ['half a surrogate pair', 'GO\ud83d', 'GO\uFFFD'],
    ['no character at all', 'GO\uFFFE\uFFFF', 'GO\uFFFD\uFFFD'],
    ['an emoji', 'GO\u{1F600}', 'GO\u{1F600}'],
    ['a carriage return', 'GO\rX', 'GO&#13;X'],
    ['the end of a CDATA section', 'GO]]>', 'GO]]&gt;'],
    ['a long name', 'G'.repeat(128), 'G'.repeat(128)],
  ])('carries a file name with %s', (_, fileName, written) => {
    const story = receiptStory({ fileName, result: 'refused', errors: [{ code: '107' }] });

    const xml = renderReceipt(story);

    expect(xml).toContain(`<FileName>${written}</FileName>`);
    valid(xml);
  });

  it.each([
    ['refused without a reason', { result: 'refused', errors: [] }],
    ['accepted with an error', { result: 'accepted', errors: [{ code: '102' }] }],
    ['refused with a code outside the annex', { result: 'refused', errors: [{ code: '12' }] }],
    ['without a file name', { fileName: '' }],
  ] as const)('is not written when the set was %s', (_, changes) => {
    const render = (): string => renderReceipt(receiptStory(changes));

    expect(render).toThrow(Failure);
    expect(render).toThrow('gateway.defect');
  });

  it('gives the same characters for the same rows', () => {
    expect(renderReceipt(receiptStory())).toBe(renderReceipt(receiptStory()));
  });

  (officialSchemasArePresent ? it : it.skip)(
    `was judged by the published schema too (${officialSchemas})`,
    () => {
      const broken = renderReceipt(receiptStory()).replace('ACRF001', 'ACRF002');

      expect(verdictsOn(broken, schemas).every((verdict) => verdict !== '')).toBe(true);
    },
  );
});
