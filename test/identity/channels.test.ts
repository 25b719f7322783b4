import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  argon2Hash,
  keysOf,
  openIdentity,
  transitions,
  type Identity,
} from '../../src/identity/index.ts';
import { registrationStore } from '../../src/storage/index.ts';
import { enterpriseNumberOf } from '../../src/vocabulary/index.ts';
import { manualClock } from '../make/clock.ts';
import { testSigning } from '../make/signing.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';

const clock = manualClock();
const operator = { by: 'operator1' };
const manager = { by: 'manager1', as: 'access-manager' } as const;
let database: TestDatabase;
let identity: Identity;
let sender: string;
let senders = 0;

beforeAll(async () => {
  database = await testDatabase();
  identity = openIdentity({
    ...{ store: registrationStore(database.knex), clock, hash: argon2Hash() },
    keys: keysOf(Buffer.alloc(32)),
    journal: { record: () => Promise.resolve() },
    signing: testSigning(database.knex),
  });
});
afterAll(async () => {
  await database.drop();
});
beforeEach(async () => {
  senders += 1;
  sender = await register(String(300_000 + senders), []);
});

async function register(number: string, channels: readonly 'sftp'[]): Promise<string> {
  const enterprise = enterpriseNumberOf(3_000_000 + Number(number));
  await identity.enterprises.register({ number: enterprise, name: 'One', by: 'test' });
  await identity.senders.register({
    ...{ number, enterprise, quality: 'employer', types: ['MEDC', 'ZIMA'], by: 'test', channels },
    environments: ['R', 'T'],
  });
  return number;
}

async function states(): Promise<readonly string[]> {
  const lines = await identity.channels.list({ sender, max: 100 });
  return lines.map((line) => `${line.channel} ${line.type} ${line.environment} ${line.state}`);
}

describe('an operator who registers a sender', () => {
  it('puts SFTP in production for its types and environments', async () => {
    const number = await register('399999', ['sftp']);

    const lines = await identity.channels.list({ sender: number, max: 10 });

    expect(lines.map(({ type, environment, state }) => [type, environment, state])).toEqual([
      ...[
        ['MEDC', 'R', 'production'],
        ['MEDC', 'T', 'production'],
      ],
      ...[
        ['ZIMA', 'R', 'production'],
        ['ZIMA', 'T', 'production'],
      ],
    ]);
  });

  it('opens a channel once: what was suspended since stays so', async () => {
    await identity.channels.open({ sender, channel: 'sftp', actor: operator });
    await identity.channels.suspend({ sender, channel: 'sftp', actor: operator });

    const opened = await identity.channels.open({ sender, channel: 'sftp', actor: operator });

    expect(opened).toEqual([]);
    expect(new Set((await states()).map((line) => line.split(' ').at(-1)))).toEqual(
      new Set(['suspended']),
    );
  });
});

describe('a line of the register', () => {
  const one = (): { sender: string; channel: string; type: string; environment: string } => ({
    ...{ sender, channel: 'amqp', type: 'MEDC', environment: 'T' },
  });

  it('goes from requested by test to production, is suspended, goes on, and is closed', async () => {
    const { channels } = identity;
    const wish = { ...one(), actor: manager };
    const seen: string[] = [];
    for (const act of ['request', 'advance', 'advance', 'suspend', 'resume', 'close'] as const) {
      const [line] = await channels[act](wish);
      seen.push(line?.state ?? '');
    }

    expect(seen).toEqual([
      ...['requested', 'test', 'production', 'suspended', 'production', 'closed'],
    ]);
  });

  it('keeps every step in its history, with who took it and why', async () => {
    const { channels } = identity;
    await channels.request({ ...one(), actor: manager });
    await channels.suspend({ ...one(), actor: operator, reason: 'wrong key' });

    const history = await channels.history({ sender, max: 10 });

    expect(
      history.map(({ act, from, to, by, as, reason }) => [act, from, to, by, as, reason]),
    ).toEqual([
      ['suspend', 'requested', 'suspended', 'operator1', 'operator', 'wrong key'],
      ['request', null, 'requested', 'manager1', 'access-manager', undefined],
    ]);
  });

  it('keeps its history whatever SQL says', async () => {
    await identity.channels.request({ ...one(), actor: manager });

    await expect(database.knex('channel_history').delete()).rejects.toThrow(/append-only/);
    await expect(database.knex('channel_history').update({ act: 'close' })).rejects.toThrow(
      /append-only/,
    );
  });

  it('suspended by the operator is not resumed by the sender', async () => {
    const { channels } = identity;
    await channels.request({ ...one(), actor: manager });
    await channels.suspend({ ...one(), actor: operator });

    await expect(channels.resume({ ...one(), actor: manager })).rejects.toMatchObject({
      code: 'registration.step-refused',
    });
    const [line] = await channels.resume({ ...one(), actor: operator });
    expect(line?.state).toBe('requested');
  });

  it('is not put in production at once by an access manager', async () => {
    const opening = identity.channels.open({ sender, channel: 'amqp', actor: manager });

    await expect(opening).rejects.toMatchObject({ code: 'registration.step-refused' });
    expect(await states()).toEqual([]);
  });

  it('takes no step that is not in the list', async () => {
    const { channels } = identity;
    const acts = ['request', 'advance', 'suspend', 'resume', 'close'] as const;
    await channels.request({ ...one(), actor: operator });
    await channels.close({ ...one(), actor: operator });
    const possible = transitions.filter(({ from }) => from === 'closed').map(({ act }) => act);

    for (const act of acts.filter((name) => !possible.includes(name))) {
      await expect(channels[act]({ ...one(), actor: operator })).rejects.toMatchObject({
        code: 'registration.step-refused',
      });
    }
    expect(possible).toEqual(['request']);
  });

  it('is changed once when two ask at the same moment', async () => {
    const { channels } = identity;
    await channels.request({ ...one(), actor: operator });

    const both = await Promise.allSettled([
      channels.advance({ ...one(), actor: operator }),
      channels.advance({ ...one(), actor: operator }),
    ]);

    const history = await channels.history({ sender, max: 10 });
    const done = both.filter(({ status }) => status === 'fulfilled').length;
    expect(history.filter(({ act }) => act === 'advance')).toHaveLength(done);
    expect(done).toBeGreaterThan(0);
  });
});

describe('a request', () => {
  it.each([
    ['a channel that does not exist', { channel: 'pigeon' }, 'registration.invalid'],
    ['a type that is none', { type: 'MEDICAL' }, 'registration.invalid'],
    ['an environment the sender has not', { environment: 'S' }, 'registration.invalid'],
    ['a sender that does not exist', { sender: '999997' }, 'registration.unknown'],
  ])('for %s is refused', async (_, wrong, code) => {
    const wish = { sender, channel: 'amqp', actor: operator, ...wrong };

    await expect(identity.channels.request(wish)).rejects.toMatchObject({ code });
  });

  it('without a type is for every type and environment the sender has', async () => {
    await identity.channels.request({ sender, channel: 'amqp', actor: operator });

    expect(await states()).toEqual([
      ...['amqp MEDC R requested', 'amqp MEDC T requested'],
      ...['amqp ZIMA R requested', 'amqp ZIMA T requested'],
    ]);
  });
});

describe('logins', () => {
  async function blocked(): Promise<boolean | undefined> {
    return (await identity.logins.accountFor(`stopper${sender}`))?.blocked;
  }

  it('are refused over a channel that is stopped, and over that one alone', async () => {
    const password = 'correct horse battery';
    await identity.technicalUsers.register({
      username: `stopper${sender}`,
      sender,
      password,
      by: 'test',
    });
    const before = await blocked();
    await identity.channels.open({ sender, channel: 'sftp', actor: operator });
    await identity.channels.open({ sender, channel: 'amqp', actor: operator });
    const open = await blocked();

    await identity.channels.suspend({ sender, channel: 'sftp', actor: manager });
    const stopped = await blocked();
    const overAmqp = await identity.loginsOver('amqp').accountFor(`stopper${sender}`);
    await identity.channels.resume({ sender, channel: 'sftp', actor: manager });

    expect([before, open, stopped, await blocked()]).toEqual([true, false, true, false]);
    expect(overAmqp?.blocked).toBe(false);
  });
});

describe('the contact of a sender', () => {
  it('is one person, kept as given', async () => {
    const contact = { name: 'Batch desk', email: 'batch@example.be', phone: '+32 2 123 45 67' };

    await identity.channels.setContact({ sender, contact, actor: operator });
    await identity.channels.setAnswers({ sender, channel: 'amqp', actor: operator });

    expect(await identity.channels.contactOf(sender)).toEqual({
      ...{ sender, answersBy: 'amqp' },
      contact: { ...contact, phone: '+3221234567' },
    });
  });

  it.each([
    [{ name: '', email: 'batch@example.be' }],
    [{ name: 'Desk', email: 'nobody' }],
    [{ name: 'Desk', email: 'a@example.be, b@example.be' }],
    [{ name: 'Desk\nBcc: x', email: 'a@example.be' }],
    [{ name: 'Desk', email: 'a@example.be', phone: 'call me' }],
  ])('is refused when it is %j', async (contact) => {
    await expect(
      identity.channels.setContact({ sender, contact, actor: operator }),
    ).rejects.toMatchObject({ code: 'registration.invalid' });
  });
});
