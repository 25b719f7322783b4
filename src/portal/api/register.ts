import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Language } from '../../vocabulary/index.ts';
import { admit, type AdmitOptions, type Admitted } from './admit.ts';
import { clientCertificateOf } from './client-certificate.ts';
import { cookiesOf } from './cookies.ts';
import { actionsOf, type ApiParts, type Endpoint, type Method } from './endpoint.ts';
import { languageDefault, languageOf } from './language.ts';
import { answersOf, describeApi, securityOf } from './openapi.ts';
import type { Access, SentFile } from './ports.ts';
import { isDefect, problem, problemOf, RequestRefused, sendProblem } from './problem.ts';
import { openRates } from './rates.ts';
import { sendFile, sendsFile } from './sent-file.ts';
import type { ApiSettings } from './settings.ts';

/** Below `/api`. */
const versionPrefix = '/v1';

export interface ApiOptions {
  readonly access: Access;
  readonly parts: ApiParts;
  readonly endpoints: readonly Endpoint[];
  readonly settings: ApiSettings;
  readonly onDefect: (error: unknown) => void;
}

declare module 'fastify' {
  interface FastifyRequest {
    admitted: Admitted | undefined;
    /** The language of the session, as soon as it is known. */
    spoken: Language | undefined;
  }
}

const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Adds the interface below `/api` to a server.
 *
 * @throws Error when an endpoint has no line in the matrix, admits unknown fields, or is there twice:
 *   a gateway with such an endpoint does not start.
 */
export async function registerApi(server: FastifyInstance, options: ApiOptions): Promise<void> {
  checkDefinitions(options.endpoints, options.access);
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.removeContentTypeParser('text/plain');
  server.decorateRequest('admitted', undefined);
  server.decorateRequest('spoken', undefined);
  answerProblems(server, options.onDefect);
  await server.register(cookie);
  const rates = await openRates(server, options.settings.limits);
  await describeApi(server, options.endpoints);
  const { access, settings } = options;
  for (const endpoint of options.endpoints) {
    addRoute(server, endpoint, {
      ...options,
      admission: { access, rates, origin: settings.origin },
    });
  }
  refuseOtherMethods(server, options.endpoints);
}

function checkDefinitions(endpoints: readonly Endpoint[], access: Access): void {
  const seen = new Set<string>();
  for (const endpoint of endpoints) {
    const { id, method, path, query, body, params } = endpoint;
    const unknown = actionsOf(endpoint).find((action) => !access.knows(action));
    if (unknown !== undefined) throw new Error(`${id}: the matrix has no line for ${unknown}`);
    if (
      endpoint.action !== 'public' &&
      endpoint.action !== 'own' &&
      actionsOf(endpoint).length === 0
    ) {
      throw new Error(`${id} names no action`);
    }
    for (const key of [id, `${method} ${path}`]) {
      if (seen.has(key)) throw new Error(`${key} is defined twice`);
      seen.add(key);
    }
    for (const schema of [query, body, params]) {
      if (schema !== undefined && !isStrict(schema)) throw new Error(`${id} admits unknown fields`);
    }
  }
}

function isStrict(schema: z.ZodType): boolean {
  if (schema instanceof z.ZodDiscriminatedUnion || schema instanceof z.ZodUnion) {
    return schema.options.every((option) => option instanceof z.ZodType && isStrict(option));
  }
  return schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodNever;
}

interface RouteOptions extends ApiOptions {
  readonly admission: AdmitOptions;
}

const noQuery = z.strictObject({});
/** Clients that always send JSON send an empty object. */
const noBody = z.union([z.undefined(), z.null(), z.strictObject({})]);

function addRoute(server: FastifyInstance, endpoint: Endpoint, o: RouteOptions): void {
  const { method, path, params, body, bodyBytesMax } = endpoint;
  const schema: FastifySchema = {
    ...(params === undefined ? {} : { params }),
    querystring: endpoint.query ?? noQuery,
    ...(method === 'GET' ? {} : { body: body ?? noBody }),
    response: answersOf(endpoint),
  };
  server.route({
    method,
    url: `${versionPrefix}${path}`,
    schema: { ...schema, ...describedBy(endpoint) },
    ...(bodyBytesMax === undefined ? {} : { bodyLimit: bodyBytesMax }),
    onRequest: async (request) => {
      request.admitted = await admit(request, endpoint, o.admission);
    },
    handler: async (request, reply) => {
      const answer = await endpoint.act(askOf(request, reply, { endpoint, ...o }));
      if (sendsFile(endpoint)) return sendFile(reply, answer as SentFile);
      const status = endpoint.status ?? (endpoint.answer === undefined ? 204 : 200);
      const version = (answer as { readonly version?: unknown } | undefined)?.version;
      if (typeof version === 'string') void reply.header('etag', `"${version}"`);
      void reply.code(status).header('content-language', languageFor(request));
      return status === 204 ? reply.send() : reply.send(answer);
    },
  });
}

/** What the description says beside the schemas. */
function describedBy(endpoint: Endpoint): FastifySchema {
  const { id, tag, summary, action } = endpoint;
  const actions = actionsOf(endpoint);
  const security = securityOf(endpoint);
  const said = {
    operationId: id,
    tags: [tag],
    summary,
    security,
    'x-sluis-actions': actions.length > 0 ? actions : [action],
  };
  return said;
}

function askOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { endpoint, parts, settings }: RouteOptions & { readonly endpoint: Endpoint },
): unknown {
  const { params, query, body, ip: source } = request;
  const language = languageFor(request);
  return {
    ...request.admitted,
    ...{ params, query, body, source, language, parts },
    userAgent: (request.headers['user-agent'] ?? '').slice(0, userAgentCharactersMax),
    clientCertificate: clientCertificateOf(request, settings.proxies),
    version: endpoint.asksVersion === true ? versionOf(request) : undefined,
    cookies: cookiesOf(reply),
  };
}

const userAgentCharactersMax = 300;

/** @throws RequestRefused `request.version-missing` */
function versionOf(request: FastifyRequest): string {
  const match = /^"([\x21\x23-\x7e]{1,100})"$/.exec(request.headers['if-match'] ?? '');
  if (match?.[1] === undefined) throw new RequestRefused('request.version-missing');
  return match[1];
}

function languageFor(request: FastifyRequest): Language {
  return request.spoken ?? languageOf(request.headers['accept-language']);
}

function answerProblems(server: FastifyInstance, onDefect: (error: unknown) => void): void {
  server.setErrorHandler((error: unknown, request, reply) => {
    const language = languageFor(request);
    const it = problemOf(error, { language, request });
    if (isDefect(it)) onDefect(error);
    return sendProblem(reply, it, language);
  });
  server.setNotFoundHandler((request, reply) => {
    const language = languageOf(request.headers['accept-language'] ?? languageDefault);
    return sendProblem(reply, problem('request.no-such-path', language), language);
  });
}

/** A known path asked in another way is 405 with what it does answer to (RFC 9110, 15.5.6). */
function refuseOtherMethods(server: FastifyInstance, endpoints: readonly Endpoint[]): void {
  for (const path of new Set(endpoints.map((one) => one.path))) {
    const there = endpoints.filter((one) => one.path === path);
    const allowed = methods.filter((method) => there.some((one) => one.method === method));
    const rest = methods.filter((method) => !allowed.includes(method));
    server.route({
      method: rest,
      url: `${versionPrefix}${path}`,
      schema: { hide: true },
      onRequest: async (_request, reply) => {
        void reply.header('allow', allowed.join(', '));
        return Promise.reject(new RequestRefused('request.method'));
      },
      handler: () => undefined,
    });
  }
}
