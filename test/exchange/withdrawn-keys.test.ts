import { randomUUID, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/vocabulary/index.ts';
import { loginKey, sftp, type Login } from '../make/clients.ts';
import { anExchange, type Exchange } from '../make/exchange.ts';
import { issue, type Issued } from '../make/pki.ts';
import { anInsz } from '../make/portal-house.ts';
import { closeOf, wireClient } from '../make/wire-client.ts';

let exchange: Exchange;
let folder: string;

beforeAll(async () => {
  exchange = await anExchange({
    clock: systemClock,
    settings: { roles: 'sftp', sftpPort: '0' },
  });
  folder = mkdtempSync(join(tmpdir(), 'sluis-withdrawn-'));
});
afterAll(async () => {
  await exchange.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Machine {
  readonly username: string;
  readonly issued: Issued;
  readonly fingerprint: string;
  readonly byKey: Login;
  readonly byCertificate: Login;
  readonly keyFingerprint: string;
}

/** A technical user with a key of SSH and a certificate, whose key logs in too. */
async function aMachine(username: string): Promise<Machine> {
  const key = loginKey(folder, username);
  const issued = await issue({ name: username });
  const path = join(folder, `${username}-certificate`);
  writeFileSync(path, issued.key.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  const { technicalUsers } = exchange.office.identity;
  await technicalUsers.register({
    ...{ username, sender: exchange.secretariat.sender, by: 'test' },
    sshKeys: [Buffer.from(key.publicLine)],
    certificates: [issued.certificate],
  });
  const { port, hostKeys } = exchange.sftp;
  const login = { port, username, folder, hostKey: hostKeys[0] ?? '' };
  const { knex } = exchange.office.database;
  const { rows } = await knex.raw<{ rows: { fingerprint: string }[] }>(
    `select c.fingerprint from credential c join technical_user u on u.id = c.technical_user_id
     where u.username = ? and c.kind = 'ssh-key'`,
    [username],
  );
  const keyFingerprint = rows[0]?.fingerprint ?? '';
  return {
    ...{ username, issued, keyFingerprint },
    fingerprint: new X509Certificate(issued.certificate).fingerprint256
      .replaceAll(':', '')
      .toLowerCase(),
    byKey: { ...login, keyPath: key.path },
    byCertificate: { ...login, keyPath: path },
  };
}

/** The same certificate, linked to a person too. */
async function linkedToPerson({ issued, fingerprint, username }: Machine): Promise<string> {
  const { office } = exchange;
  const operator = { name: 'test', role: 'operator', source: 'cli', language: 'en' } as const;
  const { person } = await office.identity.roles.carryOut(operator, {
    ...{ act: 'appoint', role: 'HD' },
    person: {
      ...{ insz: anInsz(), username: `p${username}`, email: 'person@example.org' },
      ...{ lastName: 'Maes', firstName: 'Lien', language: 'nl' },
    },
  });
  const { subject, issuer, validFrom, validTo } = new X509Certificate(issued.certificate);
  const id = randomUUID();
  const at = office.clock.now();
  await office.database.knex('person_certificate').insert({
    ...{ id, person_id: person.id, fingerprint, subject, issuer },
    ...{ serial: issued.serial, not_before: new Date(validFrom), not_after: new Date(validTo) },
    ...{ qualified: false, state: 'active', added_at: at, changed_at: at },
  });
  return id;
}

describe('a session over SFTP', () => {
  it('opened with the key of a certificate ends when that is retired; others stay', async () => {
    const machine = await aMachine('machine01');
    const [cut, kept] = [await wireClient(machine.byCertificate), await wireClient(machine.byKey)];
    const closed = closeOf(cut.socket);

    const { username, fingerprint } = machine;
    await exchange.office.identity.certificates.retire({ username, fingerprint, by: 'test' });
    await closed;

    expect((await kept.stat('IN')).isDirectory()).toBe(true);
    expect((await sftp(machine.byCertificate, ['pwd'])).code).toBe(255);
    await kept.end();
  });

  it.each(['blocked', 'revoked'] as const)(
    'opened with the key of a certificate ends when its person’s is %s (ACC-80)',
    async (to) => {
      const machine = await aMachine(`machine${to}`);
      const id = await linkedToPerson(machine);
      const [cut, kept] = [
        await wireClient(machine.byCertificate),
        await wireClient(machine.byKey),
      ];
      const closed = closeOf(cut.socket);

      const caller = { name: 'test', role: 'operator', source: 'cli', language: 'en' } as const;
      await exchange.office.identity.personCertificates.withdraw(caller, id, to);
      await closed;

      expect((await kept.stat('IN')).isDirectory()).toBe(true);
      expect((await sftp(machine.byCertificate, ['pwd'])).code).toBe(255);
      await kept.end();
    },
  );

  it('opened with a key ends when the key is retired; others stay', async () => {
    const machine = await aMachine('machine03');
    const [cut, kept] = [await wireClient(machine.byKey), await wireClient(machine.byCertificate)];
    const closed = closeOf(cut.socket);

    await exchange.office.identity.technicalUsers.retireKey({
      ...{ username: machine.username, fingerprint: machine.keyFingerprint, by: 'test' },
    });
    await closed;

    expect((await kept.stat('IN')).isDirectory()).toBe(true);
    await kept.end();
  });
});
