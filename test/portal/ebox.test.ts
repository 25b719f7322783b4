import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eboxOutlet, type Outlet, type Parcel } from '../../src/channels/index.ts';
import { openDocumentTypes } from '../../src/ebox.ts';
import { keepEboxes } from '../../src/ebox-upkeep.ts';
import { dispositionOf } from '../../src/portal/api/sent-file.ts';
import { eboxStore } from '../../src/storage/index.ts';
import { aParcel, aPart } from '../channels/contract/outlet.ts';
import type { ApiClient } from '../make/api-client.ts';
import { spans } from '../make/clock.ts';
import { portalHouse, type House, type PortalHouse } from '../make/portal-house.ts';

let house: PortalHouse;
let outlet: Outlet;
let home: House;
let am: ApiClient;
let senders = 400_000;

beforeAll(async () => {
  house = await portalHouse();
  const { office, clock } = house;
  const store = eboxStore(office.database.knex);
  const types = await openDocumentTypes(office.settings);
  outlet = eboxOutlet({ store, types, clock, blobs: office.blobs });
  home = await boxedHouse();
  am = await house.enter(home.people.AM);
}, 300_000);
afterAll(() => house.close());

async function boxedHouse(): Promise<House & { readonly sender: string }> {
  const made = await house.enterprise();
  const { enterpriseAccess, senders: register } = house.office.identity;
  await enterpriseAccess.activateEbox(house.operator, made.number);
  senders += 1;
  const sender = String(senders);
  const wish = { number: sender, enterprise: made.number, quality: 'employer', by: 'test' };
  await register.register(wish);
  return { ...made, sender };
}

async function deliver(over: Partial<Parcel> = {}, to = home): Promise<string> {
  const { sender } = to as Awaited<ReturnType<typeof boxedHouse>>;
  const parcel = aParcel({ sender, kind: 'ACRF', ...over });
  const { reference } = await outlet.deliver(parcel, new AbortController().signal);
  return reference.replace('document ', '');
}

const text = (name: string, content: string): ReturnType<typeof aPart> =>
  aPart(name, Buffer.from(content));

/** A user of the quality, ticked for these applications. */
async function user(applications: readonly string[]): Promise<ApiClient> {
  const wishes = applications.map((application) => ({ application }));
  const appointed = await house.appoint('USR', {
    ...{ qualityId: home.qualityId, applications: wishes },
  });
  return house.enter(appointed);
}

describe('the e-Box in the interface', () => {
  it('lists, shows and sends a document, and knows afterwards who read it first', async () => {
    const content = '<?xml version="1.0"?><WECH>é</WECH>';
    const id = await deliver({ files: [text('FO.ACRF.X.R', content), text('GO.ACRF.X.R', '')] });

    const list = await am.get('/ebox/documents?unread=true&max=1');
    const before = await am.get(`/ebox/documents/${id}`);
    const file = await am.get(`/ebox/documents/${id}/files/FO.ACRF.X.R`);
    const after = await am.get(`/ebox/documents/${id}`);

    expect(list.body['items']).toMatchObject([{ id, read: false, partition: 'general' }]);
    expect(before.body).toMatchObject({
      ...{ id, read: false, type: 'receipt', protection: 1, sender: { name: 'sluis' } },
      files: [{ name: 'FO.ACRF.X.R', bytes: Buffer.byteLength(content) }],
    });
    expect(before.body['firstReadBy']).toBeUndefined();
    expect({ status: file.status, text: file.text }).toEqual({ status: 200, text: content });
    expect(after.body).toMatchObject({ read: true, firstReadBy: home.people.AM.username });
  });

  it('sends files as downloads that no browser takes for a page of ours', async () => {
    const content = '<script>alert(1)</script>';
    const id = await deliver({ files: [text('a"; x.html', content)] });

    const { headers } = await am.get(`/ebox/documents/${id}/files/a_x.html`);

    const sha256 = createHash('sha256').update(content).digest('base64');
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="a_x.html"; filename*=UTF-8''a_x.html`,
      'content-length': String(content.length),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'repr-digest': `sha-256=:${sha256}:`,
    });
  });

  it('sends a large file whole, and an API token may fetch it', async () => {
    const large = Buffer.alloc(3 * 1024 ** 2, 'large ');
    const id = await deliver({ files: [aPart('large.xml', large)] });
    const password = 'vier paarden bij de oude sluisdeur';
    const { body } = await am.post('/me/api-tokens', { name: 'box', days: 1, password });
    const byToken = house.client({ token: String(body['token']) });

    const file = await byToken.get(`/ebox/documents/${id}/files/large.xml`);

    const sha256 = (data: Buffer | string): string =>
      createHash('sha256').update(data).digest('hex');
    expect(sha256(file.text)).toBe(sha256(large));
  });

  it('answers a defect, and no half a file, when the content is gone', async () => {
    const id = await deliver({ files: [text('a.xml', 'x')] });
    const { blobs, database } = house.office;
    const row: { blob: string } | undefined = await database
      .knex('ebox_file')
      .where({ document_id: id })
      .first('blob');
    await blobs.remove(row?.blob ?? '');

    const file = await am.get(`/ebox/documents/${id}/files/a.xml`).catch(() => ({ status: 0 }));

    expect([0, 500]).toContain(file.status);
  });

  it('writes each download and each move in the audit trail', async () => {
    const id = await deliver({ files: [text('a.xml', 'x')] });
    const { body: made } = await am.post('/ebox/partitions', { name: 'Archive' });
    await am.get(`/ebox/documents/${id}/files/a.xml`);
    await am.put(`/ebox/documents/${id}/partition`, { partition: made['id'] });

    const { rows } = await house.office.identity.audit.list({
      ...{ target: `document ${id}`, max: 10 },
    });

    const { username: actor } = home.people.AM;
    expect(rows).toMatchObject([
      { actor, event: 'sensitive_update', action: 'ebox.document.move', qualityId: home.qualityId },
      { actor, event: 'sensitive_read', action: 'ebox.document.download' },
    ]);
  });

  it('is marked unread again, and filtered by it', async () => {
    const id = await deliver();
    await am.put(`/ebox/documents/${id}/read-state`, { read: true });
    const read = await am.get('/ebox/documents?unread=false');
    await am.put(`/ebox/documents/${id}/read-state`, { read: false });
    const unread = await am.get('/ebox/documents?unread=true&type=receipt');

    const has = ({ body }: typeof read): boolean =>
      (body['items'] as { id: string }[]).some((one) => one.id === id);
    expect([has(read), has(unread)]).toEqual([true, true]);
  });

  it.each([
    '?unread=maybe',
    '?partition=elsewhere',
    '?since=yesterday',
    '?max=0',
    `?text=${'x'.repeat(101)}`,
    '?text=%00',
    '?box=other',
  ])('refuses the query %s', async (query) => {
    expect((await am.get(`/ebox/documents${query}`)).code).toBe('request.invalid');
  });

  it('keeps partitions: made, filled, shown to members, and deleted when empty', async () => {
    const member = await house.appoint('USR', {
      ...{ qualityId: home.qualityId, applications: [{ application: 'ebox' }] },
    });
    const reader = await house.enter(member);
    const id = await deliver();
    const { body: partition, status } = await am.post('/ebox/partitions', { name: 'Payroll' });
    const path = `/ebox/partitions/${String(partition['id'])}`;
    await am.put(`/ebox/documents/${id}/partition`, { partition: partition['id'] });
    const hidden = await reader.get(`/ebox/documents/${id}`);
    await am.put(`${path}/members/${member.assignmentId}`);
    const seen = await reader.get(`/ebox/documents?partition=${String(partition['id'])}`);
    const members = await am.get(`${path}/members`);
    const full = await am.delete(path);
    await am.delete(`${path}/members/${member.assignmentId}`);
    const gone = await reader.get(`/ebox/documents/${id}`);
    await am.put(`/ebox/documents/${id}/partition`, { partition: 'general' });
    await am.put(path, { name: 'Wages' });
    const renamed = await am.get('/ebox/partitions');
    const deleted = await am.delete(path);

    expect([status, hidden.status, full.status, gone.status, deleted.status]).toEqual([
      ...[201, 404, 409, 404, 204],
    ]);
    expect(full.body).toMatchObject({ rule: 'partition-not-empty', detail: expect.any(String) });
    expect(seen.body['items']).toMatchObject([{ id }]);
    expect(members.body['items']).toEqual([
      { appointment: member.assignmentId, username: member.username },
    ]);
    expect(renamed.body['items']).toMatchObject([
      { id: 'general' },
      { name: 'Archive' },
      { name: 'Wages', documents: 0 },
    ]);
  });

  it('has a general partition that nobody deletes', async () => {
    const deleted = await am.delete('/ebox/partitions/general');
    const named = await am.post('/ebox/partitions', { name: 'Algemeen' });

    expect(deleted.code).toBe('request.invalid');
    expect(named.body).toMatchObject({
      ...{ status: 422, errors: [{ pointer: '/name', rule: 'partition-name' }] },
    });
  });
});

describe('who opens an e-Box', () => {
  it('is no user who was not ticked for it, and none before it is active', async () => {
    const without = await user(['mandates']);
    const bare = await house.enterprise();
    const inactive = await house.enter(bare.people.AM);

    const [refused, early] = [
      await without.get('/ebox/documents'),
      await inactive.get('/ebox/documents'),
    ];

    expect(refused.body).toMatchObject({ status: 409, rule: 'application-not-granted' });
    expect(early.body).toMatchObject({ status: 409, rule: 'ebox-inactive' });
  });

  it('is neither legal representative, chief access manager nor help desk', async () => {
    const help = await house.appoint('HD');
    const id = await deliver({ files: [text('a.xml', 'x')] });
    const clients = [
      await house.enter(home.people.LR),
      await house.enter(home.people.CAM),
      await house.enter(help),
    ];

    for (const client of clients) {
      for (const path of ['/ebox/documents', `/ebox/documents/${id}/files/a.xml`]) {
        expect((await client.get(path)).code).toBe('access.denied');
      }
    }
  });

  it('sees no document of another enterprise, nor of another quality of his own', async () => {
    const abroad = await boxedHouse();
    const foreign = await house.enter(abroad.people.AM);
    const id = await deliver({ files: [text('a.xml', 'x')] });

    const answers = [
      await foreign.get(`/ebox/documents/${id}`),
      await foreign.get(`/ebox/documents/${id}/files/a.xml`),
      await foreign.put(`/ebox/documents/${id}/read-state`, { read: true }),
      await foreign.put(`/ebox/documents/${id}/partition`, { partition: 'general' }),
    ];

    expect(answers.map(({ code }) => code)).toEqual(answers.map(() => 'registration.unknown'));
    expect((await foreign.get('/ebox/documents')).body['items']).toEqual([]);
  });

  it('sees documents of level 2 only with their application, from the next request on', async () => {
    const id = await deliver({ kind: 'STAT', files: [text('a.xml', 'x')] });
    const appointed = await house.appoint('USR', {
      ...{ qualityId: home.qualityId, applications: [{ application: 'ebox' }] },
    });
    const reader = await house.enter(appointed);
    const path = `/ebox/documents/${id}/files/a.xml`;
    const grant = { assignmentId: appointed.assignmentId, application: 'contributions' };
    const { applications } = house.office.identity;

    const without = await reader.get(path);
    await applications.grant(house.operator, grant);
    const having = await reader.get(path);
    await applications.withdraw(house.operator, grant);
    const again = await reader.get(path);

    expect([without.status, having.status, again.status]).toEqual([404, 200, 404]);
  });

  it('makes no partition, moves nothing and chooses no digest as a user', async () => {
    const reader = await user(['ebox']);
    const id = await deliver();

    const answers = [
      await reader.post('/ebox/partitions', { name: 'Mine' }),
      await reader.put(`/ebox/documents/${id}/partition`, { partition: 'general' }),
      await reader.put('/ebox/digest', { digest: 'daily' }),
    ];

    expect(answers.map(({ code }) => code)).toEqual(answers.map(() => 'access.denied'));
    expect((await reader.get('/ebox/digest')).body).toEqual({ digest: 'off' });
  });
});

describe('what happens to an e-Box by itself', () => {
  it('is warned of by letter and journal, then deleted with a line in the trail', async () => {
    const firm = await boxedHouse();
    const id = await deliver({ files: [text('a.xml', 'x')] }, firm);
    house.clock.pass(86 * spans.day);
    await keepEboxes(house.office);
    const letter = await house.letterTo(`quality${firm.number}@example.org`, 'ebox-expiring');
    house.clock.pass(7 * spans.day);

    await keepEboxes(house.office);

    const { identity, journal } = house.office;
    const { rows } = await identity.audit.list({ target: `document ${id}`, max: 1 });
    const events = await journal.read({ newest: 20 });
    const codes = events.map(({ code }) => code);
    expect(letter.body).toContain(`Molen ${firm.number}`);
    expect(letter.body).toMatch(/verdwijnt: 1\n.*tot en met 2026-\d\d-\d\d gelezen/);
    expect(rows).toMatchObject([
      {
        ...{ event: 'sensitive_delete', action: 'ebox.expire', actor: 'system' },
        ...{ enterprise: firm.number, qualityId: firm.qualityId },
        before: { type: 'receipt', read: false },
      },
    ]);
    expect(codes).toEqual(expect.arrayContaining(['ebox.expiring', 'ebox.expired']));
  });

  it('is told of in a digest, in the language of the manager and without contents', async () => {
    const firm = await boxedHouse();
    const manager = await house.enter(firm.people.AM);
    await manager.put('/ebox/digest', { digest: 'daily' });
    house.clock.pass(spans.day);
    const id = await deliver({}, firm);
    house.clock.pass(spans.minute);
    const again = await house.enter(firm.people.AM);
    const { body: document } = await again.get(`/ebox/documents/${id}`);

    await keepEboxes(house.office);

    const { body } = await house.letterTo(`quality${firm.number}@example.org`, 'ebox-digest');
    expect(body).toContain('Nieuwe documenten: 1');
    const { ticket } = document as { readonly ticket: string };
    expect(body).not.toContain(ticket);
  });
});

describe('the name of a download', () => {
  it.each([
    ['plain.xml', `attachment; filename="plain.xml"; filename*=UTF-8''plain.xml`],
    ['é"\r\nX: y', `attachment; filename="____X__y"; filename*=UTF-8''%C3%A9%22%0D%0AX%3A%20y`],
    [`it's (1)*!`, `attachment; filename="it_s__1___"; filename*=UTF-8''it%27s%20%281%29%2A%21`],
    ['\uD800', `attachment; filename="_"; filename*=UTF-8''_`],
  ])('%j cannot break out of its header', (name, header) => {
    expect(dispositionOf(name)).toBe(header);
  });
});
