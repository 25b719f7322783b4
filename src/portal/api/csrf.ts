import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { csrfHeader } from './cookies.ts';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export function isUnsafe(method: string): boolean {
  return !safeMethods.has(method);
}

/**
 * Whether a browser says that another site sent this. Browsers send `Sec-Fetch-Site` or `Origin` with
 * every unsafe request; a client that sends neither is no browser and carries no foreign cookies.
 */
export function isForeign(request: FastifyRequest, origin: string | undefined): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const from = request.headers.origin;
  if (from === undefined) return false;
  return from !== (origin ?? `${request.protocol}://${request.host}`);
}

/** Whether the request repeats the token that its session was given. */
export function repeatsToken(request: FastifyRequest, csrfHash: Buffer): boolean {
  const given = request.headers[csrfHeader];
  if (typeof given !== 'string') return false;
  const hash = createHash('sha256').update(given).digest();
  return hash.length === csrfHash.length && timingSafeEqual(hash, csrfHash);
}
