import {
  Failure,
  isRealDate,
  parseEnterpriseNumber,
  parseNssoNumber,
} from '../../vocabulary/index.ts';
import { languages, type Language } from '../../vocabulary/index.ts';
import type { QualityField } from './qualities.ts';
import type { Rule } from './rule-texts.ts';

/** A form as it is being checked: every field that is wrong, with the rule it breaks. */
export interface Form {
  fault(field: string, rule: Rule): void;
  /** @throws Failure `registration.invalid` with `field.<name>` = rule for every fault */
  settle(): void;
}

export function openForm(): Form {
  const faults = new Map<string, Rule>();
  return {
    fault(field, rule) {
      if (!faults.has(field)) faults.set(field, rule);
    },
    settle() {
      if (faults.size === 0) return;
      const named = [...faults].map(([field, rule]) => [`field.${field}`, rule] as const);
      const [field = '', why = ''] = [...faults][0] ?? [];
      throw new Failure('registration.invalid', {
        ...{ what: field, why },
        ...Object.fromEntries(named),
      });
    },
  };
}

/** A form with one fault. */
export function invalid(field: string, rule: Rule): Failure {
  return new Failure('registration.invalid', { what: field, why: rule, [`field.${field}`]: rule });
}

const usernameMin = 8;
const usernameMax = 30;
const nameMax = 80;
const titleMax = 30;
const emailMax = 254;

/** Digits and a-z, 8 to 30; capitals are taken for small letters. */
export function usernameIn(form: Form, field: string, text: string): string {
  const username = text.toLowerCase();
  if (username === '') form.fault(field, 'required');
  else if (/\s/.test(username)) form.fault(field, 'username-space');
  else if (!/^[a-z0-9]*$/.test(username)) form.fault(field, 'username-characters');
  else if (username.length < usernameMin) form.fault(field, 'username-short');
  else if (username.length > usernameMax) form.fault(field, 'username-long');
  return username;
}

export function nameIn(form: Form, field: string, text: string): string {
  const name = text.normalize('NFC').trim();
  if (name === '') form.fault(field, 'required');
  else if (name.length > nameMax) form.fault(field, 'too-long');
  else if (/\p{C}/u.test(name)) form.fault(field, 'characters');
  return name;
}

/** Undefined for an empty one: a title is optional. */
export function titleIn(form: Form, field: string, text: string): string | undefined {
  const title = text.normalize('NFC').trim();
  if (title.length > titleMax) form.fault(field, 'too-long');
  else if (/\p{C}/u.test(title)) form.fault(field, 'characters');
  return title === '' ? undefined : title;
}

export function languageIn(form: Form, field: string, text: string): Language {
  const language = languages.find((one) => one === text);
  if (language === undefined) form.fault(field, text === '' ? 'required' : 'language');
  return language ?? 'en';
}

/** Undefined for an empty one. Whether it arrives, only a letter shows. */
export function emailIn(form: Form, field: string, text: string): string | undefined {
  const email = text.trim();
  if (email === '') return undefined;
  const shape = /^[^\s@<>()[\]\\,;:"\p{C}]+@[^\s@<>()[\]\\,;:"\p{C}]+\.[^\s@.<>,;:"\p{C}]+$/u;
  if (email.length > emailMax || !shape.test(email)) form.fault(field, 'email');
  return email;
}

export function enterpriseIn(form: Form, field: string, text: string): string {
  const number = parseEnterpriseNumber(text);
  if (number === undefined) form.fault(field, text === '' ? 'required' : 'enterprise-number');
  return number ?? '';
}

/** The data a type of quality asks for; what it does not ask for is refused. */
export function dataIn(
  form: Form,
  fields: readonly QualityField[],
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const name of Object.keys(given)) {
    if (!fields.some((field) => field.name === name)) form.fault(`data.${name}`, 'not-asked');
  }
  const data: Record<string, string> = {};
  for (const field of fields) {
    const text = (given[field.name] ?? '').normalize('NFC').trim();
    const rule = text === '' ? emptyRule(field) : valueRule(field, text);
    if (rule !== undefined) form.fault(`data.${field.name}`, rule);
    if (text !== '') data[field.name] = text;
  }
  return data;
}

function emptyRule(field: QualityField): Rule | undefined {
  return field.required ? 'required' : undefined;
}

const textMax = 200;

function valueRule(field: QualityField, text: string): Rule | undefined {
  const { kind, min = 1, max = textMax } = field;
  if (/\p{C}/u.test(text)) return 'characters';
  if (text.length > max) return 'too-long';
  if (text.length < min) return 'too-short';
  switch (kind) {
    case 'text':
      return undefined;
    case 'digits':
      return /^\d+$/.test(text) ? undefined : 'digits';
    case 'date':
      return isRealDate(text) ? undefined : 'date';
    case 'email': {
      const form = openForm();
      emailIn(form, field.name, text);
      return passes(form) ? undefined : 'email';
    }
    case 'phone':
      return /^\+?[0-9 ./()-]{6,25}$/.test(text) ? undefined : 'phone';
    case 'nsso':
      return parseNssoNumber(text) === undefined ? 'nsso' : undefined;
  }
}

function passes(form: Form): boolean {
  try {
    form.settle();
    return true;
  } catch {
    // Only settle throws here, and only for a fault.
    return false;
  }
}
