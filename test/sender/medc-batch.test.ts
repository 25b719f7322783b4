import { describe, expect, it } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import {
  faultKinds,
  faultsOf,
  mandateCsv,
  medcBatch,
  type MedcBatchOptions,
} from '../../src/sender/index.ts';
import {
  enterpriseNumberOf,
  parseEnterpriseNumber,
  parseNssoNumber,
} from '../../src/vocabulary/index.ts';

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  const all: string[] = [];
  for await (const piece of pieces) all.push(piece);
  return all.join('');
}

interface Form {
  readonly FormCreationDate: string;
  readonly FormCreationHour: string;
  readonly ContributionYear?: string;
  readonly Reference?: { readonly ReferenceNbr: string };
  readonly EmployerId: { readonly CompanyID: string; readonly NOSSRegistrationNbr?: string };
  readonly ContributorProfile: {
    readonly EstablishmentCountry: string;
    readonly ActivityInBelgium: string;
    readonly RetailOnly: string;
    readonly SelfCheckDeclared: string;
    readonly Registration?: readonly {
      readonly DeviceActivity: string;
      readonly DeviceCategory: string;
    }[];
  };
  readonly TurnoverDeclaration: {
    readonly LeviableTurnover: string;
    readonly BelowThreshold: string;
    readonly NotActiveInBelgium: string;
  };
}

async function formsOf(options: MedcBatchOptions): Promise<readonly Form[]> {
  const parser = new XMLParser({
    parseTagValue: false,
    isArray: (name) => name === 'Form' || name === 'Registration',
  });
  const parsed = parser.parse(await textOf(medcBatch(options))) as {
    readonly MedicalDeviceContribution: { readonly Form: readonly Form[] };
  };
  return parsed.MedicalDeviceContribution.Form;
}

const long = process.env['SLUIS_TEST_LONG'] === '1';
/** Enough to see what holds for all of them; made and read once. */
const manyDeclarations = long ? 6000 : 2000;
const many = formsOf({ declarations: manyDeclarations });

function shareOf(forms: readonly Form[], matches: (form: Form) => boolean): number {
  return forms.filter(matches).length / forms.length;
}

describe('a made batch of medical-device contributions', () => {
  it('is the same for the same seed and another for another seed', async () => {
    const first = await textOf(medcBatch({ declarations: 300, invalidPercent: 5, seed: 7 }));
    const again = await textOf(medcBatch({ declarations: 300, invalidPercent: 5, seed: 7 }));
    const other = await textOf(medcBatch({ declarations: 300, invalidPercent: 5, seed: 8 }));

    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it('declares for a different, valid employer in every form', async () => {
    const forms = await many;

    const employers = forms.map(({ EmployerId }) => EmployerId.CompanyID);
    expect(employers.filter((one) => parseEnterpriseNumber(one) === undefined)).toEqual([]);
    expect(new Set(employers).size).toBe(manyDeclarations);
    const social = forms.flatMap(({ EmployerId }) => EmployerId.NOSSRegistrationNbr ?? []);
    expect(social.length).toBeGreaterThan(manyDeclarations / 5);
    expect(social.filter((one) => parseNssoNumber(one) === undefined)).toEqual([]);
  });

  it('stamps every form with its own millisecond, the last one at the instant given', async () => {
    const at = new Date('2026-03-02T09:15:00.250Z');

    const forms = await formsOf({ declarations: 500, at });

    const stamps = forms.map((form) => `${form.FormCreationDate} ${form.FormCreationHour}`);
    expect(new Set(stamps).size).toBe(500);
    expect([...stamps].sort()).toEqual(stamps);
    expect(stamps.at(-1)).toBe('2026-03-02 10:15:00.250');
  });

  it('keeps the stamps of a batch made just after midnight on one day', async () => {
    const forms = await formsOf({ declarations: 500, at: new Date('2026-01-14T23:00:00.100Z') });

    const first = forms[0];
    expect(`${first?.FormCreationDate ?? ''} ${first?.FormCreationHour ?? ''}`).toBe(
      '2026-01-15 00:00:00.000',
    );
    expect(new Set(forms.map(({ FormCreationDate }) => FormCreationDate)).size).toBe(1);
  });

  it('spreads over what the sector looks like', async () => {
    const forms = await many;

    const foreign = shareOf(forms, (form) => form.ContributorProfile.EstablishmentCountry !== 'BE');
    const below = shareOf(forms, (form) => form.TurnoverDeclaration.BelowThreshold === '1');
    const retail = shareOf(forms, (form) => form.ContributorProfile.RetailOnly === '1');
    const selfCheck = shareOf(forms, (form) => form.ContributorProfile.SelfCheckDeclared === '1');
    const absent = shareOf(forms, (form) => form.TurnoverDeclaration.NotActiveInBelgium === '1');
    const unregistered = shareOf(
      forms,
      (form) => form.ContributorProfile.Registration === undefined,
    );
    expect(foreign).toBeGreaterThan(0.15);
    expect(foreign).toBeLessThan(0.25);
    expect(below).toBeGreaterThan(0.05);
    expect(below).toBeLessThan(0.25);
    for (const share of [retail, selfCheck, absent, unregistered]) {
      expect(share).toBeGreaterThan(0.005);
      expect(share).toBeLessThan(0.3);
    }
  });

  it('ticks the threshold exactly when the leviable turnover is under that of the year', async () => {
    const forms = await formsOf({ declarations: 1000, year: 2024 });

    for (const { TurnoverDeclaration } of forms) {
      const under = BigInt(TurnoverDeclaration.LeviableTurnover) < 4_879_840n;
      expect(TurnoverDeclaration.BelowThreshold).toBe(under ? '1' : '0');
    }
  });

  it('registers no combination of activity and category that has no entities', async () => {
    const forms = await many;

    const pairs = new Set(
      forms
        .flatMap(({ ContributorProfile }) => ContributorProfile.Registration ?? [])
        .map(({ DeviceActivity, DeviceCategory }) => `${DeviceActivity} ${DeviceCategory}`),
    );
    const assembled = [...pairs].filter((pair) => /^ASSEMBLER (?!MD)/.test(pair));
    const custom = [...pairs].filter((pair) => /^CUSTOM_MANUFACTURER (?!MDR_)/.test(pair));
    expect(pairs.size).toBeGreaterThan(40);
    expect([...assembled, ...custom]).toEqual([]);
  });

  it('declares for the employers named', async () => {
    const contributors = [enterpriseNumberOf(2_067_316), enterpriseNumberOf(8_972_236)];

    const forms = await formsOf({ declarations: 2, contributors });

    expect(forms.map(({ EmployerId }) => EmployerId.CompanyID)).toEqual(contributors);
  });

  const declarations = long ? 31_000 : 3_100;
  it(`makes ${declarations} declarations of about ${declarations / 31_000} times 35 MB`, async () => {
    let bytes = 0;
    for await (const piece of medcBatch({ declarations })) bytes += piece.length;

    expect(bytes / declarations).toBeGreaterThan(33_000_000 / 31_000);
    expect(bytes / declarations).toBeLessThan(37_000_000 / 31_000);
  });

  it.each([
    { declarations: 0 },
    { declarations: 1.5 },
    { declarations: 2_000_000 },
    { declarations: 1, year: 2026 },
    { declarations: 1, seed: -1 },
    { declarations: 1, invalidPercent: 101 },
    { declarations: 1, invalidPercent: Number.NaN },
    { declarations: 2, contributors: [] },
  ])('refuses %j', async (options) => {
    await expect(textOf(medcBatch(options))).rejects.toMatchObject({ code: 'cli.usage' });
  });
});

describe('the faults of a made batch', () => {
  it.each([
    [1000, 0.05, 1],
    [1000, 0.04, 0],
    [1000, 0.15, 2],
    [3, 50, 2],
    [31_000, 5, 1550],
    [10, 100, 10],
    [10, 0, 0],
  ])('of %i declarations at %d percent are %i', (declarations, invalidPercent, expected) => {
    const faults = faultsOf({ declarations, invalidPercent, seed: 3 });

    expect(faults.length).toBe(expected);
    const places = faults.map(({ declaration }) => declaration);
    expect(new Set(places).size).toBe(expected);
    expect(places.every((place) => place >= 1 && place <= declarations)).toBe(true);
  });

  it('stand in the forms named and in no other', async () => {
    const options = { declarations: 600, invalidPercent: 10, seed: 11 };
    const faults = new Map(faultsOf(options).map((one) => [one.declaration, one.kind]));
    const broken = (await textOf(medcBatch(options))).split('<Form>').slice(1);
    const sound = (await textOf(medcBatch({ ...options, invalidPercent: 0 }))).split('<Form>');

    const changed = broken.flatMap((form, place) => (form === sound[place + 1] ? [] : [place + 1]));
    expect(changed).toEqual([...faults.keys()]);
    expect(new Set(faults.values())).toEqual(new Set(faultKinds));
  });

  it('are what they are called', async () => {
    const options = { declarations: 600, invalidPercent: 10, seed: 11 };
    const forms = (await textOf(medcBatch(options))).split('<Form>').slice(1);
    const signs = {
      'check-digit': (form: string) =>
        parseEnterpriseNumber(/<CompanyID>(\d+)</.exec(form)?.[1] ?? '') === undefined,
      'missing-element': (form: string) => !form.includes('<ContributionYear>'),
      'too-long': (form: string) => /<ReferenceNbr>[^<]{21,}</.test(form),
      enumeration: (form: string) => /MDR_V<|<AttestorType>X</.test(form),
      order: (form: string) => /<ActivityInBelgium>[^]*<EstablishmentCountry>/.test(form),
      'no-such-day': (form: string) => form.includes('-02-30</AttestationDate>'),
    };

    for (const { declaration, kind } of faultsOf(options)) {
      expect({ kind, found: signs[kind](forms[declaration - 1] ?? '') }).toEqual({
        kind,
        found: true,
      });
    }
  });
});

describe('the mandates of a made batch', () => {
  it('name every employer of the batch, in its order', async () => {
    const forms = await formsOf({ declarations: 500, seed: 4 });

    const csv = await textOf(
      mandateCsv({ declarations: 500, seed: 4, mandatary: '0206.731.645', to: '20264' }),
    );

    const [header, ...lines] = csv.trimEnd().split('\n');
    expect(header).toBe('mandator,mandatary,object,from,to');
    expect(lines).toEqual(
      forms.map(({ EmployerId }) => `${EmployerId.CompanyID},0206731645,MEDC,2023Q1,2026Q4`),
    );
  });

  it.each([
    { declarations: 1, mandatary: '0206731646' },
    { declarations: 1, mandatary: '0206731645', from: '2026' },
    { declarations: 1, mandatary: '0206731645', object: 'A,B' },
  ])('are refused for %j', async (options) => {
    await expect(textOf(mandateCsv(options))).rejects.toMatchObject({ code: 'cli.usage' });
  });
});
