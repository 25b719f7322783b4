import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import type { TrustedProxies } from './settings.ts';

/** Set by a proxy that ended the TLS connection, to the certificate it saw: URL-encoded PEM. */
const certificateHeader = 'x-client-certificate';
/** Proves that the header comes from the proxy and not through it. */
const secretHeader = 'x-proxy-secret';
const headerCharactersMax = 12_000;

/**
 * The certificate whose private key the client proved to hold: in the handshake of this connection,
 * or in the one with a trusted proxy. Whether anybody vouches for it is decided by whoever uses it.
 */
export function clientCertificateOf(
  request: FastifyRequest,
  proxies: TrustedProxies,
): Buffer | undefined {
  const { socket } = request.raw;
  if (socket instanceof TLSSocket) {
    const { raw } = socket.getPeerCertificate() as { readonly raw?: Buffer };
    if (raw !== undefined) return raw;
  }
  return fromProxy(request, proxies);
}

function fromProxy(request: FastifyRequest, proxies: TrustedProxies): Buffer | undefined {
  const { secret } = proxies;
  const given = request.headers[secretHeader];
  const encoded = request.headers[certificateHeader];
  if (secret === undefined || typeof given !== 'string' || typeof encoded !== 'string') {
    return undefined;
  }
  const isTrusted = proxies.trusts(request.raw.socket.remoteAddress ?? '') && isSame(given, secret);
  return isTrusted && encoded.length <= headerCharactersMax ? derOf(encoded) : undefined;
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function derOf(encoded: string): Buffer | undefined {
  try {
    return new X509Certificate(decodeURIComponent(encoded)).raw;
  } catch {
    // A proxy sends an empty or a garbled header when the client showed nothing.
    return undefined;
  }
}
