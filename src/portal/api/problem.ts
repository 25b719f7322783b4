import type { FastifyError, FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ruleText } from '../../identity/index.ts';
import { Failure, type Language } from '../../vocabulary/index.ts';
import { isRequestProblem, statusOf, type ProblemCode } from './problem-codes.ts';
import { defectTitle, fieldTexts, titles, type Saying } from './problem-texts.ts';

/** A refusal by the frame itself. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly code: ProblemCode;
  readonly extras: Readonly<Record<string, unknown>>;

  constructor(code: ProblemCode, extras: Readonly<Record<string, unknown>> = {}) {
    super(code);
    this.code = code;
    this.extras = extras;
  }
}

/** What is wrong with one field. `pointer` is a JSON Pointer (RFC 6901) into `in`. */
export interface FieldError {
  readonly in: string;
  readonly pointer: string;
  readonly rule: string;
  readonly detail: string;
}

/** RFC 9457, with a stable code; what else there is depends on the code. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly rule?: string;
  readonly errors?: readonly FieldError[];
  readonly [extra: string]: unknown;
}

/** What a request brought, to tell a missing value from a wrong one. */
export interface Given {
  readonly body: unknown;
  readonly query: unknown;
  readonly params: unknown;
}

const saidIn = (saying: Saying | undefined, language: Language): string | undefined =>
  saying?.[language];

/** Reads whatever was thrown. Only what the caller can act on is told; the rest is a defect. */
export function problemOf(
  error: unknown,
  { language, request }: { readonly language: Language; readonly request: Given },
): Problem {
  if (error instanceof RequestRefused) return problem(error.code, language, error.extras);
  if (error instanceof Failure) return problemOfFailure(error, language);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = (error as { readonly validationContext?: string }).validationContext ?? 'body';
    const given = where === 'params' || where === 'body' ? request[where] : request.query;
    const errors = error.validation.flatMap((one) =>
      fieldErrors(one as unknown as Issue, { where, given, language }),
    );
    return problem('request.invalid', language, { errors });
  }
  return problemOfFastify(error, language);
}

export function problem(
  code: ProblemCode | 'gateway.defect',
  language: Language,
  extras: Readonly<Record<string, unknown>> = {},
): Problem {
  const status = code === 'gateway.defect' ? 500 : statusOf(code);
  const title = saidIn(titles[code], language) ?? defectTitle[language];
  return { type: `urn:sluis:problem:${code}`, title, status, code, ...extras };
}

/**
 * Facts are for the log, but for the rule that was broken, the fields it was broken in, and what the
 * room says to the person in his own language.
 */
function problemOfFailure({ code, facts }: Failure, language: Language): Problem {
  if (code === 'access.stale') return problem('request.stale', language);
  if (statusOf(code) === 500) return problem('gateway.defect', language);
  const { rule: named, problem: trouble, says, why, accepted } = facts;
  const reason = typeof why === 'string' && /^[A-Z_]+$/.test(why) ? why : trouble;
  const rule = typeof named === 'string' ? named : reason;
  const said = typeof rule === 'string' ? sayingOf(rule, language) : undefined;
  const detail = typeof says === 'string' ? says : said;
  const errors = brokenFields(facts, language);
  return problem(code, language, {
    ...(typeof rule === 'string' ? { rule } : {}),
    ...(detail === undefined ? {} : { detail }),
    ...(errors.length === 0 ? {} : { errors }),
    ...(accepted === undefined ? {} : { accepted }),
  });
}

const fieldFact = 'field.';

/** Facts named `field.<name>` hold the rule that the field broke. */
function brokenFields(facts: Failure['facts'], language: Language): FieldError[] {
  return Object.entries(facts)
    .filter(([name]) => name.startsWith(fieldFact))
    .map(([name, rule]) => {
      const pointer = `/${name.slice(fieldFact.length).replaceAll('.', '/')}`;
      const detail = sayingOf(String(rule), language) ?? saidIn(fieldTexts['format'], language);
      return { in: 'body', pointer, rule: String(rule), detail: detail ?? '' };
    });
}

/** The room's own words for a rule of its own, else ours for a rule of form. */
function sayingOf(rule: string, language: Language): string | undefined {
  return ruleText(rule, language) ?? saidIn(fieldTexts[rule], language);
}

interface Issue {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message?: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

const fieldErrorsMax = 50;

function fieldErrors(
  { keyword, instancePath, message, params }: Issue,
  o: { readonly where: string; readonly given: unknown; readonly language: Language },
): FieldError[] {
  const pointer = instancePath === '/' ? '' : instancePath;
  const at = (path: string, rule: string): FieldError => ({
    in: o.where === 'querystring' ? 'query' : o.where,
    pointer: path,
    rule,
    detail: saidIn(fieldTexts[rule], o.language) ?? ruleText(rule, o.language) ?? rule,
  });
  if (keyword === 'unrecognized_keys' && Array.isArray(params['keys'])) {
    const names = params['keys'].slice(0, fieldErrorsMax) as string[];
    return names.map((name) => at(`${pointer}/${escaped(name)}`, 'unknown'));
  }
  if (valueAt(o.given, pointer) === undefined) return [at(pointer, 'required')];
  return [at(pointer, ruleOf(keyword, message ?? ''))];
}

function valueAt(given: unknown, pointer: string): unknown {
  let value = given;
  for (const key of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/** RFC 6901, and no longer than a field name of ours could be. */
function escaped(name: string): string {
  return name.slice(0, 60).replaceAll('~', '~0').replaceAll('/', '~1');
}

const ruleOfKeyword: Readonly<Record<string, string>> = {
  invalid_type: 'type',
  too_small: 'too-short',
  too_big: 'too-long',
  invalid_format: 'format',
  invalid_value: 'choice',
  invalid_union: 'choice',
};

function ruleOf(keyword: string, message: string): string {
  if (Object.hasOwn(fieldTexts, message) || ruleText(message, 'en') !== undefined) return message;
  return ruleOfKeyword[keyword] ?? 'format';
}

/** Fastify's own refusals, by status: none of its texts leaves the house. */
const ofStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'request.malformed',
  404: 'request.no-such-path',
  408: 'request.timeout',
  413: 'request.too-long',
  414: 'request.too-long',
  415: 'request.media-type',
  429: 'request.too-many',
};

function problemOfFastify(error: unknown, language: Language): Problem {
  const { statusCode } = error as Partial<FastifyError>;
  const code = ofStatus[statusCode ?? 500];
  if (code !== undefined) return problem(code, language);
  const foreseen = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return problem(foreseen ? 'request.malformed' : 'gateway.defect', language);
}

export function sendProblem(reply: FastifyReply, it: Problem, language: Language): FastifyReply {
  const wait = it['retryAfterSeconds'];
  if (typeof wait === 'number') void reply.header('retry-after', String(wait));
  return reply
    .code(it.status)
    .header('content-type', 'application/problem+json')
    .header('content-language', language)
    .header('link', '</api/v1/contact>; rel="help"')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(it);
}

/** Whether the interface itself is at fault, and operators should know. */
export function isDefect(it: Problem): boolean {
  return it.status >= 500 && !isRequestProblem(it.code);
}
