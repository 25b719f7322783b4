import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { JudgedForm } from '../../src/vocabulary/index.ts';
import {
  builtInPacks,
  formsIn,
  judgeFile,
  packsOf,
  threadEntry,
} from '../../src/validation/index.ts';
import type {
  FileVerdict,
  JudgeOptions,
  JudgedChunk,
  SchemaPacks,
  ValidationPool,
} from '../../src/validation/index.ts';
import { messageTypes } from '../../src/messages/index.ts';

export const projectRoot = resolve(import.meta.dirname, '../..');
export const entry = threadEntry(import.meta.url);
export const officialFolder = resolve(projectRoot, '../shared/official');

export const schemaFolder = pathToFileURL(join(projectRoot, 'schemas/'));

export function schemaText(name: string): string {
  return readFileSync(new URL(name, schemaFolder), 'utf8');
}

/** The packs that come with sluis. */
export async function medcPacks(): Promise<SchemaPacks> {
  const roots = [...messageTypes.values()].flatMap((type) => type.roots);
  return packsOf(await builtInPacks({ folder: schemaFolder, roots }));
}

/** A folder that is there for one test file. */
export function scratch(): {
  readonly path: (name: string) => string;
  readonly remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'sluis-validation-'));
  return {
    path: (name) => join(folder, name),
    remove: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

export interface Judged {
  readonly verdict: FileVerdict;
  readonly chunks: readonly JudgedChunk[];
  readonly forms: readonly JudgedForm[];
}

/** Judges contents, one for each part, written to the paths given. */
export async function judge(
  o: {
    readonly pool: ValidationPool;
    readonly packs: SchemaPacks;
    readonly parts: readonly { readonly path: string; readonly content: string | Buffer }[];
  } & Partial<Omit<JudgeOptions, 'parts'>>,
): Promise<Judged> {
  const chunks: JudgedChunk[] = [];
  const parts = o.parts.map(({ path, content }) => {
    const bytes = Buffer.from(content);
    writeFileSync(path, bytes);
    return { path, bytes: bytes.length };
  });
  const medc = { roots: ['MedicalDeviceContribution'], identifications: ['MEDC001'] };
  const verdict = await judgeFile({
    expected: { type: 'MEDC', ...medc },
    receivedOn: '2026-01-20',
    onChunk: (chunk) => {
      chunks.push(chunk);
      return Promise.resolve();
    },
    ...o,
    parts,
  });
  return { verdict, chunks, forms: chunks.flatMap(({ judged }) => [...formsIn(judged)]) };
}

export interface FormParts {
  readonly creationDate?: string;
  readonly company?: string;
  readonly nsso?: string;
  readonly year?: string;
  readonly established?: string;
  readonly profile?: string;
  readonly registrations?: string;
  readonly declaration?: string;
  readonly identification?: string;
}

const registration =
  '<Registration><DeviceActivity>MANUFACTURER</DeviceActivity><DeviceCategory>MDR_I</DeviceCategory>' +
  '<RegistrationDate>2023-01-01</RegistrationDate></Registration>';

/** A turnover declaration, with amounts in cents and ticks. */
export function turnover(o: {
  readonly leviable?: string;
  readonly total?: string;
  readonly below?: string;
  readonly notActive?: string;
  readonly attested?: string;
}): string {
  const total =
    o.total === undefined ? '' : `<TotalDeviceTurnover>${o.total}</TotalDeviceTurnover>`;
  return (
    `<TurnoverDeclaration><LeviableTurnover>${o.leviable ?? '000000010000000'}</LeviableTurnover>${total}` +
    `<BelowThreshold>${o.below ?? '0'}</BelowThreshold>` +
    `<NotActiveInBelgium>${o.notActive ?? '0'}</NotActiveInBelgium>` +
    `<Attestation><AttestorType>A</AttestorType><AttestationDate>${o.attested ?? '2026-01-10'}</AttestationDate></Attestation>` +
    '</TurnoverDeclaration>'
  );
}

/** One medical-device contribution that is in order unless told otherwise; 15 lines. */
export function medcForm(o: FormParts = {}): string {
  const nsso = o.nsso === undefined ? '' : `<NOSSRegistrationNbr>${o.nsso}</NOSSRegistrationNbr>`;
  return `<Form>
<Identification>${o.identification ?? 'MEDC001'}</Identification>
<FormCreationDate>${o.creationDate ?? '2026-01-15'}</FormCreationDate>
<FormCreationHour>09:30:00.000</FormCreationHour>
<AttestationStatus>0</AttestationStatus>
<TypeForm>SU</TypeForm>
<EmployerId>${nsso}<CompanyID>${o.company ?? '0206731645'}</CompanyID></EmployerId>
<ContributionYear>${o.year ?? '2025'}</ContributionYear>
<ContributorProfile>
<EstablishmentCountry>${o.established ?? 'BE'}</EstablishmentCountry>${o.profile ?? '<ActivityInBelgium>1</ActivityInBelgium>'}
<RetailOnly>0</RetailOnly><SelfCheckDeclared>0</SelfCheckDeclared>
${o.registrations ?? registration}
</ContributorProfile>
${o.declaration ?? turnover({})}
</Form>
`;
}

export const medcRoot =
  '<MedicalDeviceContribution xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
  'xsi:noNamespaceSchemaLocation="MedicalDeviceContribution_20261.xsd">';

/** A whole file: three lines before the first form. */
export function medcFile(...forms: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${medcRoot}\n\n${forms.join('')}</MedicalDeviceContribution>\n`;
}
