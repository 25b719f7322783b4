import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cookies } from './endpoint.ts';

/**
 * The session's token. `__Host-` makes browsers insist on Secure, on Path=/ and on no Domain, so that
 * neither a subdomain nor plain HTTP can plant one. Loopback addresses count as secure for browsers
 * and for curl, so `Secure` stays on there too.
 */
export const sessionCookie = '__Host-sluis';
/** The token that unsafe requests repeat in a header; pages may read it, other sites may not. */
export const csrfCookie = '__Host-sluis-csrf';
export const csrfHeader = 'x-csrf-token';

const attributes = { path: '/', secure: true, sameSite: 'strict' } as const;
const tokenCharactersMax = 200;

export function cookiesOf(reply: FastifyReply): Cookies {
  return {
    give({ token, csrf }) {
      void reply.setCookie(sessionCookie, token, { ...attributes, httpOnly: true });
      void reply.setCookie(csrfCookie, csrf, attributes);
    },
    clear() {
      void reply.clearCookie(sessionCookie, { ...attributes, httpOnly: true });
      void reply.clearCookie(csrfCookie, attributes);
    },
  };
}

export function sessionTokenOf(request: FastifyRequest): string | undefined {
  const token = request.cookies[sessionCookie];
  return token !== undefined && token.length <= tokenCharactersMax ? token : undefined;
}

/** The token of an `Authorization: Bearer` header; the scheme's name is not case-sensitive. */
export function bearerTokenOf(request: FastifyRequest): string | undefined {
  const match = /^bearer ([\x21-\x7e]{1,200})$/i.exec(request.headers.authorization ?? '');
  return match?.[1];
}
