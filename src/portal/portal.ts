import fastify, { type FastifyInstance } from 'fastify';
import type { HealthReport } from '../operations/index.ts';
import { Failure } from '../vocabulary/index.ts';
import { registerHealth } from './health.ts';
import { answerErrors } from './problem.ts';
import { registerHeaders } from './headers.ts';

/** Adds endpoints; each file of this room that has any exports one. */
export type RegisterEndpoints = (server: FastifyInstance) => void;

export interface PortalOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Asked for every readiness probe. */
  readonly health: () => Promise<HealthReport>;
  readonly bodyBytesMax?: number;
  readonly endpoints?: readonly RegisterEndpoints[];
  /** Told of errors we did not foresee; the client only learns that there was one. */
  readonly onDefect?: (error: unknown) => void;
}

export interface Portal {
  readonly url: string;
  /** Stops accepting, lets running requests end for at most ten seconds. */
  close(): Promise<void>;
}

const bodyBytesMaxDefault = 1024 * 1024;
const requestMs = 30_000;
const headerBytesMax = 16 * 1024;
const idleConnectionMs = 10_000;
const closeMs = 10_000;

/**
 * Starts the HTTP side.
 *
 * @throws Failure `channel.listen` when the address cannot be listened on.
 */
export async function startPortal(options: PortalOptions): Promise<Portal> {
  const { host, port, health } = options;
  const server = fastify({
    bodyLimit: options.bodyBytesMax ?? bodyBytesMaxDefault,
    requestTimeout: requestMs,
    keepAliveTimeout: idleConnectionMs,
    http: { maxHeaderSize: headerBytesMax },
    forceCloseConnections: 'idle',
    // No client chooses the number we tell its request by.
    requestIdHeader: false,
  });
  registerHeaders(server);
  answerErrors(server, options.onDefect ?? (() => undefined));
  registerHealth(server, health);
  for (const register of options.endpoints ?? []) register(server);
  try {
    const url = await server.listen({ host, port });
    return { url, close: () => closeWithin(server, closeMs) };
  } catch (error) {
    await server.close();
    const { code } = error as { readonly code?: unknown };
    const facts = { host, port, code: typeof code === 'string' ? code : 'unknown' };
    throw new Failure('channel.listen', facts, error);
  }
}

/** Lets running requests end, but not for ever. */
async function closeWithin(server: FastifyInstance, ms: number): Promise<void> {
  const late = setTimeout(() => {
    server.server.closeAllConnections();
  }, ms);
  try {
    await server.close();
  } finally {
    clearTimeout(late);
  }
}
