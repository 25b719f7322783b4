import { brusselsDate, brusselsHour, isRealDate, type FormHeader } from '../vocabulary/index.ts';

/** The five fields that open a form of an answer; always an original (status 0). */
export function formHeader(o: {
  identification: string;
  at: Date;
  /** PA provisional, FA final. */
  typeForm: 'PA' | 'FA';
}): string {
  return (
    `  <Identification>${o.identification}</Identification>\n` +
    `  <FormCreationDate>${brusselsDate(o.at)}</FormCreationDate>\n` +
    `  <FormCreationHour>${brusselsHour(o.at)}</FormCreationHour>\n` +
    '  <AttestationStatus>0</AttestationStatus>\n' +
    `  <TypeForm>${o.typeForm}</TypeForm>\n`
  );
}

/**
 * The sender's own header, date and hour character for character: clients find their declaration
 * again by them. A field that the schema of the answer could not carry is left out, so that one
 * broken form never makes the whole notification invalid; what is wrong with it stands in a finding.
 */
export function handledOriginalForm(header: FormHeader): string {
  const fields =
    element('Identification', header.identification, isIdentification) +
    element('FormCreationDate', header.creationDate, isCreationDate) +
    element('FormCreationHour', header.creationHour, isHour) +
    element('AttestationStatus', header.attestationStatus, isAttestationStatus) +
    element('TypeForm', header.typeForm, isTypeForm);
  return fields === '' ? '' : `  <HandledOriginalForm>\n${fields}  </HandledOriginalForm>\n`;
}

function element(name: string, written: string, fits: (value: string) => boolean): string {
  // Blanks around a value are no part of it: a schema lets dates, hours and numbers have them.
  const value = written.trim();
  return fits(value) ? `   <${name}>${value}</${name}>\n` : '';
}

function isIdentification(text: string): boolean {
  return /^[0-9A-Za-z_-]{1,7}$/.test(text);
}

function isCreationDate(text: string): boolean {
  return isRealDate(text) && !text.startsWith('0000');
}

/** The end of a day is an hour too: schemas take it, and so the form that says so was accepted. */
function isHour(text: string): boolean {
  return /^(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}|24:00:00\.000)$/.test(text);
}

function isAttestationStatus(text: string): boolean {
  return /^[0-8]$/.test(text);
}

function isTypeForm(text: string): boolean {
  return /^(?:RE|PA|FA|LA|SU)$/.test(text);
}
