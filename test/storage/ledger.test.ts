import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Mailbox } from '../../src/channels/index.ts';
import type { Ledger } from '../../src/ledger.ts';
import { openBlobStore, openLedger, openMailbox } from '../../src/storage/index.ts';
import { manualClock, spans } from '../make/clock.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';
import { aName, sender } from '../make/files.ts';

let database: TestDatabase;
let directory: string;
let ledger: Ledger;
let mailbox: Mailbox;
const clock = manualClock('2026-01-15T08:00:00Z');

beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(join(tmpdir(), 'sluis-ledger-'));
  const nodeId = randomUUID();
  ledger = openLedger({ database: database.database, nodeId });
  mailbox = openMailbox({
    account: { id: randomUUID(), username: 'payroll01', senderNumber: sender },
    ...{ knex: database.knex, clock, nodeId, channel: 'sftp', fileBytesMax: 1_000 },
    blobs: await openBlobStore(directory),
  });
});
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const later = (ms: number): Date => new Date(clock.now().getTime() + ms);

const keyOf = (sequence: string): string => `MEDC.123456.20260115.${sequence}.R`;

async function land(name: string): Promise<void> {
  const upload = await mailbox.create({ directory: 'IN', name, truncate: true, exclusive: false });
  await upload.land();
}

describe('sets that are due', () => {
  it('are read with their files in one go, each with its own', async () => {
    const sequences = ['00011', '00012', '00013'];
    for (const sequence of sequences) await land(aName('FI', { sequence }));
    await land(aName('GO', { sequence: '00012' }));
    const sets = (await ledger.dueSets(clock.now(), 10)).filter(({ setKey }) =>
      sequences.some((sequence) => setKey.includes(`.${sequence}.`)),
    );

    const files = await ledger.waitingFiles(sets);

    const named = sets.map(({ setKey }, at) => [setKey, files[at]?.map(({ name }) => name)]);
    expect(Object.fromEntries(named)).toEqual({
      [keyOf('00011')]: [aName('FI', { sequence: '00011' })],
      [keyOf('00012')]: [aName('FI', { sequence: '00012' }), aName('GO', { sequence: '00012' })],
      [keyOf('00013')]: [aName('FI', { sequence: '00013' })],
    });
    const until = later(4 * spans.hour);
    await ledger.postpone(sets.map((set, at) => ({ set, until, seen: files[at] ?? [] })));
    expect(await ledger.dueSets(clock.now(), 10)).toEqual([]);
  });
});

describe('a set that is put off', () => {
  it('stays due when one of its files is just being changed', async () => {
    await land(aName('FI', { sequence: '00004' }));
    const set = (await ledger.dueSets(clock.now(), 10)).find(
      ({ setKey }) => setKey === keyOf('00004'),
    );
    if (set === undefined) throw new Error('the set is not due');
    const [seen = []] = await ledger.waitingFiles([set]);

    await database.knex.transaction(async (trx) => {
      await trx.raw('select from landed_file where id = ? for update', [seen[0]?.id ?? '']);
      await ledger.postpone([{ set, until: later(4 * spans.hour), seen }]);
    });

    expect(await ledger.dueSets(clock.now(), 10)).toContainEqual(set);
    await ledger.postpone([{ set, until: later(4 * spans.hour), seen }]);
  });

  it('is due at once when a file landed after it was read', async () => {
    await land(aName('FI'));
    const [set] = await ledger.dueSets(clock.now(), 10);
    if (set === undefined) throw new Error('the set is not due');
    const [seen = []] = await ledger.waitingFiles([set]);

    await land(aName('GO'));
    await ledger.postpone([{ set, until: later(4 * spans.hour), seen }]);

    expect(await ledger.dueSets(clock.now(), 10)).toEqual([set]);
  });

  it('is due at once when a file that was under way has landed since', async () => {
    await land(aName('FI', { sequence: '00003' }));
    const go = aName('GO', { sequence: '00003' });
    const upload = await mailbox.create({
      ...{ directory: 'IN', name: go, truncate: true, exclusive: false },
    });
    const isThis = ({ setKey }: { readonly setKey: string }): boolean => setKey.includes('.00003.');
    const set = (await ledger.dueSets(clock.now(), 10)).find(isThis);
    if (set === undefined) throw new Error('the set is not due');
    const [seen = []] = await ledger.waitingFiles([set]);

    await upload.land();
    await ledger.postpone([{ set, until: later(4 * spans.hour), seen }]);

    expect(seen.map(({ state }) => state)).toEqual(['LANDED', 'UPLOADING']);
    expect((await ledger.dueSets(clock.now(), 10)).filter(isThis)).toEqual([set]);
  });

  it('is due again when its time has come, and not before', async () => {
    await land(aName('FI', { sequence: '00002' }));
    const isDue = async (): Promise<boolean> =>
      (await ledger.dueSets(clock.now(), 10)).some(({ setKey }) => setKey.includes('.00002.'));
    const set = (await ledger.dueSets(clock.now(), 10)).find(({ setKey }) =>
      setKey.includes('.00002.'),
    );
    if (set === undefined) throw new Error('the set is not due');
    const [seen = []] = await ledger.waitingFiles([set]);

    await ledger.postpone([{ set, until: later(spans.minute), seen }]);
    const before = await isDue();
    clock.pass(spans.minute);

    expect([before, await isDue()]).toEqual([false, true]);
  });
});
