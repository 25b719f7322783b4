import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Failure, failures, type FailureCode } from '../vocabulary/index.ts';

/** RFC 9457: what every error of the HTTP interface looks like. */
interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
}

const statuses: Partial<Record<FailureCode, number>> = {
  'registration.unknown': 404,
  'batch.unknown': 404,
  'registration.exists': 409,
  'batch.not-replayable': 409,
  'registration.invalid': 422,
  'computation.invalid-input': 422,
  'schema.refused': 422,
  'identity.refused': 401,
  'storage.unavailable': 503,
  'storage.disk-full': 503,
};

/** Facts of a failure are for the log: only failures the caller can act on tell theirs. */
export function answerErrors(server: FastifyInstance, onDefect: (error: unknown) => void): void {
  server.setNotFoundHandler((_request, reply) =>
    send(reply, { type: 'about:blank', title: 'Not Found', status: 404 }),
  );
  server.setErrorHandler((error: unknown, _request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) onDefect(error);
    return send(reply, problem);
  });
}

function problemOf(error: unknown): Problem {
  if (error instanceof Failure) {
    const status = statuses[error.code] ?? 500;
    const { says } = failures[error.code];
    const facts = Object.entries(error.facts).map(([key, value]) => `${key}: ${String(value)}`);
    const detail = status < 500 && facts.length > 0 ? { detail: facts.join('; ') } : {};
    return { type: 'about:blank', title: says, status, code: error.code, ...detail };
  }
  const { statusCode } = error as { readonly statusCode?: unknown };
  const known = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  const status = known ? statusCode : 500;
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status };
}

function send(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(problem));
}
