import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { request } from 'node:https';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from '../make/api-client.ts';
import { testFolder, type TestFolder } from '../make/folder.ts';
import { issue, type Issued } from '../make/pki.ts';
import {
  goodPassword,
  portalHouse,
  type Appointed,
  type House,
  type PortalHouse,
} from '../make/portal-house.ts';

let folder: TestFolder;
let house: PortalHouse;
let home: House;
let recognised: Issued;
beforeAll(async () => {
  folder = testFolder();
  const server = await issue({ name: 'localhost' });
  await writeFile(join(folder.path, 'tls.crt'), server.certificatePem);
  await writeFile(join(folder.path, 'tls.key'), server.keyPem);
  house = await portalHouse({
    settings: {
      httpTlsCert: join(folder.path, 'tls.crt'),
      httpTlsKey: join(folder.path, 'tls.key'),
      httpMtlsPort: '0',
    },
  });
  recognised = await issue({ name: 'Recognised', authority: {} });
  const file = Buffer.from(recognised.certificatePem);
  await house.office.identity.trust.add({ file, by: 'test' });
  home = await house.enterprise();
});
afterAll(async () => {
  await house.close();
  folder.remove();
});

const newUser = () => house.appoint('USR', { qualityId: home.qualityId });
const base64 = ({ certificate }: Issued): string => certificate.toString('base64');

async function link(client: ApiClient, certificate: Issued) {
  const file = base64(certificate);
  const preview = await client.post('/me/certificates/previews', { file });
  const { fingerprint } = preview.body;
  return client.post('/me/certificates', { file, fingerprint });
}

/** A call on the port that asks for certificates. */
function shown(
  certificate: Issued | undefined,
  path: string,
  body?: object,
  client?: ApiClient,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const text = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      `${house.mutualTlsUrl ?? ''}/api/v1${path}`,
      {
        method: 'POST',
        agent: false,
        // The server's certificate is not what these tests are about.
        rejectUnauthorized: false,
        ...(certificate === undefined
          ? {}
          : { key: certificate.keyPem, cert: certificate.certificatePem }),
        headers: {
          ...(text === '' ? {} : { 'content-type': 'application/json' }),
          ...(client === undefined ? {} : cookieOf(client)),
        },
      },
      (answer) => {
        let read = '';
        answer.setEncoding('utf8').on('data', (piece: string) => (read += piece));
        for (const line of answer.headers['set-cookie'] ?? []) client?.keep(line);
        answer.on('end', () => {
          resolve({
            status: answer.statusCode ?? 0,
            body: JSON.parse(read) as Record<string, unknown>,
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}

function cookieOf({ cookies }: ApiClient): Record<string, string> {
  return {
    cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    'x-csrf-token': cookies.get('__Host-sluis-csrf') ?? '',
  };
}

const byCertificate = (certificate?: Issued) => shown(certificate, '/login/certificate');
const byBoth = (user: Appointed, certificate: Issued, password = goodPassword) =>
  shown(certificate, '/login/password', {
    ...{ username: user.username, password, withCertificate: true },
  });

describe('ACC-67: a certificate uploaded', () => {
  it('is shown before it is linked, whatever form the file has', async () => {
    const client = await house.enter(await newUser());
    const certificate = await issue({ name: 'Anke', by: recognised });

    const der = await client.post('/me/certificates/previews', { file: base64(certificate) });
    const pem = await client.post('/me/certificates/previews', {
      file: certificate.certificatePem,
    });
    const chain = new x509.X509Certificates([
      new x509.X509Certificate(certificate.certificate),
      new x509.X509Certificate(recognised.certificate),
    ]);
    const bundle = await client.post('/me/certificates/previews', { file: chain.export('base64') });

    expect(der.body).toMatchObject({
      ...{
        subject: expect.stringContaining('Anke'),
        issuer: expect.stringContaining('Recognised'),
      },
      ...{ serial: expect.any(String), fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ...{ notBefore: expect.any(String), notAfter: expect.any(String), qualified: false },
    });
    expect([pem.body, bundle.body]).toEqual([der.body, der.body]);
    expect((await client.get('/me/certificates')).body['items']).toEqual([]);
  });

  it('is linked only as it was shown', async () => {
    const client = await house.enter(await newUser());
    const [one, other] = [
      await issue({ name: 'One', by: recognised }),
      await issue({ name: 'Other', by: recognised }),
    ];
    const preview = await client.post('/me/certificates/previews', { file: base64(one) });
    const { fingerprint } = preview.body;

    const swapped = await client.post('/me/certificates', { file: base64(other), fingerprint });

    expect(swapped.status).toBe(422);
  });

  it('that cannot be read is refused', async () => {
    const client = await house.enter(await newUser());

    const answer = await client.post('/me/certificates/previews', { file: 'bm90aGluZw==' });

    expect([answer.status, answer.code]).toEqual([422, 'seal.unreadable']);
  });
});

describe('ACC-68: a certificate', () => {
  it('belongs to one person', async () => {
    const [one, other] = [await house.enter(await newUser()), await house.enter(await newUser())];
    const certificate = await issue({ name: 'Shared', by: recognised });

    const first = await link(one, certificate);
    const file = base64(certificate);
    const preview = await other.post('/me/certificates/previews', { file });
    const { fingerprint } = first.body;
    const second = await other.post('/me/certificates', { file, fingerprint });

    expect([first.status, preview.status, second.status]).toEqual([201, 409, 409]);
    expect([preview.code, second.code]).toEqual(['registration.exists', 'registration.exists']);
    expect((await other.get('/me/certificates')).body['items']).toEqual([]);
  });
});

describe('ACC-73: an issuer that is not recognised', () => {
  it('is refused at upload, with those that are', async () => {
    const client = await house.enter(await newUser());
    const foreign = await issue({ name: 'Self' });

    const answer = await client.post('/me/certificates/previews', { file: base64(foreign) });

    expect([answer.status, answer.body['rule']]).toEqual([422, 'CERT_UNTRUSTED']);
    expect(answer.body['accepted']).toContain('Recognised');
  });
});

describe('ACC-54 and ACC-74: a login by certificate', () => {
  it('opens the same person as the password does', async () => {
    const user = await newUser();
    const certificate = await issue({ name: 'Anke', by: recognised });
    await link(await house.enter(user), certificate);

    const client = house.client();
    const login = await shown(certificate, '/login/certificate', undefined, client);

    expect([login.status, login.body['stage']]).toEqual([200, 'open']);
    expect((await client.get('/me')).body).toMatchObject({ username: user.username });
  });

  it('without a certificate says what to do instead', async () => {
    const login = await byCertificate();

    expect([login.status, login.body['rule'], login.body['alias']]).toEqual([
      ...[401, 'AUTH_CLIENT_ENV', 'Authentication_200'],
    ]);
  });
});

describe('ACC-55: certificate and password together', () => {
  it('open, and neither opens with the other wrong', async () => {
    const [user, other] = [await newUser(), await newUser()];
    const [mine, his] = [
      await issue({ name: 'Mine', by: recognised }),
      await issue({ name: 'His', by: recognised }),
    ];
    await link(await house.enter(user), mine);
    await link(await house.enter(other), his);

    const right = await byBoth(user, mine);
    const wrong = await byBoth(user, his);
    const badPassword = await byBoth(user, mine, 'not the password at all');

    expect([right.status, wrong.status, badPassword.status]).toEqual([200, 401, 401]);
    expect(wrong.body['rule']).toBe('AUTH_CERT_MISMATCH');
    expect([badPassword.body['code'], badPassword.body['rule']]).toEqual([
      ...['identity.refused', undefined],
    ]);
  });
});

describe('ACC-70, ACC-71, ACC-72 and ACC-79: what is wrong with a certificate', () => {
  it('is told by the code people search for, never by a 404', async () => {
    const user = await newUser();
    const [linked, renewed, stranger] = [
      await issue({ name: 'Renewable', by: recognised }),
      await issue({ name: 'Renewable', by: recognised }),
      await issue({ name: 'Stranger', by: recognised }),
    ];
    await link(await house.enter(user), linked);

    const [unlinked, mismatch] = [await byCertificate(stranger), await byCertificate(renewed)];

    expect([unlinked.status, unlinked.body['rule'], unlinked.body['alias']]).toEqual([
      ...[401, 'AUTH_CERT_NOT_LINKED', 'user_no_certificat_in_LDAP'],
    ]);
    expect([mismatch.status, mismatch.body['rule'], mismatch.body['alias']]).toEqual([
      ...[401, 'AUTH_CERT_MISMATCH', 'user_wrong_certificat'],
    ]);
    const op = await house.enter(await house.appoint('OP'));
    const trail = await op.get('/audit-events?action=login.certificate&max=5');
    const [last] = trail.body['items'] as readonly { readonly after: unknown }[];
    const fingerprintOf = ({ certificate }: Issued) =>
      createHash('sha256').update(certificate).digest('hex');
    expect(last?.after).toMatchObject({
      ...{ shown: fingerprintOf(renewed), linked: fingerprintOf(linked) },
    });
  });

  it('is explained under every spelling', async () => {
    const client = house.client();
    const codeOf = async (text: string) =>
      (
        (await client.get(`/articles?text=${encodeURIComponent(text)}`)).body['items'] as [
          { readonly code: string },
        ]
      )[0].code;

    expect(await codeOf('User_egov_no_certifcat_in _LDAP')).toBe('AUTH_CERT_NOT_LINKED');
    expect(await codeOf('USER-WRONG-CERTIFICAT')).toBe('AUTH_CERT_MISMATCH');
    expect(await codeOf('00000null')).toBe('ENTERPRISE_NUMBER_MISSING');
    expect(await codeOf('authentication 200')).toBe('AUTH_CLIENT_ENV');
  });
});

describe('ACC-69: an application that asks for a certificate', () => {
  it('is opened after the certificate was shown as well', async () => {
    const labels = { nl: 'x', fr: 'x', de: 'x', en: 'x' };
    await house.office.identity.applications.save(house.operator, {
      ...{ code: 'sealed', labels, qualityTypes: ['employer'], roles: [] },
      ...{ certificateRequired: true, ordinal: 1 },
    });
    const am = await house.enter(home.people.AM);
    const certificate = await issue({ name: 'Lien', by: recognised });
    await link(am, certificate);

    const without = await am.post('/applications/sealed/openings', {});
    const stepUp = await shown(certificate, '/session/certificate', undefined, am);
    const after = await am.post('/applications/sealed/openings', {});

    expect([without.status, without.code]).toEqual([403, 'signin.certificate-required']);
    expect([stepUp.status, after.status]).toEqual([200, 200]);
  });
});

describe('ACC-77: a renewal', () => {
  it('leaves both certificates in force until the old one is retired', async () => {
    const user = await newUser();
    const client = await house.enter(user);
    const [old, renewed] = [
      await issue({ name: 'Overlap', by: recognised }),
      await issue({ name: 'Overlap', by: recognised }),
    ];
    const first = await link(client, old);
    await link(client, renewed);

    const both = [(await byCertificate(old)).status, (await byCertificate(renewed)).status];
    const retired = await client.post(`/me/certificates/${String(first.body['id'])}/retirement`);
    const after = [(await byCertificate(old)).status, (await byCertificate(renewed)).status];

    expect([both, retired.status, after]).toEqual([[200, 200], 204, [401, 200]]);
  });
});

describe('ACC-80: a certificate withdrawn', () => {
  it('by its owner, his manager or the help desk opens nothing at once', async () => {
    const user = await newUser();
    const client = await house.enter(user);
    const certificate = await issue({ name: 'Blocked', by: recognised });
    const { body } = await link(client, certificate);
    const am = await house.enter(home.people.AM);
    const path = `/person-certificates/${String(body['id'])}/state`;

    const blocked = await am.put(path, { state: 'blocked' });
    const during = (await byCertificate(certificate)).status;
    await am.put(path, { state: 'active' });
    const between = (await byCertificate(certificate)).status;
    for (const who of [home.people.CAM, await house.appoint('HD')]) {
      const other = await house.enter(who);
      expect((await other.put(path, { state: 'blocked' })).status).toBe(204);
      expect((await byCertificate(certificate)).status).toBe(401);
      expect((await other.put(path, { state: 'active' })).status).toBe(204);
    }
    const own = await client.post(`/me/certificates/${String(body['id'])}/block`);
    const after = (await byCertificate(certificate)).status;

    expect([blocked.status, during, between, own.status, after]).toEqual([
      ...[204, 401, 200, 204, 401],
    ]);
  });
});
