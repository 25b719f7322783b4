import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Verdict } from '../operations/index.ts';
import type { Settings } from '../settings.ts';
import type { Clock } from '../vocabulary/index.ts';

type HttpSettings = Pick<
  Settings,
  'httpHost' | 'httpTlsCert' | 'httpTlsKey' | 'httpMtlsPort' | 'httpTrustedProxies' | 'roles'
>;

const dayMs = 86_400_000;
const certificateDaysMin = 30;
const loopback = new Set(['localhost', '127.0.0.1', '::1']);

/** Whether people can log in over the portal's address, and until when. */
export function httpVerdicts(settings: HttpSettings, clock: Clock): Verdict[] {
  const { httpHost, httpTlsCert, httpTlsKey, httpMtlsPort, httpTrustedProxies, roles } = settings;
  if (!roles.includes('portal')) return [{ state: 'ok', says: 'no portal in this process' }];
  if ((httpTlsCert === undefined) !== (httpTlsKey === undefined)) {
    const remedy = 'set both SLUIS_HTTP_TLS_CERT and SLUIS_HTTP_TLS_KEY, or neither';
    return [{ state: 'wrong', says: 'half of a TLS identity is set', remedy }];
  }
  if (httpTlsCert !== undefined && httpTlsKey !== undefined) {
    return [tlsVerdict({ httpTlsCert, httpTlsKey }, clock)];
  }
  if (httpMtlsPort !== undefined) {
    const remedy = 'set SLUIS_HTTP_TLS_CERT and SLUIS_HTTP_TLS_KEY';
    return [{ state: 'wrong', says: 'SLUIS_HTTP_MTLS_PORT needs TLS', remedy }];
  }
  if (loopback.has(httpHost) || httpTrustedProxies !== undefined) {
    return [{ state: 'ok', says: 'plain HTTP on this machine or behind a proxy' }];
  }
  const remedy = 'set SLUIS_HTTP_TLS_CERT and SLUIS_HTTP_TLS_KEY, or put a proxy before it';
  return [{ state: 'warning', says: 'plain HTTP: browsers keep no session on it', remedy }];
}

function tlsVerdict(
  files: { readonly httpTlsCert: string; readonly httpTlsKey: string },
  clock: Clock,
): Verdict {
  const remedy =
    'give both as PEM: the certificate first, then those above it; the key without passphrase';
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(readFileSync(files.httpTlsCert));
    if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(files.httpTlsKey)))) {
      return { state: 'wrong', says: 'the TLS key does not belong to the certificate', remedy };
    }
  } catch {
    return { state: 'wrong', says: 'the TLS key or certificate cannot be read', remedy };
  }
  const days = Math.floor((Date.parse(certificate.validTo) - clock.now().getTime()) / dayMs);
  if (days < 0) return { state: 'wrong', says: 'the TLS certificate has expired', remedy: renew };
  const says = `the TLS certificate expires in ${String(days)} days`;
  return days < certificateDaysMin
    ? { state: 'warning', says, remedy: renew }
    : { state: 'ok', says };
}

const renew = 'renew it and start the gateway again';
