import { enterpriseNumberOf } from '../../src/vocabulary/index.ts';

/** What a test says of one declaration; the rest is that of a Belgian distributor. */
export interface MedcWish {
  readonly employer?: string;
  readonly year?: string;
  readonly status?: string;
  readonly reference?: string;
  /** Changes the finished form, to make something wrong in it. */
  readonly spoil?: (form: string) => string;
}

export interface MedcFileWish {
  /** Attributes of the root, in the place of those that name the schema. */
  readonly attributes?: string;
  readonly root?: string;
  readonly declaration?: string;
  /** Number of the first form, for the second part of a set: the forms are made a millisecond apart. */
  readonly first?: number;
}

const schema =
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="MedicalDeviceContribution_20261.xsd"';

/** A file of medical-device contributions, one declaration a wish, each with an employer of its own. */
export function medcFile(wishes: readonly MedcWish[], file: MedcFileWish = {}): string {
  const { attributes = schema, root = 'MedicalDeviceContribution', first = 1 } = file;
  const { declaration = '<?xml version="1.0" encoding="UTF-8"?>' } = file;
  const forms = wishes.map((wish, index) => medcForm(wish, first + index));
  return `${declaration}\n<${root} ${attributes}>\n${forms.join('')}</${root}>\n`;
}

/** The employer of the n-th form, unless the test names one. */
export function medcEmployer(n: number): string {
  return enterpriseNumberOf(3_000_000 + n);
}

/** Mandates of the employers of the first forms, as they are imported. */
export async function* medcMandates(count: number, mandatary: string): AsyncGenerator<string> {
  yield 'mandator,mandatary,object,from,to\n';
  for (let n = 1; n <= count; n += 1) {
    yield await Promise.resolve(`${medcEmployer(n)},${mandatary},MEDC,2013Q1,\n`);
  }
}

/** `count` declarations without a fault. */
export function soundForms(count: number): MedcWish[] {
  return Array.from({ length: count }, () => ({}));
}

function medcForm(wish: MedcWish, n: number): string {
  const { employer = medcEmployer(n), year = '2025', status = '0', reference } = wish;
  const millisecond = String(n % 1000).padStart(3, '0');
  const second = String(Math.floor(n / 1000) % 60).padStart(2, '0');
  const own =
    reference === undefined
      ? ''
      : `<Reference><ReferenceType>1</ReferenceType><ReferenceOrigin>1</ReferenceOrigin><ReferenceNbr>${reference}</ReferenceNbr></Reference>\n`;
  const form = `<Form>
<Identification>MEDC001</Identification>
<FormCreationDate>2026-01-15</FormCreationDate>
<FormCreationHour>08:30:${second}.${millisecond}</FormCreationHour>
<AttestationStatus>${status}</AttestationStatus>
<TypeForm>SU</TypeForm>
${own}<EmployerId>
<CompanyID>${employer}</CompanyID>
</EmployerId>
<ContributionYear>${year}</ContributionYear>
<ContributorProfile>
<EstablishmentCountry>BE</EstablishmentCountry>
<ActivityInBelgium>1</ActivityInBelgium>
<RetailOnly>0</RetailOnly>
<SelfCheckDeclared>0</SelfCheckDeclared>
<Registration>
<DeviceActivity>DISTRIBUTOR</DeviceActivity>
<DeviceCategory>MDR_I</DeviceCategory>
<RegistrationDate>2020-05-01</RegistrationDate>
</Registration>
</ContributorProfile>
<TurnoverDeclaration>
<LeviableTurnover>000000100000000</LeviableTurnover>
<BelowThreshold>0</BelowThreshold>
<NotActiveInBelgium>0</NotActiveInBelgium>
<Attestation>
<AttestorType>C</AttestorType>
<AttestationDate>2026-01-10</AttestationDate>
</Attestation>
</TurnoverDeclaration>
</Form>
`;
  return wish.spoil === undefined ? form : wish.spoil(form);
}

/** Replaces a text that must be there. */
export function swap(from: string, to: string): (text: string) => string {
  return (text) => {
    if (!text.includes(from)) throw new Error(`${from} is not in the form`);
    return text.replace(from, to);
  };
}
