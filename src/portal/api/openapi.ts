import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { csrfHeader, sessionCookie } from './cookies.ts';
import { statusOf, type ProblemCode } from './problem-codes.ts';
import { titles } from './problem-texts.ts';
import { sendsFile } from './sent-file.ts';
import { tags } from './tags.ts';

/** Where the description of the interface lies, below `/api`. */
const openApiPath = '/openapi.json';

const problemSchema = z
  .object({
    type: z.string().describe('`urn:sluis:problem:` and the code.'),
    title: z.string().describe('What happened, in the language of the session or of the request.'),
    status: z.int(),
    code: z.string().describe('Stable: decide by it, never by a text.'),
    detail: z.string().optional(),
    rule: z.string().optional().describe('The rule that was broken.'),
    stage: z.string().optional().describe('How far the login is, with `request.stage`.'),
    retryAfterSeconds: z.int().optional(),
    accepted: z.string().optional().describe('What would have been accepted.'),
    alias: z.string().optional().describe('The code as older systems wrote it.'),
    linkedUntil: z.string().optional().describe('Until when the linked certificate holds.'),
    errors: z
      .array(
        z.object({
          in: z.string().describe('body, query or params'),
          pointer: z.string().describe('JSON Pointer (RFC 6901) to the value.'),
          rule: z.string(),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' });

/** Every code an endpoint may answer with: its own, and what the frame adds for its kind. */
export function problemsOf(endpoint: Endpoint): readonly ProblemCode[] {
  const { action, method, params, asksVersion, errors = [] } = endpoint;
  const isMatrix = action !== 'public' && action !== 'own';
  const frame: readonly (ProblemCode | false)[] = [
    'request.invalid',
    method !== 'GET' && 'request.malformed',
    method !== 'GET' && 'request.foreign',
    method !== 'GET' && 'request.too-long',
    method !== 'GET' && 'request.media-type',
    action !== 'public' && 'request.no-session',
    action !== 'public' && method !== 'GET' && 'request.csrf',
    action !== 'public' && 'request.stage',
    isMatrix && 'access.denied',
    params !== undefined && 'registration.unknown',
    asksVersion === true && 'request.stale',
    asksVersion === true && 'request.version-missing',
    'request.too-many',
    'storage.unavailable',
  ];
  const listed = frame.filter((code): code is ProblemCode => code !== false);
  return [...new Set([...listed, ...errors])];
}

/** Answers by status, as the description and the serializer want them. */
export function answersOf(endpoint: Endpoint): Record<string, unknown> {
  const { answer, summary } = endpoint;
  const status = endpoint.status ?? (answer === undefined ? 204 : 200);
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(endpoint)) {
    byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  }
  const problems = [...byStatus].map(([number, codes]) => [
    String(number),
    { description: codes.map(explained).join(' '), content: problemContent },
  ]);
  if (sendsFile(endpoint)) {
    const content = { 'application/octet-stream': { schema: fileContent } };
    const file = { description: summary, content };
    return { [status]: file, ...Object.fromEntries(problems) } as Record<string, unknown>;
  }
  const success =
    answer === undefined || status === 204
      ? z.undefined().describe(`Done: ${summary}`)
      : { description: summary, content: { 'application/json': { schema: answer } } };
  return { [status]: success, ...Object.fromEntries(problems) } as Record<string, unknown>;
}

const fileContent = z.string().meta({ format: 'binary' });
const problemContent = { 'application/problem+json': { schema: problemSchema } };

function explained(code: ProblemCode): string {
  return `\`${code}\`: ${titles[code]?.en ?? code}`;
}

/** Serves OpenAPI 3.1 made from the definitions. Must be registered before the routes. */
export async function describeApi(
  server: FastifyInstance,
  endpoints: readonly Endpoint[],
): Promise<void> {
  const used = new Set(endpoints.map(({ tag }) => tag));
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'sluis',
        version: '1',
        description:
          'Identity and access: who may send, who may manage whom, and how they prove it.',
      },
      servers: [{ url: '/', description: 'This gateway' }],
      tags: tags.filter(({ name }) => used.has(name)).map((tag) => ({ ...tag })),
      components: { securitySchemes },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => usedAlone(jsonSchemaTransformObject(document)),
  });
  const description = (): object => server.swagger();
  server.get(openApiPath, { schema: { hide: true } }, description);
}

interface Described {
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

/** Every named schema comes in two forms, for what is read and what is written: most use one. */
function usedAlone<T extends object>(document: T): T {
  const { components = {} } = document as Described;
  const { schemas = {} } = components;
  const used = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(schemas[name] ?? {});
    }
  };
  visit({ ...document, components: {} });
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  return { ...document, components: { ...components, schemas: Object.fromEntries(kept) } };
}

const securitySchemes = {
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: sessionCookie,
    description: 'Set by a login. A reference without content; ended by logout and by its limits.',
  },
  csrf: {
    type: 'apiKey',
    in: 'header',
    name: csrfHeader,
    description: 'Repeats the `__Host-sluis-csrf` cookie with everything that changes something.',
  },
  token: { type: 'http', scheme: 'bearer', description: 'An API token: one person in one role.' },
} as const;

/** Which of these an endpoint accepts. */
export function securityOf(endpoint: Endpoint): Record<string, string[]>[] {
  const { action, method } = endpoint;
  if (action === 'public') return [];
  const byCookie: Record<string, string[]> =
    method === 'GET' ? { session: [] } : { session: [], csrf: [] };
  const byToken = endpoint.byToken ?? action !== 'own';
  return byToken ? [byCookie, { token: [] }] : [byCookie];
}
