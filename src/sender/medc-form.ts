import type { Contributor, Registration } from './medc-contributor.ts';
import type { FaultKind } from './medc-faults.ts';

/** When a form says it was made: its date and its hour to the millisecond. */
export interface CreationStamp {
  readonly date: string;
  readonly hour: string;
}

export interface FormFacts {
  readonly contributor: Contributor;
  readonly year: number;
  readonly created: CreationStamp;
  readonly attestedOn: string;
  readonly fault?: FaultKind;
}

/** One `Form` of a medical-device contribution, indented with tabs, with the fault asked for. */
export function medcForm(o: FormFacts): string {
  return [
    '<Form>\n',
    header(o.created),
    reference(o),
    employer(o),
    o.fault === 'missing-element' ? '' : element(2, 'ContributionYear', String(o.year)),
    profile(o),
    declaration(o),
    '</Form>\n',
  ].join('');
}

const tabs = ['', '', '\t', '\t\t', '\t\t\t'];

/** Values are made here from digits, codes and dates only: nothing in them needs escaping. */
function element(depth: number, name: string, value: string): string {
  return `${tabs[depth] ?? ''}<${name}>${value}</${name}>\n`;
}

function block(depth: number, name: string, children: readonly string[]): string {
  const indent = tabs[depth] ?? '';
  return `${indent}<${name}>\n${children.join('')}${indent}</${name}>\n`;
}

function header({ date, hour }: CreationStamp): string {
  return [
    element(2, 'Identification', 'MEDC001'),
    element(2, 'FormCreationDate', date),
    element(2, 'FormCreationHour', hour),
    element(2, 'AttestationStatus', '0'),
    element(2, 'TypeForm', 'SU'),
  ].join('');
}

function reference({ contributor, fault }: FormFacts): string {
  const own = contributor.reference;
  if (fault !== 'too-long' && own === undefined) return '';
  // A reference of the declarant holds twenty characters.
  const text = fault === 'too-long' ? `${own ?? ''}-OVERFLOWING-REFERENCE` : (own ?? '');
  return block(2, 'Reference', [
    element(3, 'ReferenceType', '1'),
    element(3, 'ReferenceOrigin', '1'),
    element(3, 'ReferenceNbr', text),
  ]);
}

function employer({ contributor, fault }: FormFacts): string {
  const { enterprise, nsso } = contributor;
  const number = fault === 'check-digit' ? withWrongCheckDigits(enterprise) : enterprise;
  return block(2, 'EmployerId', [
    nsso === undefined ? '' : element(3, 'NOSSRegistrationNbr', nsso),
    element(3, 'CompanyID', number),
  ]);
}

function withWrongCheckDigits(enterprise: string): string {
  const wrong = (Number(enterprise.slice(8)) % 97) + 1;
  return `${enterprise.slice(0, 8)}${String(wrong).padStart(2, '0')}`;
}

function profile({ contributor, fault }: FormFacts): string {
  const country = element(3, 'EstablishmentCountry', contributor.country);
  const activity = element(3, 'ActivityInBelgium', flag(contributor.activeInBelgium));
  const [first, ...others] = contributor.registrations;
  return block(2, 'ContributorProfile', [
    ...(fault === 'order' ? [activity, country] : [country, activity]),
    element(3, 'RetailOnly', flag(contributor.retailOnly)),
    element(3, 'SelfCheckDeclared', flag(contributor.selfCheck)),
    ...(first === undefined ? [] : [registration(first, fault)]),
    ...others.map((one) => registration(one)),
  ]);
}

function registration(one: Registration, fault?: FaultKind): string {
  return block(3, 'Registration', [
    element(4, 'DeviceActivity', one.activity),
    element(4, 'DeviceCategory', fault === 'enumeration' ? 'MDR_V' : one.category),
    element(4, 'RegistrationDate', one.from),
    one.to === undefined ? '' : element(4, 'ClosingDate', one.to),
  ]);
}

function declaration({ contributor, attestedOn, fault }: FormFacts): string {
  const { total, padded } = contributor;
  const unlisted = fault === 'enumeration' && contributor.registrations.length === 0;
  const day = fault === 'no-such-day' ? `${attestedOn.slice(0, 4)}-02-30` : attestedOn;
  return block(2, 'TurnoverDeclaration', [
    element(3, 'LeviableTurnover', amount(contributor.leviable, padded)),
    total === undefined ? '' : element(3, 'TotalDeviceTurnover', amount(total, padded)),
    element(3, 'BelowThreshold', flag(contributor.belowThreshold)),
    element(3, 'NotActiveInBelgium', flag(!contributor.activeInBelgium)),
    block(3, 'Attestation', [
      element(4, 'AttestorType', unlisted ? 'X' : contributor.attestor),
      element(4, 'AttestationDate', day),
    ]),
  ]);
}

const amountDigits = 15;

function amount(cents: number, padded: boolean): string {
  return padded ? String(cents).padStart(amountDigits, '0') : String(cents);
}

function flag(value: boolean): string {
  return value ? '1' : '0';
}
