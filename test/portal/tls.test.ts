import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { endpoint } from '../../src/portal/api/endpoint.ts';
import { proxiesOf, startPortal, type ApiSettings, type Portal } from '../../src/portal/index.ts';
import { selfSignedCertificate, type SelfSigned } from '../../src/seal/index.ts';
import { apiSettings, fakeAccess } from '../fakes/access.ts';

let server: SelfSigned;
let person: SelfSigned;
beforeAll(async () => {
  const period = { from: new Date('2026-01-01'), to: new Date('2036-01-01') };
  const keyPair = { type: 'ec', curve: 'P-256' } as const;
  server = await selfSignedCertificate({ commonName: 'localhost', keyPair, ...period });
  person = await selfSignedCertificate({ commonName: 'Jan', keyPair, ...period });
});

let portal: Portal | undefined;
afterEach(async () => {
  await portal?.close();
  portal = undefined;
});

const whose = endpoint({
  method: 'GET',
  path: '/whose',
  id: 'whose',
  tag: 'login',
  summary: 'Whose certificate',
  action: 'public',
  answer: z.object({ subject: z.string().optional() }),
  act: ({ clientCertificate }) =>
    Promise.resolve(
      clientCertificate === undefined
        ? {}
        : { subject: new X509Certificate(clientCertificate).subject },
    ),
});

async function start(o: { tls?: boolean; settings?: Partial<ApiSettings> } = {}): Promise<Portal> {
  portal = await startPortal({
    host: '127.0.0.1',
    port: 0,
    health: () => Promise.resolve({ state: 'ok', lines: [] }),
    api: {
      access: fakeAccess().access,
      parts: {} as never,
      endpoints: [whose],
      settings: { ...apiSettings, ...o.settings },
    },
    ...(o.tls === false
      ? {}
      : {
          tls: { key: keyOf(server), certificate: server.certificatePem },
          mutualTls: { port: 0, authorities: [person.certificatePem] },
        }),
  });
  return portal;
}

function keyOf({ key }: SelfSigned): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** What the server says, or the code of the error that ended the connection. */
function asked(url: string | undefined, options: RequestOptions = {}): Promise<unknown> {
  return new Promise((resolve) => {
    const sent = request(
      `${url ?? ''}/api/v1/whose`,
      { ...options, ca: server.certificatePem, servername: 'localhost', agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        answer.on('end', () => {
          resolve(JSON.parse(text));
        });
      },
    );
    sent.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code);
    });
    sent.end();
  });
}

const shown = { key: '', cert: '' };
beforeAll(() => {
  Object.assign(shown, { key: keyOf(person), cert: person.certificatePem });
});

describe('a portal with a certificate of its own', () => {
  it('asks for a certificate on its second port alone', async () => {
    const { url, mutualTlsUrl } = await start();

    expect(await asked(url, shown)).toEqual({});
    expect(await asked(mutualTlsUrl, shown)).toEqual({ subject: 'CN=Jan' });
  });

  it('lets clients without one, or with one it does not know, reach the login all the same', async () => {
    const { mutualTlsUrl } = await start();
    const stranger = { key: keyOf(server), cert: server.certificatePem };

    expect(await asked(mutualTlsUrl)).toEqual({});
    expect(await asked(mutualTlsUrl, stranger)).toEqual({ subject: 'CN=localhost' });
  });

  it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
    const { url } = await start();
    const at = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      asked(url, {
        minVersion: version,
        maxVersion: version,
        // OpenSSL itself refuses the old ones unless told otherwise.
        ...(version === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
      });

    expect(await at('TLSv1.1')).not.toEqual({});
    expect([await at('TLSv1.2'), await at('TLSv1.3')]).toEqual([{}, {}]);
  });

  it('does not start with a key that is not that of the certificate', async () => {
    const wrong = startPortal({
      host: '127.0.0.1',
      port: 0,
      health: () => Promise.resolve({ state: 'ok', lines: [] }),
      tls: { key: keyOf(person), certificate: server.certificatePem },
    });

    await expect(wrong).rejects.toMatchObject({ code: 'seal.unreadable' });
  });
});

describe('a certificate that a proxy hands in', () => {
  const secret = 'a secret of thirty-two characters';
  const ask = async (
    settings: Partial<ApiSettings>,
    headers: Record<string, string>,
  ): Promise<unknown> => {
    const { url } = await start({ tls: false, settings });
    const answer: unknown = await (await fetch(`${url}/api/v1/whose`, { headers })).json();
    return answer;
  };
  const handed = (given: string): Record<string, string> => ({
    'x-proxy-secret': given,
    'x-client-certificate': encodeURIComponent(person.certificatePem),
  });
  const near = proxiesOf(['127.0.0.1']);

  it('counts from a trusted address with the secret', async () => {
    expect(await ask({ proxies: { ...near, secret } }, handed(secret))).toEqual({
      subject: 'CN=Jan',
    });
  });

  it.each([
    ['another secret', { ...near, secret }, 'another secret of thirty-two chars'],
    ['an address that is not trusted', { ...proxiesOf(['10.0.0.0/8']), secret }, secret],
    ['no secret agreed', near, secret],
  ])('counts for nothing with %s', async (_what, proxies, given) => {
    expect(await ask({ proxies }, handed(given))).toEqual({});
  });

  it('counts for nothing when it cannot be read', async () => {
    const headers = { ...handed(secret), 'x-client-certificate': '%E0%A4%A' };

    expect(await ask({ proxies: { ...near, secret } }, headers)).toEqual({});
  });
});

describe('trusted proxies', () => {
  it.each([
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['192.0.2.1', false],
    ['2001:db8::7', true],
    ['2001:db9::7', false],
    ['unix', false],
  ])('named by networks: %s is one: %s', (address, expected) => {
    expect(proxiesOf(['10.0.0.0/8', '2001:db8::/32']).trusts(address)).toBe(expected);
  });
});
