import { describe, expect, it } from '@jest/globals';
import { notificationChunks, type NotifiedForm } from '../../src/acknowledgement/index.ts';
import { Failure, ticketOf } from '../../src/vocabulary/index.ts';
import {
  checkDigitFinding,
  notificationStory,
  notifiedForm,
  streamOf,
  textOf,
} from '../make/notified-form.ts';
import { officialSchemas, officialSchemasArePresent, verdictsOn } from '../make/schema-judges.ts';

const schemas = { own: 'NOTIFICATION_20261.xsd', official: 'NOTIFICATION_20223.xsd' };

function render(forms: Iterable<NotifiedForm>): Promise<string> {
  return textOf(notificationChunks(notificationStory(), streamOf(forms)));
}

function valid(xml: string): void {
  expect(verdictsOn(xml, schemas).filter((verdict) => verdict !== '')).toEqual([]);
}

const refusal = { verdict: 'refused', findings: [checkDigitFinding()] } as const;

/** The content of every element of a name, in document order. */
function contents(xml: string, name: string): string[] {
  const pattern = new RegExp(`<${name}>([^]*?)</${name}>`, 'g');
  return [...xml.matchAll(pattern)].map(([, content = '']) => content);
}

/** Numbers below a bound, the same sequence for the same seed. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Text of any UTF-16 units whatever, with a liking for those that XML treats in its own way. */
function noise(roll: (below: number) => number, unitsMax: number): string {
  const special = '<>&"\'\r\n\t\u0000\u001f\u007f\u0085\u2028\ud800\udc00\ufeff\ufffe\uffff]]>';
  return Array.from({ length: roll(unitsMax) }, () =>
    roll(3) === 0
      ? special.charAt(roll(special.length))
      : String.fromCharCode(roll(roll(2) === 0 ? 128 : 65_536)),
  ).join('');
}

function noisyForm(roll: (below: number) => number, number: number): NotifiedForm {
  const maybe = (lawful: string): string => (roll(2) === 0 ? lawful : noise(roll, 12));
  return notifiedForm(number, {
    header: {
      identification: maybe('MEDC001'),
      creationDate: maybe('2026-01-15'),
      creationHour: maybe('09:30:00.000'),
      attestationStatus: maybe('0'),
      typeForm: maybe('SU'),
    },
    reference: noise(roll, 100),
    employers: [
      { kind: 'KBO', number: maybe(String(roll(3_000_000_000))) },
      { kind: roll(2) === 0 ? 'NSSO' : 'PPL', number: maybe(String(roll(7_000_000_000))) },
    ],
    quarter: roll(99_999),
    verdict: 'refused',
    findings: Array.from({ length: roll(4) }, () =>
      checkDigitFinding({
        tag: noise(roll, 80),
        value: noise(roll, 400),
        detail: noise(roll, 700),
        location: maybe('1,2,3'),
        line: roll(20) - 10,
        column: roll(10) / 3,
      }),
    ),
  });
}

describe('notification', () => {
  it('tells the verdict on a declaration, in the order of the schema', async () => {
    const xml = await render([notifiedForm()]);

    expect(xml).toBe(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<NOTIFICATION xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="NOTIFICATION_20223.xsd">',
        ' <Form>',
        '  <Identification>NOTI001</Identification>',
        '  <FormCreationDate>2026-01-15</FormCreationDate>',
        '  <FormCreationHour>09:31:05.250</FormCreationHour>',
        '  <AttestationStatus>0</AttestationStatus>',
        '  <TypeForm>FA</TypeForm>',
        '  <FileReference>',
        '   <FileName>GO.MEDC.012345.20260115.00001.R.1</FileName>',
        '   <ReferenceOrigin>2</ReferenceOrigin>',
        `   <ReferenceNbr>${ticketOf(4711)}</ReferenceNbr>`,
        '  </FileReference>',
        '  <FileReceptionInformation>',
        '   <ReceptionDate>2026-01-15</ReceptionDate>',
        '   <ReceptionHour>09:30:00.007</ReceptionHour>',
        '   <Channel>14</Channel>',
        '  </FileReceptionInformation>',
        '  <HandledOriginalFile>',
        '   <SenderId>012345</SenderId>',
        '  </HandledOriginalFile>',
        '  <HandledOriginalForm>',
        '   <Identification>MEDC001</Identification>',
        '   <FormCreationDate>2026-01-15</FormCreationDate>',
        '   <FormCreationHour>09:29:58.123</FormCreationHour>',
        '   <AttestationStatus>0</AttestationStatus>',
        '   <TypeForm>SU</TypeForm>',
        '  </HandledOriginalForm>',
        '  <Reference>',
        '   <ReferenceType>0</ReferenceType>',
        '   <ReferenceOrigin>2</ReferenceOrigin>',
        `   <ReferenceNbr>${ticketOf(4711)}</ReferenceNbr>`,
        '  </Reference>',
        '  <Reference>',
        '   <ReferenceType>1</ReferenceType>',
        '   <ReferenceOrigin>1</ReferenceOrigin>',
        '   <ReferenceNbr>INVOICE 1</ReferenceNbr>',
        '  </Reference>',
        '  <EmployerId>',
        '   <NOSSRegistrationNbr>130387593</NOSSRegistrationNbr>',
        '   <CompanyID>0206731645</CompanyID>',
        '  </EmployerId>',
        '  <ConcernedQuarter>',
        '   <Quarter>20254</Quarter>',
        '  </ConcernedQuarter>',
        '  <HandledReference>',
        '   <ReferenceType>1</ReferenceType>',
        '   <ReferenceOrigin>2</ReferenceOrigin>',
        `   <ReferenceNbr>${ticketOf(4711, 1)}</ReferenceNbr>`,
        '  </HandledReference>',
        '  <HandlingResult>',
        '   <ResultCode>1</ResultCode>',
        '  </HandlingResult>',
        ' </Form>',
        '</NOTIFICATION>',
        '',
      ].join('\n'),
    );
    valid(xml);
  });

  it('reports the findings of a refused declaration and the diagnosis', async () => {
    const findings = [
      checkDigitFinding(),
      checkDigitFinding({ code: '091', zone: '90024', anomalyClass: 'W' }),
    ];

    const xml = await render([notifiedForm(1, { verdict: 'refused', findings })]);

    expect(contents(xml, 'HandlingResult')[0]).toContain(
      '<ResultCode>0</ResultCode>\n   <Diagnosis>3</Diagnosis>\n   <AnomalyReport>',
    );
    expect(contents(xml, 'AnomalyReport')[0]).toBe(
      [
        '',
        '    <ErrorID>00014-004</ErrorID>',
        '    <TagName>CompanyID</TagName>',
        '    <Value>0206731644</Value>',
        '    <AnomalyClass>B</AnomalyClass>',
        '    <AnomalyLabel>The last two digits should be 45.</AnomalyLabel>',
        '    <AnomalyLocation>',
        '     <LineNbr>12</LineNbr>',
        '     <ColumnNbr>18</ColumnNbr>',
        '     <Location>1,1,7,2</Location>',
        '    </AnomalyLocation>',
        '   ',
      ].join('\n'),
    );
    expect(contents(xml, 'ErrorID')).toEqual(['00014-004', '90024-091']);
    valid(xml);
  });

  it('reports warnings on an accepted declaration without a diagnosis', async () => {
    const findings = [checkDigitFinding({ anomalyClass: 'NP' })];

    const xml = await render([notifiedForm(1, { findings })]);

    expect(contents(xml, 'ResultCode')).toEqual(['1']);
    expect(xml).not.toContain('<Diagnosis>');
    expect(contents(xml, 'AnomalyClass')).toEqual(['NP']);
    valid(xml);
  });

  it.each([
    ['blocking findings', { findings: [checkDigitFinding()] }, ['3']],
    ['too many findings', { findings: [checkDigitFinding({ anomalyClass: 'P' })] }, ['4']],
    ['the whole file', { findings: [] }, []],
    ['what the caller says', { findings: [checkDigitFinding()], diagnosis: 1 }, ['1']],
  ] as const)('diagnoses a refusal because of %s', async (_, changes, diagnosis) => {
    const xml = await render([notifiedForm(1, { verdict: 'refused', ...changes })]);

    expect(contents(xml, 'Diagnosis')).toEqual(diagnosis);
    valid(xml);
  });

  it('has a form for every declaration, in the order given', async () => {
    const numbers = [3, 1, 2, 1000];

    const xml = await render(numbers.map((number) => notifiedForm(number)));

    const handled = contents(xml, 'HandledReference').map((one) => contents(one, 'ReferenceNbr'));
    expect(handled.flat()).toEqual(numbers.map((number) => ticketOf(4711, number)));
    valid(xml);
  });

  it('leaves out what the declaration did not say', async () => {
    const { reference, quarter, ...bare } = notifiedForm(1, { employers: [] });
    const finding = { code: '999', zone: '90024', anomalyClass: 'B' } as const;

    const xml = await render([{ ...bare, verdict: 'refused', findings: [finding] }]);

    expect([reference, quarter]).not.toContain(undefined);
    expect(xml).not.toMatch(
      /<(?:EmployerId|ConcernedQuarter|TagName|Value|AnomalyLabel|AnomalyLocation)>/,
    );
    expect(contents(xml, 'Reference')).toHaveLength(1);
    valid(xml);
  });

  it.each([
    [{ creationDate: '2026-02-30' }, 'FormCreationDate'],
    [{ creationDate: '0000-01-01' }, 'FormCreationDate'],
    [{ creationHour: '24:00:00.001' }, 'FormCreationHour'],
    [{ creationHour: '09:30:00' }, 'FormCreationHour'],
    [{ attestationStatus: '9' }, 'AttestationStatus'],
    [{ typeForm: '<b>' }, 'TypeForm'],
    [{ identification: 'TOOLONG1' }, 'Identification'],
    [{ identification: '' }, 'Identification'],
  ])('leaves out of the echo what the schema cannot carry: %j', async (changes, element) => {
    const { header } = notifiedForm();

    const xml = await render([notifiedForm(1, { header: { ...header, ...changes } })]);

    const echo = contents(xml, 'HandledOriginalForm')[0] ?? '';
    expect(echo).not.toContain(`<${element}>`);
    expect(echo.match(/<[A-Z]/g)).toHaveLength(4);
    valid(xml);
  });

  it('echoes the end of a day, which is an hour that schemas take', async () => {
    const header = { ...notifiedForm().header, creationHour: '24:00:00.000' };

    const xml = await render([notifiedForm(1, { header })]);

    const echo = contents(xml, 'HandledOriginalForm')[0] ?? '';
    expect(echo).toContain('<FormCreationHour>24:00:00.000</FormCreationHour>');
    valid(xml);
  });

  it('has no echo at all of a form too broken to be read', async () => {
    const header = {
      identification: '',
      creationDate: '',
      creationHour: '',
      attestationStatus: '',
      typeForm: '',
    };

    const xml = await render([notifiedForm(1, { header, verdict: 'refused' })]);

    expect(xml).not.toContain('HandledOriginalForm');
    valid(xml);
  });

  it.each([
    ['only an enterprise', [['KBO', '206731645']], '0', '206731645'],
    ['only a registration', [['NSSO', '000935467']], '000935467', '0'],
    ['a provisional registration', [['NSSO', '5000000120']], '5000000120', '0'],
    ['a local administration', [['PPL', '00000197']], '00000197', '0'],
    [
      'the same number twice',
      [
        ['KBO', '206731645'],
        ['KBO', '0206731645'],
      ],
      '0',
      '206731645',
    ],
  ] as const)('names the employer when it knows %s', async (_, pairs, registration, company) => {
    const employers = pairs.map(([kind, number]) => ({ kind, number }));

    const xml = await render([notifiedForm(1, { employers })]);

    const employer = contents(xml, 'EmployerId')[0] ?? '';
    expect([...employer.matchAll(/>(\d+)</g)].map(([, number]) => number)).toEqual([
      registration,
      company,
    ]);
    valid(xml);
  });

  it.each([
    ['numbers outside their range', '199999935', '1999999944'],
    ['unknown numbers', '0', '0000000000'],
    ['markup for numbers', '</NOSSRegistrationNbr>', '<b>'],
  ])('names no employer for %s', async (_, registration, company) => {
    const employers = [
      { kind: 'NSSO', number: registration },
      { kind: 'PPL', number: registration },
      { kind: 'KBO', number: company },
    ] as const;

    const xml = await render([notifiedForm(1, { employers })]);

    expect(xml).not.toContain('EmployerId');
    valid(xml);
  });

  it('names no employer when the form is about several', async () => {
    const employers = [
      { kind: 'KBO', number: '0206731645' },
      { kind: 'KBO', number: '0897223670' },
    ] as const;

    const xml = await render([notifiedForm(1, { employers })]);

    expect(xml).not.toContain('EmployerId');
    valid(xml);
  });

  it('carries hostile values whole as far as the schema has room', async () => {
    const hostile = '<!DOCTYPE x>&amp;]]>\u0000\ud800"\'\r\n\u{1F600}';
    const findings = [
      checkDigitFinding({ tag: hostile, value: hostile, detail: hostile, location: '1,<b>' }),
      checkDigitFinding({
        tag: `${'t'.repeat(49)}\u{1F600}`,
        value: `${'v'.repeat(249)}\u{1F600}`,
        detail: `${'d'.repeat(499)}\u{1F600}`,
        location: Array.from({ length: 300 }, () => '17').join(','),
        line: 0,
        column: Number.MAX_SAFE_INTEGER,
      }),
      checkDigitFinding({ value: '' }),
    ];

    const xml = await render([
      notifiedForm(1, { reference: hostile, verdict: 'refused', findings }),
      notifiedForm(2, { reference: 'r'.repeat(100), quarter: 20025 }),
    ]);

    const written = '&lt;!DOCTYPE x&gt;&amp;amp;]]&gt;\uFFFD\uFFFD"\'&#13;\n\u{1F600}';
    expect(contents(xml, 'Value')).toEqual([written, 'v'.repeat(249), '']);
    expect(contents(xml, 'AnomalyLabel')[0]).toBe(written);
    expect(contents(xml, 'AnomalyLabel')[1]).toBe('d'.repeat(499));
    expect(contents(xml, 'TagName')[1]).toBe('t'.repeat(49));
    expect(contents(xml, 'Location')[0]).toMatch(/^17(?:,17){65,66}$/);
    expect(xml).toContain(`<ReferenceNbr>${'r'.repeat(64)}</ReferenceNbr>`);
    valid(xml);
  });

  it.each([1, 2, 3, 4, 5])('is valid whatever the declarations held (seed %i)', async (seed) => {
    const roll = dice(seed);
    const forms = Array.from({ length: 200 }, (_, index) => noisyForm(roll, index + 1));

    const xml = await render(forms);

    expect(contents(xml, 'HandledReference')).toHaveLength(200);
    valid(xml);
  });

  it.each([
    ['sftp', '14'],
    ['amqp', '6'],
    ['web-service', '13'],
    ['web', '3'],
    ['ftp', '0'],
  ] as const)('writes %s as channel %s', async (channel, code) => {
    const story = notificationStory({ channel });

    const xml = await textOf(notificationChunks(story, streamOf([notifiedForm()])));

    expect(contents(xml, 'Channel')).toEqual([code]);
    valid(xml);
  });

  it.each([
    ['en', 'The last two digits should be 45.', 'The check digits do not match the number.'],
    [
      'nl',
      'De controlecijfers kloppen niet met het nummer. (The last two digits should be 45.)',
      'De controlecijfers kloppen niet met het nummer.',
    ],
    [
      'de',
      'Die Prüfziffern passen nicht zur Nummer. (The last two digits should be 45.)',
      'Die Prüfziffern passen nicht zur Nummer.',
    ],
  ] as const)(
    'labels findings in %s, with and without particulars',
    async (language, ...labels) => {
      const { detail, ...bare } = checkDigitFinding();
      const story = notificationStory({ language });
      const form = notifiedForm(1, { findings: [{ ...bare, detail: detail ?? '' }, bare] });

      const xml = await textOf(notificationChunks(story, streamOf([form])));

      expect(contents(xml, 'AnomalyLabel')).toEqual(labels);
      valid(xml);
    },
  );

  it('is not written for a file without declarations', async () => {
    await expect(render([])).rejects.toThrow(Failure);
  });

  it('passes on the failure of the rows and stops', async () => {
    async function* failing(): AsyncGenerator<NotifiedForm, void, undefined> {
      yield* streamOf([notifiedForm()]);
      throw new Failure('storage.unavailable');
    }

    const rendering = textOf(notificationChunks(notificationStory(), failing()));

    await expect(rendering).rejects.toThrow('storage.unavailable');
  });

  it('gives the same characters for the same rows, however they arrive', async () => {
    const rows = Array.from({ length: 500 }, (_, index) =>
      notifiedForm(index + 1, index % 9 === 0 ? refusal : {}),
    );
    async function* hesitant(): AsyncGenerator<NotifiedForm, void, undefined> {
      for (const row of rows) {
        await new Promise(setImmediate);
        yield row;
      }
    }

    const first = await render(rows);
    const second = await textOf(notificationChunks(notificationStory(), hesitant()));

    expect(second).toBe(first);
    valid(first);
  });

  it('streams 100,000 forms in pieces of about 64 KiB', async () => {
    function* rows(): Generator<NotifiedForm, void, undefined> {
      for (let number = 1; number <= 100_000; number += 1) {
        yield notifiedForm(number, number % 100 === 0 ? refusal : {});
      }
    }
    const before = process.memoryUsage().heapUsed;
    let peak = 0;
    let longest = 0;
    let forms = 0;

    for await (const chunk of notificationChunks(notificationStory(), streamOf(rows()))) {
      longest = Math.max(longest, chunk.length);
      forms += chunk.split('</Form>').length - 1;
      peak = Math.max(peak, process.memoryUsage().heapUsed - before);
    }

    expect(forms).toBe(100_000);
    expect(longest).toBeLessThan(80_000);
    // The whole document has some 170 MB; garbage between two collections is all that is allowed.
    expect(peak).toBeLessThan(100 * 1024 * 1024);
  });

  it('streams a single form with 50,000 findings', async () => {
    const findings = Array.from({ length: 50_000 }, () => checkDigitFinding());
    const forms = streamOf([notifiedForm(1, { verdict: 'refused', findings })]);
    let longest = 0;
    let reports = 0;

    for await (const chunk of notificationChunks(notificationStory(), forms)) {
      longest = Math.max(longest, chunk.length);
      reports += chunk.split('</AnomalyReport>').length - 1;
    }

    expect(reports).toBe(50_000);
    expect(longest).toBeLessThan(80_000);
  });

  (officialSchemasArePresent ? it : it.skip)(
    `was judged by the published schema too (${officialSchemas})`,
    async () => {
      const broken = (await render([notifiedForm()])).replace('>14<', '>140<');

      expect(verdictsOn(broken, schemas).every((verdict) => verdict !== '')).toBe(true);
    },
  );
});
