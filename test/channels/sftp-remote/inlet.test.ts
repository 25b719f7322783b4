import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { sftpRemoteInlet, type Landing, type RemoteInlet } from '../../../src/channels/index.ts';
import { openBlobStore, openMailbox, type BlobStore } from '../../../src/storage/index.ts';
import { wakeOn } from '../../../src/schedule.ts';
import { manualClock, spans } from '../../make/clock.ts';
import { testDatabase, type TestDatabase } from '../../make/database.ts';
import { testFolder, type TestFolder } from '../../make/folder.ts';
import {
  aPartner,
  partnerRegisterOn,
  type TestPartner,
  type TestRegister,
} from '../../make/partner.ts';

/** A machine that runs every test at once is slow, and slow is not wrong. */
jest.setTimeout(300_000);

/** Nobody who answers is given up. */
const unhurried = { connectMs: 60_000, loginMs: 60_000, requestMs: 60_000 };
const hurried = { connectMs: 5_000, loginMs: 5_000, requestMs: 1_500 };

interface LandedRow {
  readonly name: string;
  readonly state: string;
  readonly sender: string;
  readonly bytes: bigint;
  readonly sha256: Buffer | null;
}

describe('an inlet from partners', () => {
  let database: TestDatabase;
  let partner: TestPartner;
  let register: TestRegister;
  let blobs: BlobStore;
  let folder: TestFolder;
  let ready = true;
  let clock = manualClock();
  let deadlines = unhurried;

  beforeEach(async () => {
    clock = manualClock();
    deadlines = unhurried;
    ready = true;
    database = await testDatabase();
    partner = await aPartner();
    register = partnerRegisterOn(database, clock);
    folder = testFolder();
    blobs = await openBlobStore(folder.path);
  }, 300_000);

  afterEach(async () => {
    await partner.close();
    await database.drop();
    folder.remove();
  });

  /** A process that fetches; several may share the database. */
  function aProcess(over: Partial<Landing> = {}): RemoteInlet {
    const { tools } = register;
    const nodeId = randomUUID();
    return sftpRemoteInlet({
      ...tools,
      schedules: { ...tools.schedules, everyMinute: (run) => wakeOn('* * * * *', run) },
      circuit: register.circuit({ failuresMax: 1_000 }),
      deadlines,
      limits: { stableMs: 1 },
      landing: {
        mailboxFor: ({ partner: from, sender }) =>
          openMailbox({
            account: { id: from.id, username: from.name, senderNumber: sender },
            ...{ knex: database.knex, blobs, clock, nodeId, fileBytesMax: 1e9 },
            channel: 'sftp-remote',
          }),
        isReady: () => Promise.resolve(ready),
        ...over,
      },
    });
  }

  async function add(over: Parameters<TestPartner['wish']>[0] = {}): Promise<void> {
    await register.partners.add({ ...partner.wish(over), by: 'test' });
  }

  /** One round, by hand. */
  async function round(inlet = aProcess()): ReturnType<RemoteInlet['runNow']> {
    clock.pass(spans.second);
    const row = await register.tools.store.find('partner-one');
    if (row === undefined) throw new Error('no partner');
    return inlet.runNow(row);
  }

  function put(name: string, content: string | Buffer): void {
    writeFileSync(join(partner.directory, 'out', name), content);
  }

  const left = (): string[] => readdirSync(join(partner.directory, 'out')).sort();

  async function landed(): Promise<readonly LandedRow[]> {
    return database.knex<LandedRow>('landed_file').select('*').orderBy('opened_at');
  }

  const names = [
    'FI.MEDC.123456.20260115.00001.R.1.1',
    'GO.MEDC.123456.20260115.00001.R.1',
  ] as const;

  it('fetches what stands still, GO last, and removes it at the partner once it is here', async () => {
    await add();
    put(names[1], '');
    put(names[0], 'content');
    put('.hidden', 'x');
    put('upload.tmp', 'x');

    const report = await round();

    expect(report).toMatchObject({ begun: true, files: 2, bytes: 7 });
    expect((await landed()).map(({ name, state }) => [name, state])).toEqual([
      [names[0], 'LANDED'],
      [names[1], 'LANDED'],
    ]);
    expect(left()).toEqual(['.hidden', 'upload.tmp']);
  });

  it('waits for a file that still grows', async () => {
    await add();
    put(names[0], 'a part');
    const inlet = aProcess();
    const growing = setInterval(() => {
      put(names[0], 'a part'.repeat(2 + Math.floor(Math.random() * 10_000)));
    }, 1);

    const early = await round(inlet);
    clearInterval(growing);
    const files = early.files + (await round(inlet)).files + (await round(inlet)).files;

    expect(files).toBe(1);
    const [row] = await landed();
    expect(row?.state).toBe('LANDED');
  });

  it('with GO detection takes complete sets alone', async () => {
    await add({ detection: 'go' });
    put(names[0], 'content');
    const inlet = aProcess();

    const without = await round(inlet);
    put(names[1], '');
    const whole = await round(inlet);

    expect([without.files, whole.files]).toEqual([0, 2]);
  });

  it('claims by renaming, and finishes what a process before it claimed', async () => {
    await add({ claim: 'rename' });
    put(`${names[0]}.sluis`, 'content');

    const report = await round();

    expect(report.files).toBe(1);
    expect((await landed()).map(({ name }) => name)).toEqual([names[0]]);
    expect(left()).toEqual([]);
  });

  it('leaves files where they are when told to, and fetches each once', async () => {
    await add({ aftercare: 'leave' });
    put(names[0], 'content');
    const inlet = aProcess();

    const reports = [await round(inlet), await round(inlet), await round(inlet)];
    put(names[0], 'other content');
    const changed = [await round(inlet), await round(inlet)];

    expect(reports.map(({ files }) => files)).toEqual([1, 0, 0]);
    expect(changed.reduce((sum, { files }) => sum + files, 0)).toBe(1);
    expect(left()).toEqual([names[0]]);
  });

  it('archives at the partner, without replacing what lies there', async () => {
    await add({ aftercare: 'archive', archive: '/done' });
    writeFileSync(join(partner.directory, 'done', names[0]), 'older');
    put(names[0], 'content');

    await round();

    expect(left()).toEqual([]);
    expect(readdirSync(join(partner.directory, 'done'))).toHaveLength(2);
  });

  it('lands nothing twice when it died after landing, before the partner was told', async () => {
    await add();
    put(names[0], 'content');
    partner.misbehave({ refuse: 'remove', connections: 1 });

    const first = await round();
    // As if the process had died before it noted that the file is here.
    await database.knex.raw(`update remote_file set state = 'fetching'`);
    const second = await round();

    expect([first.files, first.failure?.code]).toEqual([0, 'channel.refused']);
    expect([second.files, second.failure]).toEqual([0, undefined]);
    expect((await landed()).map(({ state }) => state)).toEqual(['LANDED']);
    expect(left()).toEqual([]);
  });

  it('takes the same bytes for a new arrival once the first were dealt with', async () => {
    await add();
    put(names[0], 'content');
    await round();
    put(names[0], 'content');

    const again = await round();

    expect(again.files).toBe(1);
    expect((await landed()).map(({ state }) => state).sort()).toEqual(['LANDED', 'REPLACED']);
  });

  it('goes on with a large file where the line was cut', async () => {
    await add();
    const content = Buffer.alloc(18_000_000, 'large ');
    put(names[0], content);
    partner.misbehave({ cutAfterBytes: 8_000_000, connections: 1 });

    const cut = await round();
    const [partial] = await landed();
    const report = await round();

    // What was asked for ahead over the line that was cut may be noted after the round with it.
    const requests = partner.server.requests();
    const read = requests
      .slice(requests.findLastIndex(({ what }) => what === 'login'))
      .filter(({ what }) => what === 'read');
    const bytes = read.reduce((sum, one) => sum + one.bytes, 0);
    expect(cut.failure?.code).toBe('channel.unreachable');
    expect(partial?.state).toBe('PARTIAL');
    expect(Number(partial?.bytes)).toBeGreaterThan(0);
    expect(report.files).toBe(1);
    expect(bytes).toBeLessThan(content.length - Number(partial?.bytes) + 100_000);
    const [row] = await landed();
    expect(Number(row?.bytes)).toBe(content.length);
  });

  it('begins anew when the file changed since the line was cut', async () => {
    await add();
    put(names[0], Buffer.alloc(3_000_000, 'first '));
    partner.misbehave({ cutAfterBytes: 2_000_000, connections: 1 });
    await round();
    const content = Buffer.alloc(3_000_000, 'second');
    put(names[0], content);
    utimesSync(join(partner.directory, 'out', names[0]), 1, 1);

    await round();

    const [row] = (await landed()).filter(({ state }) => state === 'LANDED');
    expect(row?.sha256?.toString('hex')).toBe(createHash('sha256').update(content).digest('hex'));
  });

  it.each([
    ['stalls in the listing', { stall: 'list' }, 'channel.timed-out'],
    ['stalls in a read', { stall: 'read' }, 'channel.timed-out'],
    ['refuses the listing', { refuse: 'list' }, 'channel.refused'],
    ['refuses to read', { refuse: 'read' }, 'channel.refused'],
    ['refuses to open', { refuse: 'open' }, 'channel.refused'],
    ['cuts the line', { cutAfterBytes: 3 }, 'channel.unreachable'],
    ['tells wrong sizes', { sizeOffBy: -2 }, 'channel.differs'],
    ['loses the answer to the removal', { loseAnswer: 'remove' }, 'channel.unreachable'],
  ] as const)(
    'survives a partner that %s, and has the file once in the end',
    async (_, how, code) => {
      await add();
      put(names[0], 'content');
      partner.misbehave({ ...how, connections: 1 });

      if ('stall' in how) deadlines = hurried;
      const first = await round();
      deadlines = unhurried;
      await round();
      await round();

      expect(first.failure?.code).toBe(code);
      expect((await landed()).filter(({ state }) => state === 'LANDED')).toHaveLength(1);
      expect(left()).toEqual([]);
    },
  );

  it('fetches the other files when one cannot be had', async () => {
    await add({ aftercare: 'archive', archive: '/nowhere' });
    put(names[0], 'content');
    put('FI.MEDC.123456.20260115.00002.R.1.1', 'other');

    const report = await round();

    expect(report.failure?.code).toBe('channel.refused');
    expect((await landed()).map(({ state }) => state)).toEqual(['LANDED', 'LANDED']);
    expect(register.told.filter((code) => code === 'partner.file-failed')).toHaveLength(2);
  });

  it('takes nothing of senders the partner does not stand for, and says so once', async () => {
    await add({ destinations: [{ number: '123456' }, { number: '123457' }] });
    put('FI.MEDC.654321.20260115.00001.R.1.1', 'content');
    const inlet = aProcess();

    await round(inlet);
    await round(inlet);

    expect(await landed()).toEqual([]);
    expect(left()).toHaveLength(1);
    expect(register.told.filter((code) => code === 'partner.file-foreign')).toHaveLength(1);
  });

  it('fetches nothing while nothing can land here, and does not blame the partner', async () => {
    await add();
    put(names[0], 'content');
    ready = false;

    const report = await round();
    ready = true;
    const after = await round();

    expect(report.failure?.code).toBe('storage.unavailable');
    expect(after.files).toBe(1);
    expect((await register.partners.list())[0]?.circuit.failures).toBe(0);
  });

  it('lists thousands of files page by page', async () => {
    const files = process.env['SLUIS_TEST_LONG'] === '1' ? 50_000 : 5_000;
    await add({ detection: 'go' });
    for (let n = 0; n < files; n += 1) {
      put(`FI.MEDC.123456.20260115.${String(n).padStart(5, '0')}.R.1.1`, '');
    }
    put(`GO.MEDC.123456.20260115.${String(files - 1).padStart(5, '0')}.R.1`, '');

    const report = await round();

    expect(report.files).toBe(2);
    const pages = partner.server.requests().filter(({ what }) => what === 'readdir');
    expect(pages.length).toBeGreaterThan(files / 100);
  }, 300_000);

  it('takes files of the profile isabel with their envelopes, and tells their faults', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    await add({
      ...{ profile: 'isabel', destinations: [{ number: '123456', mailbox: 'BOX1' }] },
      hubKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    });
    put(names[0], 'content');
    const inlet = aProcess();

    const early = await round(inlet);
    put(`${names[0]}.isabel`, 'Status: ok\nSignature: AAAA\n');
    const report = await round(inlet);

    const [row] = await database.knex<{ faults: unknown }>('landed_file').select('faults');
    expect([early.files, report.files]).toEqual([0, 1]);
    expect(row?.faults).toMatchObject([{ code: '038' }]);
    expect(left()).toEqual([]);
  });

  describe('by its schedule', () => {
    it('runs a slot once, whichever process comes first', async () => {
      await add({ schedule: '*/5 * * * *' });
      clock.pass(5 * spans.minute);
      const [one, other] = [aProcess(), aProcess()];

      await Promise.all([one.tick(), other.tick(), one.tick()]);
      await other.tick();

      const { runs } = await register.partners.show('partner-one');
      expect(runs.map(({ state, missed }) => [state, missed])).toEqual([['done', 0]]);
    });

    it('makes up for missed slots with one round, and shows how many there were', async () => {
      await add({ schedule: '*/5 * * * *' });
      clock.pass(27 * spans.minute);

      const before = await register.partners.show('partner-one');
      await aProcess().tick();
      const after = await register.partners.show('partner-one');

      expect(before.missed).toBe(5);
      expect(after.missed).toBe(0);
      expect(after.runs.map(({ missed }) => missed)).toEqual([4]);
      expect(after.nextRun?.toISOString()).toBe('2026-03-02T08:30:00.000Z');
    });

    it('holds nobody up for a process that died in a round', async () => {
      await add({ schedule: '* * * * *' });
      clock.pass(spans.minute);
      const row = await register.tools.store.find('partner-one');
      await register.tools.store.runs.begin({
        ...{ partner: row?.id ?? '', dueAt: clock.now(), trigger: 'schedule', missed: 0 },
        ...{ at: clock.now(), leaseMs: -1 },
      });
      clock.pass(spans.minute);
      put(names[0], 'content');

      await aProcess().tick();

      const { runs } = await register.partners.show('partner-one');
      expect(runs.map(({ state, files }) => [state, files])).toEqual([
        ['done', 1],
        ['abandoned', 0],
      ]);
    });

    it('lets a partner that is suspended alone', async () => {
      await add({ schedule: '* * * * *' });
      await register.partners.suspend({ name: 'partner-one', by: 'test' });
      clock.pass(spans.hour);

      await aProcess().tick();

      expect(partner.server.requests()).toEqual([]);
    });

    it('lets a file under way end when it stops', async () => {
      await add({ schedule: '* * * * *' });
      clock.pass(spans.minute);
      put(names[0], Buffer.alloc(2_000_000, 'x'));
      const inlet = aProcess();

      await inlet.start();
      await inlet.stop({ drainMs: 20_000 });

      expect((await landed()).map(({ state }) => state)).toEqual(['LANDED']);
      expect(existsSync(join(partner.directory, 'out', names[0]))).toBe(false);
      expect(statSync(folder.path).isDirectory()).toBe(true);
    });
  });
});
