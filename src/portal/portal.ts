import { constants } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import fastify, { type FastifyInstance } from 'fastify';
import type { HealthReport } from '../operations/index.ts';
import { Failure } from '../vocabulary/index.ts';
import { registerApi, type ApiOptions } from './api/index.ts';
import { registerHealth } from './health.ts';
import { answerErrors } from './problem.ts';
import { registerHeaders } from './headers.ts';

/** Adds endpoints; each file of this room that has any exports one. */
export type RegisterEndpoints = (server: FastifyInstance) => void;

/** A key and the certificates from it upwards, as PEM. */
export interface TlsIdentity {
  readonly key: Buffer | string;
  readonly certificate: Buffer | string;
}

export interface PortalOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Asked for every readiness probe. */
  readonly health: () => Promise<HealthReport>;
  readonly bodyBytesMax?: number;
  readonly endpoints?: readonly RegisterEndpoints[];
  readonly api?: Omit<ApiOptions, 'onDefect'>;
  /** With it the port speaks HTTPS alone. */
  readonly tls?: TlsIdentity;
  /**
   * A second port, for logging in by certificate: the same interface, and browsers are asked for a
   * certificate of these authorities (PEM). Nobody is turned away by the handshake: what a
   * certificate is worth is decided by the login, which can say what is wrong with it.
   */
  readonly mutualTls?: { readonly port: number; readonly authorities: readonly string[] };
  /** Told of errors we did not foresee; the client only learns that there was one. */
  readonly onDefect?: (error: unknown) => void;
}

export interface Portal {
  readonly url: string;
  /** Of the port that asks for certificates. */
  readonly mutualTlsUrl?: string;
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
 * @throws Failure `channel.listen` when an address cannot be listened on, `seal.unreadable` when key
 * and certificate of TLS do not go together.
 */
export async function startPortal(options: PortalOptions): Promise<Portal> {
  const { host, port, tls, mutualTls } = options;
  const main = await listening(options, { host, port, ...(tls && { https: httpsOf(tls) }) });
  if (tls === undefined || mutualTls === undefined) {
    return { url: main.url, close: () => closeWithin(main.server, closeMs) };
  }
  try {
    const https = { ...httpsOf(tls), ...askingFor(mutualTls.authorities) };
    const second = await listening(options, { host, port: mutualTls.port, https });
    return {
      url: main.url,
      mutualTlsUrl: second.url,
      async close() {
        await Promise.all([closeWithin(main.server, closeMs), closeWithin(second.server, closeMs)]);
      },
    };
  } catch (error) {
    await main.server.close();
    throw error;
  }
}

function httpsOf({ key, certificate }: TlsIdentity): ServerOptions {
  return { key, cert: certificate, minVersion: 'TLSv1.2' };
}

/** Without tickets every connection shows its certificate anew: a resumed one would not. */
function askingFor(authorities: readonly string[]): ServerOptions {
  return {
    requestCert: true,
    rejectUnauthorized: false,
    secureOptions: constants.SSL_OP_NO_TICKET,
    ...(authorities.length === 0 ? {} : { ca: [...authorities] }),
  };
}

interface Listening {
  readonly server: FastifyInstance;
  readonly url: string;
}

async function listening(
  options: PortalOptions,
  where: { readonly host: string; readonly port: number; readonly https?: ServerOptions },
): Promise<Listening> {
  const { host, port, https } = where;
  const server = serverOf(options, https);
  const onDefect = options.onDefect ?? (() => undefined);
  registerHeaders(server);
  answerErrors(server, onDefect);
  registerHealth(server, options.health);
  for (const register of options.endpoints ?? []) register(server);
  try {
    const { api } = options;
    if (api !== undefined) {
      await server.register((below) => registerApi(below, { ...api, onDefect }), {
        prefix: '/api',
      });
    }
    return { server, url: await server.listen({ host, port }) };
  } catch (error) {
    await server.close();
    const { code, syscall } = error as { readonly code?: unknown; readonly syscall?: unknown };
    // A definition that cannot be registered is not an address in use.
    if (syscall === undefined) throw error;
    const facts = { host, port, code: typeof code === 'string' ? code : 'unknown' };
    throw new Failure('channel.listen', facts, error);
  }
}

function serverOf(options: PortalOptions, https: ServerOptions | undefined): FastifyInstance {
  const { bodyBytesMax = bodyBytesMaxDefault, api } = options;
  const common = {
    bodyLimit: bodyBytesMax,
    requestTimeout: requestMs,
    keepAliveTimeout: idleConnectionMs,
    forceCloseConnections: 'idle' as const,
    // No client chooses the number we tell its request by.
    requestIdHeader: false as const,
    trustProxy: (address: string) => api?.settings.proxies.trusts(address) ?? false,
  };
  const limits = { maxHeaderSize: headerBytesMax };
  if (https === undefined) return fastify({ ...common, http: limits });
  try {
    return fastify({ ...common, https: { ...limits, ...https } });
  } catch (error) {
    throw new Failure('seal.unreadable', { what: 'the TLS key or certificate' }, error);
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
