import { z } from 'zod';
import { languages, parseEnterpriseNumber, parseInsz } from '../../vocabulary/index.ts';

// The message of a rule is its key among the texts, so that every language can name it.

const controls = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const noControls = (text: string): boolean => !controls.test(text);

/** One line people typed: trimmed, and without anything that could forge a line of a log. */
export const line = (max: number): z.ZodString =>
  z.string().trim().min(1, 'required').max(max).refine(noControls, 'control-characters');

export const id = z.uuid();

export const insz = z
  .string()
  .max(20)
  .refine((text) => parseInsz(text) !== undefined, 'insz')
  .describe('National number (INSZ, BIS included), with or without separators.');

export const enterpriseNumber = z
  .string()
  .max(20)
  .refine((text) => parseEnterpriseNumber(text) !== undefined, 'enterprise-number')
  .describe('Enterprise number (KBO), with or without dots.');

export const language = z.enum(languages);

export const email = z
  .string()
  .trim()
  .max(254)
  .refine((text) => /^[^\s@"<>(),;:\\]{1,64}@[^\s@"<>(),;:\\]+\.[^\s@.]{2,}$/u.test(text), 'email')
  .refine(noControls, 'control-characters');

/** Never trimmed, never cut: a password is taken as it was typed. */
export const password = z.string().min(1, 'required').max(1000);

/** What a person types as username at login: whatever it is, the answer is the same. */
export const typedUsername = z.string().min(1, 'required').max(200);

export const instant = z.date().describe('Instant, UTC.');

/** Base64 of a file, or its text when it is PEM. */
export const uploadedFile = z
  .string()
  .min(1, 'required')
  .max(200_000)
  .describe('The file in base64 (PEM, DER or p7b), or the text of a PEM file.');

/** The bytes of such a field. */
export function bytesOf(file: string): Buffer {
  return file.includes('-----BEGIN ') ? Buffer.from(file, 'latin1') : Buffer.from(file, 'base64');
}
