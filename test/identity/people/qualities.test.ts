import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dataFor, peopleHouse, type PeopleHouse } from '../../make/people.ts';

let house: PeopleHouse;

beforeAll(async () => {
  house = await peopleHouse();
});

afterAll(() => house.close());

const denied = { code: 'access.denied' };
const unknown = { code: 'registration.unknown' };
const guarded = (rule: string): object => ({ code: 'access.guard', facts: { rule } });
const aManager = (): object & {
  person: ReturnType<PeopleHouse['newcomer']>;
  capacity: string;
} => ({
  person: house.newcomer(),
  capacity: 'employee',
});

describe('B. qualities', () => {
  it('ACC-19: the CAM activates a quality from the list offered, in two steps', async () => {
    const { qualities } = house.identity;
    const { cam } = await house.enterprise();
    expect((await qualities.offered(cam)).map(({ code }) => code)).toEqual([
      'mandatary',
      'service-provider',
    ]);

    const { review, confirmation } = await qualities.plan(cam, {
      ...{ type: 'mandatary', email: 'mandates@example.org', manager: aManager() },
    });
    expect((await qualities.list(cam)).map(({ type }) => type)).toEqual(['employer']);
    const view = await qualities.confirm(cam, confirmation);

    expect(review).toMatchObject({ type: 'mandatary', email: 'mandates@example.org' });
    expect(view).toMatchObject({ state: 'active', manager: { role: 'AM' } });
    expect((await qualities.list(cam)).map(({ type }) => type)).toEqual(['employer', 'mandatary']);
    expect((await qualities.offered(cam)).map(({ code }) => code)).toEqual(['service-provider']);
    await expect(qualities.confirm(cam, confirmation)).rejects.toMatchObject({
      code: 'registration.exists',
    });
  });

  it('ACC-19: an AM activates none', async () => {
    const { am } = await house.enterprise();

    await expect(
      house.identity.qualities.plan(am, { type: 'mandatary', manager: aManager() }),
    ).rejects.toMatchObject(denied);
  });

  it('ACC-20: only what the enterprise is entitled to; the refusal says so', async () => {
    const { qualities } = house.identity;
    const { cam, number } = await house.enterprise();
    const wish = { type: 'hospital', data: dataFor('hospital'), manager: aManager() };

    await expect(qualities.plan(cam, wish)).rejects.toMatchObject(guarded('not-entitled'));
    await expect(
      qualities.entitle(cam, { enterprise: number, type: 'hospital' }),
    ).rejects.toMatchObject(denied);
    await qualities.entitle(house.operator, { enterprise: number, type: 'hospital' });

    expect(await qualities.activate(cam, wish)).toMatchObject({ type: 'hospital' });
  });

  it.each([
    ['social-secretariat', { recognitionNumber: '97a' }, 'recognitionNumber', 'digits'],
    [
      'social-secretariat',
      { recognitionNumber: '970', recognisedOn: '2001-02-30' },
      'recognisedOn',
      'date',
    ],
    ['social-secretariat', {}, 'recognitionNumber', 'required'],
    [
      'social-secretariat',
      { ...dataFor('social-secretariat'), network: 'x' },
      'network',
      'not-asked',
    ],
    ['telephone-operator', { network: 'Mobile 3' }, 'emergencyPhone', 'required'],
    [
      'telephone-operator',
      { network: 'x'.repeat(61), emergencyPhone: '112112' },
      'network',
      'too-long',
    ],
    [
      'telephone-operator',
      { network: 'Mobile 3', emergencyPhone: 'none' },
      'emergencyPhone',
      'phone',
    ],
    ['hospital', { recognitionNumber: '7100043' }, 'recognitionNumber', 'too-short'],
  ])('ACC-21: %s with %j: %s is refused, %s', async (type, data, field, rule) => {
    const { qualities } = house.identity;
    const { cam, number } = await house.enterprise();
    await qualities.entitle(house.operator, { enterprise: number, type });

    const refused = qualities.plan(cam, {
      ...{ type, data: data, manager: aManager() },
    });

    await expect(refused).rejects.toMatchObject({
      ...{ code: 'registration.invalid', facts: { [`field.data.${field}`]: rule } },
    });
  });

  it('ACC-22: no activation without naming the access manager', async () => {
    const { cam } = await house.enterprise();

    await expect(house.identity.qualities.plan(cam, { type: 'mandatary' })).rejects.toMatchObject({
      facts: { 'field.manager': 'required' },
    });
  });

  it('ACC-23: seven qualities and the authority are there, and operators add others', async () => {
    const { qualities } = house.identity;
    const labels = { nl: 'Haven', fr: 'Port', de: 'Hafen', en: 'Port' };
    const type = { code: 'port', labels, fields: [], needsEntitlement: false, ordinal: 9 };
    const { cam } = await house.enterprise();

    await expect(qualities.saveType(cam, type)).rejects.toMatchObject(denied);
    await qualities.saveType(house.operator, type);

    expect((await qualities.types()).map(({ code }) => code)).toEqual([
      ...['employer', 'mandatary', 'service-provider', 'full-service-center', 'hospital'],
      ...['telephone-operator', 'social-secretariat', 'authority', 'port'],
    ]);
    expect(await qualities.activate(cam, { type: 'port', manager: aManager() })).toMatchObject({
      labels,
    });
  });

  it('ACC-24: the list has what may be seen; a detail has its manager and its users', async () => {
    const { qualities, people } = house.identity;
    const { cam, am, number, qualityId } = await house.enterprise();
    const other = await house.quality(number, 'mandatary');
    await house.holder('USR', { qualityId });

    expect(await qualities.list(cam)).toHaveLength(2);
    expect((await qualities.list(am)).map(({ id }) => id)).toEqual([qualityId]);
    expect(await qualities.show(cam, qualityId)).toMatchObject({ manager: { username: am.name } });
    expect((await people.find(cam, { quality: qualityId }, { max: 9 })).rows).toHaveLength(2);
    await expect(qualities.show(am, other.qualityId)).rejects.toMatchObject(unknown);
    await expect(qualities.show(am, 'no-id')).rejects.toMatchObject(unknown);
  });

  it('ACC-25: the e-mail of a quality changes, with the old and new one in the trail', async () => {
    const { qualities } = house.identity;
    const { am, cam, number, qualityId } = await house.enterprise();

    const view = await qualities.edit(am, qualityId, { email: 'new@example.org' });

    expect(view.email).toBe('new@example.org');
    expect(view.applications.map(({ code }) => code)).toContain('contributions');
    expect(await house.lastEvent()).toMatchObject({
      ...{ action: 'quality.edit', actor: am.name, enterprise: number, qualityId },
      ...{ before: { email: 'employer@example.org' }, after: { email: 'new@example.org' } },
    });
    await expect(qualities.edit(cam, qualityId, { email: 'x@example.org' })).rejects.toMatchObject(
      denied,
    );
    const inside = { ...cam, qualityId };
    expect((await qualities.edit(inside, qualityId, { email: '' })).email).toBeUndefined();
    await expect(qualities.edit(am, qualityId, { email: 'x@' })).rejects.toMatchObject({
      facts: { 'field.email': 'email' },
    });
  });

  it('ACC-25: a user changes nothing of it', async () => {
    const { qualityId } = await house.enterprise();
    const user = await house.holder('USR', { qualityId });

    await expect(
      house.identity.qualities.edit(user, qualityId, { email: 'x@example.org' }),
    ).rejects.toMatchObject(denied);
  });

  it('ACC-26: the enterprise is shown with its CAM to those who may, of no other enterprise', async () => {
    const { enterpriseAccess } = house.identity;
    const { cam, am, number } = await house.enterprise();
    const other = await house.enterprise();

    expect(await enterpriseAccess.show(cam)).toMatchObject({
      ...{ number, country: 'BE', state: 'active', chiefAccessManager: { username: cam.name } },
    });
    await expect(enterpriseAccess.show(am)).rejects.toMatchObject(denied);
    await expect(enterpriseAccess.show(cam, other.number)).rejects.toMatchObject(unknown);
    await expect(enterpriseAccess.show(cam, '0000000097')).rejects.toMatchObject(unknown);
  });

  it('a sender number makes sure of its quality, once', async () => {
    const { senders, qualities } = house.identity;
    const { number } = await house.enterprise();
    await senders.register({ number: '320001', enterprise: number, quality: 'employer', by: 'x' });
    await senders.register({ number: '320002', enterprise: number, quality: 'mandatary', by: 'x' });

    const list = await qualities.list(house.operator, number);

    expect(list.map(({ type, state }) => [type, state])).toEqual([
      ['employer', 'active'],
      ['mandatary', 'active'],
    ]);
  });

  it('a suspended quality shuts its sender number and its sessions', async () => {
    const { senders, qualities } = house.identity;
    const { cam, am, number, qualityId } = await house.enterprise();
    await senders.register({ number: '320003', enterprise: number, quality: 'employer', by: 'x' });
    const session = await house.session(am);

    await expect(qualities.suspend(am, qualityId)).rejects.toMatchObject(denied);
    await qualities.suspend(cam, qualityId);

    expect(await senders.senderOf('320003')).toMatchObject({ open: false });
    expect(await session.alive()).toBe(false);
    await expect(qualities.suspend(cam, qualityId)).rejects.toMatchObject(guarded('state-already'));
    await expect(house.holder('USR', { qualityId })).rejects.toMatchObject(
      guarded('quality-suspended'),
    );
  });
});
