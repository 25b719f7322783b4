import { createHash } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Rate } from './endpoint.ts';
import { bearerTokenOf, sessionTokenOf } from './cookies.ts';
import { RequestRefused } from './problem.ts';
import type { RateLimits } from './settings.ts';

const windowMs = 60_000;
const keysMax = 20_000;
/** One machine commands a whole /64. */
const ipv6PrefixBits = 64;

/** Counts a request; throws when it is one too many. */
export type CountRequest = (request: FastifyRequest) => Promise<void>;

export interface Rates {
  /** By source: before anything costs us anything. */
  readonly bySource: Readonly<Record<Rate, CountRequest>>;
  /** By session or API token, whatever addresses it comes from. */
  readonly bySession: CountRequest;
}

/** @throws RequestRefused `request.too-many` by what it gives back. */
export async function openRates(server: FastifyInstance, limits: RateLimits): Promise<Rates> {
  await server.register(rateLimit, { global: false, cache: keysMax });
  const bySource = (name: string, max: number): CountRequest =>
    counter(
      server,
      max,
      (request) => `${name} ${rateLimit.normalizeIP(request.ip, ipv6PrefixBits)}`,
    );
  const usual = bySource('usual', limits.sourceRequestsPerMinuteMax);
  return {
    bySource: {
      usual,
      login: both(usual, bySource('login', limits.loginRequestsPerMinuteMax)),
      recovery: both(usual, bySource('recovery', limits.recoveryRequestsPerMinuteMax)),
    },
    bySession: counter(server, limits.sessionRequestsPerMinuteMax, (request) => {
      const token = bearerTokenOf(request) ?? sessionTokenOf(request) ?? '';
      // Tokens are secrets: what lies in memory to count by is not one.
      return createHash('sha256').update(token).digest('base64');
    }),
  };
}

function counter(
  server: FastifyInstance,
  max: number,
  keyGenerator: (request: FastifyRequest) => string,
): CountRequest {
  const count = server.createRateLimit({ max, timeWindow: windowMs, keyGenerator });
  return async (request) => {
    const limit = await count(request);
    if (limit.isAllowed || !limit.isExceeded) return;
    throw new RequestRefused('request.too-many', { retryAfterSeconds: limit.ttlInSeconds });
  };
}

function both(one: CountRequest, other: CountRequest): CountRequest {
  return async (request) => {
    await one(request);
    await other(request);
  };
}
