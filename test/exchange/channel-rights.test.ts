import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findBatch, showBatch, type ShownBatch } from '../../src/storage/index.ts';
import { inDirectories, type Environment } from '../../src/vocabulary/index.ts';
import { manualClock } from '../make/clock.ts';
import {
  anExchange,
  aSet,
  eventually,
  type Exchange,
  type TestSecretariat,
} from '../make/exchange.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';

const clock = manualClock('2026-01-15T08:00:00Z');
const actor = { by: 'test' };
let exchange: Exchange;
let senders = 0;

beforeAll(async () => {
  exchange = await anExchange({ clock });
}, 300_000);
afterAll(async () => {
  await exchange.close();
});

async function newSender(): Promise<TestSecretariat> {
  senders += 1;
  return exchange.register({ sender: String(200_000 + senders) });
}

/** Hands a sound set in by a channel, and gives what became of it. */
async function send(
  owner: TestSecretariat,
  o: { readonly environment?: Environment; readonly channel?: string } = {},
): Promise<ShownBatch> {
  const { environment = 'R', channel = 'sftp' } = o;
  const { go, files } = aSet(owner, medcFile(soundForms(1)), { environment });
  const { database } = exchange.office;
  const mailbox = exchange.mailbox(owner, channel);
  const directory = inDirectories[environment];
  for (const [name, content] of Object.entries(files)) {
    const upload = await mailbox.create({ directory, name, truncate: true, exclusive: false });
    const data = Buffer.from(content);
    if (data.length > 0) await upload.write({ at: 0, data });
    await upload.land();
  }
  return eventually(async () => {
    const batch = await showBatch(database.knex, await findBatch(database.knex, go), 10);
    return batch.receipt.result === null ? undefined : batch;
  }, `a receipt for ${go}`);
}

function codesOf({ receipt }: ShownBatch): readonly string[] {
  return receipt.errors.map(({ code }) => code);
}

describe('a set that comes by a channel', () => {
  it('in production is accepted, test or not', async () => {
    const owner = await newSender();

    const batches = [await send(owner), await send(owner, { environment: 'T' })];

    expect(batches.map(codesOf)).toEqual([[], []]);
  });

  it('closed to its type, with no other channel for it, is refused with 154', async () => {
    const owner = await newSender();
    const { channels } = exchange.office.identity;
    await channels.close({ sender: owner.sender, channel: 'sftp', actor });

    expect(codesOf(await send(owner))).toEqual(['154']);
  });

  it('suspended, with no other channel open, is refused with 168', async () => {
    const owner = await newSender();
    const { channels } = exchange.office.identity;
    await channels.suspend({ sender: owner.sender, channel: 'sftp', actor });

    const refused = await send(owner);
    await channels.resume({ sender: owner.sender, channel: 'sftp', actor });

    expect(codesOf(refused)).toEqual(['168']);
    expect(codesOf(await send(owner))).toEqual([]);
  });

  it('other than the registered one is refused with 249', async () => {
    const owner = await newSender();
    const { channels } = exchange.office.identity;
    await channels.close({ sender: owner.sender, channel: 'sftp', actor });
    await channels.open({ sender: owner.sender, channel: 'amqp', actor });

    const refused = await send(owner);

    expect(refused.receipt.errors).toEqual([
      { code: '249', detail: 'MEDC came by sftp; registered is amqp' },
    ]);
  });

  it('in test is accepted for circuit tests alone', async () => {
    const owner = await newSender();
    const { channels } = exchange.office.identity;
    const wish = { sender: owner.sender, channel: 'sftp', type: '*', environment: 'R', actor };
    await channels.close({ sender: owner.sender, channel: 'sftp', actor });
    await channels.request(wish);
    const early = await send(owner, { environment: 'T' });
    await channels.advance(wish);

    const test = await send(owner, { environment: 'T' });
    const real = await send(owner);

    expect([early, test, real].map(codesOf)).toEqual([['168'], [], ['168']]);
  });
});

describe('production', () => {
  it('is refused until a circuit test was accepted over that channel, and given after', async () => {
    const owner = await newSender();
    const { channels } = exchange.office.identity;
    const wish = { sender: owner.sender, channel: 'amqp', environment: 'R', actor };
    await channels.request(wish);
    await channels.advance(wish);
    await send(owner, { environment: 'T', channel: 'sftp' });

    await expect(channels.advance(wish)).rejects.toMatchObject({ code: 'registration.untested' });
    clock.pass(1_000);
    await send(owner, { environment: 'T', channel: 'amqp' });
    const [line] = await channels.advance(wish);

    expect(line?.state).toBe('production');
  });
});

describe('answers', () => {
  it('leave by the channel their set came by, or by the one that is registered for them', async () => {
    const owner = await newSender();
    const { channels } = exchange.office.identity;
    await channels.open({ sender: owner.sender, channel: 'amqp', actor });
    const { go, files } = aSet(owner, medcFile(soundForms(1)));

    await channels.setAnswers({ sender: owner.sender, channel: 'amqp', actor });
    await exchange.hand(files, 'R', owner);
    const { knex } = exchange.office.database;
    const parcels = await eventually(async () => {
      const found = await showBatch(knex, await findBatch(knex, go), 10);
      return found.parcels.length === 3 ? found.parcels : undefined;
    }, 'three answers');

    expect(parcels.map(({ kind, channel }) => `${kind} ${channel}`)).toEqual([
      ...['ACRF amqp', 'NOTI amqp', 'STAT amqp'],
    ]);
  });
});
