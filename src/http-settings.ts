import { isIP } from 'node:net';
import {
  host,
  integer,
  isPath,
  optional,
  size,
  type Given,
  type Setting,
} from './setting-kinds.ts';

const addressesOf = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '');

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const bitsMax = isIP(address) === 6 ? 128 : 32;
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  return isIP(address) !== 0 && fits && rest.length === 0;
}

function requests(whose: string, fallback: string, says: string): Given<number> {
  const env = `SLUIS_HTTP_${whose}_REQUESTS` as const;
  return integer({ env, fallback, says: `${says} Each process counts.` }, 1, 1_000_000);
}

/** What the HTTP interface and the health checks are told. */
export const httpSettings = {
  httpHost: host({
    env: 'SLUIS_HTTP_HOST',
    fallback: '127.0.0.1',
    says: 'Address of the portal and the health checks.',
  }),
  httpPort: integer(
    { env: 'SLUIS_HTTP_PORT', fallback: '8080', says: 'HTTP port; 0 takes any free one.' },
    0,
    65_535,
  ),
  httpBodyBytesMax: size({
    env: 'SLUIS_HTTP_BODY',
    fallback: '1MiB',
    says: 'Longest request body that is read.',
  }),
  httpTlsCert: optional(
    {
      env: 'SLUIS_HTTP_TLS_CERT',
      says: 'PEM file of the certificate chain of the portal; with it the port speaks HTTPS alone.',
    },
    'path of a file',
    isPath,
  ),
  httpTlsKey: optional(
    { env: 'SLUIS_HTTP_TLS_KEY', says: 'PEM file of the key that goes with it.' },
    'path of a file',
    isPath,
  ),
  httpMtlsPort: {
    env: 'SLUIS_HTTP_MTLS_PORT',
    fallback: undefined,
    type: 'number 0..65535',
    secret: false,
    says: 'Second HTTPS port, which asks for the certificate of a person; 0 takes any free one.',
    read: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined),
  } satisfies Setting<number>,
  httpTrustedProxies: optional(
    {
      env: 'SLUIS_HTTP_TRUSTED_PROXIES',
      says: 'Addresses or networks (10.0.0.0/8) of proxies whose X-Forwarded-For is believed.',
    },
    'list of addresses and networks',
    (text) => addressesOf(text).every(isNetwork),
  ),
  httpProxySecret: optional(
    {
      env: 'SLUIS_HTTP_PROXY_SECRET',
      secret: true,
      says: 'Lets a trusted proxy that sends it hand in the certificates it saw.',
    },
    'text of 32 characters or more',
    (text) => text.length >= 32,
  ),
  httpSourceRequestsMax: requests('SOURCE', '1200', 'Requests a minute of one address.'),
  httpSessionRequestsMax: requests('SESSION', '600', 'Requests a minute of one session or token.'),
  httpLoginRequestsMax: requests(
    'LOGIN',
    '60',
    'Logins and shown factors a minute of one address.',
  ),
  httpRecoveryRequestsMax: requests('RECOVERY', '10', 'Recovery requests a minute of one address.'),
} as const;
