import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from '../make/api-client.ts';
import { loginKey, needs, sftp, type Login } from '../make/clients.ts';
import { portalHouse, type House, type PortalHouse } from '../make/portal-house.ts';
import { closeOf, wireClient, wireConnection } from '../make/wire-client.ts';

let house: PortalHouse;
let home: House;
let am: ApiClient;
let folder: string;
const sender = '765431';

beforeAll(async () => {
  house = await portalHouse({ settings: { roles: 'portal,sftp', sftpPort: '0' } });
  home = await house.enterprise();
  await house.office.identity.senders.register({
    ...{ number: sender, enterprise: home.number, quality: 'employer', by: 'test' },
  });
  am = await house.enter(home.people.AM);
  folder = mkdtempSync(join(tmpdir(), 'sluis-technical-'));
});
afterAll(async () => {
  await house.close();
  rmSync(folder, { recursive: true, force: true });
});

const contact = { name: 'An Peeters', email: 'an@example.org' };
const password = 'zeven eenden op het kanaal';

function loginOf(username: string, keyPath = join(folder, 'none')): Login {
  const { port, hostKeys } = house.sftp;
  return { port, username, folder, keyPath, hostKey: hostKeys[0] ?? '' };
}

/** Registers a technical user through the interface, with a key of SSH. */
async function byKey(username: string): Promise<Login> {
  const key = loginKey(folder, username);
  const made = await am.post('/technical-users', { username, contact, sshKeys: [key.publicLine] });
  expect([made.status, made.body['sender']]).toEqual([201, sender]);
  return loginOf(username, key.path);
}

describe('ACC-16: a technical user that an access manager registered', () => {
  needs('sftp')('with a key', () => {
    it('logs in over SFTP, sends for the quality, and is refused by the portal', async () => {
      const login = await byKey('technical01');
      const file = join(folder, 'file');
      writeFileSync(file, 'content');

      const sent = await sftp(login, [`put ${file} IN/FI.TEST`, 'ls OUT', 'ls IN']);
      const portal = await house.client().post('/login/password', {
        ...{ username: 'technical01', password },
      });

      expect({ code: sent.code, listed: sent.output.includes('FI.TEST') }).toEqual({
        ...{ code: 0, listed: true },
      });
      const landed = await house.office.database.knex('landed_file').where({ sender });
      expect(landed).toMatchObject([{ name: 'FI.TEST' }]);
      expect([portal.status, portal.code]).toEqual([401, 'identity.refused']);
    });
  });

  it('with a password logs in over SFTP with it, with no other, and not at the portal', async () => {
    const username = 'technical02';
    const made = await am.post('/technical-users', { username, contact, password });
    expect(made.status).toBe(201);
    const of = (typed: string) => ({ password: typed, tryKeyboard: false });

    const client = await wireClient(loginOf(username), of(password));
    const directory = await client.stat('IN');
    await client.end();
    const wrong = wireConnection(loginOf(username), of('acht eenden op het kanaal'));

    expect(directory.isDirectory()).toBe(true);
    await expect(wrong).rejects.toBeDefined();
    const portal = await house.client().post('/login/password', { username, password });
    expect([portal.status, portal.code]).toEqual([401, 'identity.refused']);
  });

  it('is cut off when it is blocked, and let in again when it is unblocked', async () => {
    const login = await byKey('technical03');
    const session = await wireClient(login);
    const closed = closeOf(session.socket);

    const blocked = await am.post('/technical-users/technical03/block');
    await closed;
    const refused = wireConnection(login);
    await expect(refused).rejects.toBeDefined();
    const unblocked = await am.post('/technical-users/technical03/unblock');
    const again = await wireClient(login);

    expect([blocked.status, unblocked.status]).toEqual([204, 204]);
    expect((await again.stat('IN')).isDirectory()).toBe(true);
    await again.end();
  });
});
