import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  sftpRemoteOutlet,
  type CircuitLimits,
  type LinkDeadlines,
  type Outlet,
} from '../../../src/channels/index.ts';
import { systemClock } from '../../../src/vocabulary/index.ts';
import { manualClock, spans } from '../../make/clock.ts';
import { testDatabase, type TestDatabase } from '../../make/database.ts';
import { eventually } from '../../make/exchange.ts';
import {
  aPartner,
  partnerRegisterOn,
  type TestPartner,
  type TestRegister,
} from '../../make/partner.ts';
import {
  aParcel,
  aPart,
  outletContract,
  type OutletHarness,
  type Received,
} from '../contract/outlet.ts';

/** A machine that runs every test at once is slow, and slow is not wrong. */
jest.setTimeout(300_000);

/** Nobody who answers is given up. */
const unhurried: LinkDeadlines = { connectMs: 60_000, loginMs: 60_000, requestMs: 60_000 };
const hurried: LinkDeadlines = { connectMs: 5_000, loginMs: 5_000, requestMs: 1_500 };
const patient = new AbortController().signal;

outletContract('sftp-remote', openHarness);

async function openHarness(): Promise<OutletHarness> {
  const database = await testDatabase();
  const partner = await aPartner();
  const register = partnerRegisterOn(database, systemClock);
  await register.partners.add({ ...partner.wish(), by: 'test' });
  const outlet = sftpRemoteOutlet({
    ...{ ...register.tools, deadlines: unhurried, idleMs: 0 },
    circuit: register.circuit({ failuresMax: 1_000 }),
  });
  return {
    outlet,
    received: () => Promise.resolve(received(join(partner.directory, 'in'))),
    async loseNextConfirmation() {
      partner.misbehave({ loseAnswer: 'rename', connections: 1 });
      await gone(partner);
    },
    goAway: () => partner.goAway(),
    comeBack: () => partner.comeBack(),
    async close() {
      await outlet.close();
      await partner.close();
      await database.drop();
    },
  };
}

/** A misbehaviour is met by new connections only. */
async function gone(partner: TestPartner): Promise<void> {
  await eventually(
    () => Promise.resolve(partner.server.connections() === 0 || undefined),
    'the end of every connection',
  );
}

function received(directory: string): readonly Received[] {
  const sets = new Map<string, Record<string, string>>();
  for (const name of readdirSync(directory)) {
    if (name.startsWith('.')) continue;
    const [, ...rest] = name.split('.');
    const id = rest.join('.');
    const files = sets.get(id) ?? {};
    const content = readFileSync(join(directory, name));
    files[name] = createHash('sha256').update(content).digest('hex');
    sets.set(id, files);
  }
  return [...sets].map(([id, files]) => ({ id, files }));
}

describe('an outlet to partners', () => {
  let database: TestDatabase;
  let partner: TestPartner;
  let register: TestRegister;
  let outlet: Outlet;
  const clock = manualClock();

  beforeEach(async () => {
    database = await testDatabase();
    partner = await aPartner();
    register = partnerRegisterOn(database, clock);
  }, 300_000);

  afterEach(async () => {
    await outlet.close();
    await partner.close();
    await database.drop();
  });

  async function opened(
    over: Parameters<TestPartner['wish']>[0] = {},
    limits: Partial<CircuitLimits> = { failuresMax: 1_000 },
  ): Promise<void> {
    await register.partners.add({ ...partner.wish(over), by: 'test' });
    open(limits);
  }

  function open(limits: Partial<CircuitLimits>, deadlines = unhurried): void {
    const circuit = register.circuit(limits);
    outlet = sftpRemoteOutlet({ ...register.tools, circuit, deadlines, idleMs: 0 });
  }

  const there = (): string[] => readdirSync(join(partner.directory, 'in')).sort();
  const names = (parcel: ReturnType<typeof aParcel>): string[] =>
    parcel.files.map(({ name }) => name).sort();

  it('writes under a temporary name and renames, FO first and GO last', async () => {
    await opened();
    const parcel = aParcel();

    await outlet.deliver(parcel, patient);

    const asked = partner.server.requests().filter(({ what }) => what === 'rename');
    expect(asked.map(({ path }) => path)).toEqual(parcel.files.map(({ name }) => `/in/${name}`));
    const opens = partner.server.requests().filter(({ what }) => what === 'open');
    expect(opens.every(({ path }) => path.startsWith('/in/.') && path.endsWith('.tmp'))).toBe(true);
    expect(there()).toEqual(names(parcel));
  });

  it.each([
    ['stalls at the greeting', { stall: 'connect' }, 'channel.timed-out'],
    ['stalls at the login', { stall: 'login' }, 'channel.timed-out'],
    ['stalls in a write', { stall: 'write' }, 'channel.timed-out'],
    ['stalls at the close of a file', { stall: 'close' }, 'channel.timed-out'],
    ['stalls at the rename', { stall: 'rename' }, 'channel.timed-out'],
    ['hangs up', { refuse: 'connect' }, 'channel.unreachable'],
    ['refuses the login', { refuse: 'login' }, 'channel.login-refused'],
    ['refuses to open a file', { refuse: 'open' }, 'channel.refused'],
    ['refuses to write', { refuse: 'write' }, 'channel.refused'],
    ['refuses to close', { refuse: 'close' }, 'channel.refused'],
    ['refuses to rename', { refuse: 'rename' }, 'channel.refused'],
    ['cuts the line in the middle', { cutAfterBytes: 1_000 }, 'channel.unreachable'],
    ['takes a part of each write', { writeBytesMax: 500 }, 'channel.differs'],
    ['tells wrong sizes', { sizeOffBy: 1 }, 'channel.differs'],
  ] as const)(
    'ends when the partner %s, shows no half file, and delivers the next time',
    async (_, how, code) => {
      await opened();
      if ('stall' in how) open({ failuresMax: 1_000 }, hurried);
      partner.misbehave({ ...how, connections: 1 });
      const parcel = aParcel();

      // Whose deadline runs out first, ours or the connection's, is not promised.
      const codes = code === 'channel.timed-out' ? [code, 'channel.unreachable'] : [code];
      const outcome = await outlet.deliver(parcel, patient).then(
        () => 'delivered',
        (error: unknown) => (error as { readonly code?: unknown }).code,
      );
      expect(codes).toContain(outcome);
      const shown = there().filter((name) => !name.startsWith('.'));
      await outlet.close();
      open({ failuresMax: 1_000 });
      await outlet.deliver({ ...parcel, attempt: 2 }, patient);

      expect(shown).toEqual([]);
      expect(there()).toEqual(names(parcel));
    },
  );

  it('sends none of it again when the whole of it arrived before', async () => {
    await opened();
    const parcel = aParcel();
    await outlet.deliver(parcel, patient);
    const before = partner.server.requests().length;

    await outlet.deliver({ ...parcel, attempt: 2 }, patient);

    const after = partner.server.requests().slice(before);
    expect(after.filter(({ what }) => what === 'write')).toEqual([]);
    expect(there()).toEqual(names(parcel));
  });

  it('renames what an attempt before left complete, and writes anew what it left in part', async () => {
    await opened();
    const parcel = aParcel();
    const [first, second] = parcel.files;
    const left = join(partner.directory, 'in');
    const pieces: Buffer[] = [];
    for await (const piece of first?.open() ?? []) pieces.push(piece);
    writeFileSync(join(left, `.${first?.name ?? ''}.tmp`), Buffer.concat(pieces));
    writeFileSync(join(left, `.${second?.name ?? ''}.tmp`), 'a sig');

    await outlet.deliver({ ...parcel, attempt: 2 }, patient);

    const writes = partner.server.requests().filter(({ what }) => what === 'write');
    expect(writes.map(({ path }) => path)).toEqual([`/in/.${second?.name ?? ''}.tmp`]);
    expect(there()).toEqual(names(parcel));
  });

  it('does not take a name for its own that has other bytes of the same size', async () => {
    await opened();
    const part = aPart('FO.NOTI.999999.20260115.00099.R', Buffer.from('ours'));
    writeFileSync(join(partner.directory, 'in', part.name), 'hers');

    const attempt = outlet.deliver(aParcel({ files: [part], attempt: 2 }), patient);

    await expect(attempt).rejects.toMatchObject({ code: 'channel.refused' });
    expect(readFileSync(join(partner.directory, 'in', part.name), 'utf8')).toBe('hers');
  });

  it('reads back what it wrote where that is asked for', async () => {
    await opened({ readBack: true });

    await outlet.deliver(aParcel({}, 300_000), patient);

    expect(partner.server.requests().some(({ what }) => what === 'read')).toBe(true);
  });

  it('shows its credential to no server with another host key', async () => {
    await opened({ hostKeys: [`SHA256:${'x'.repeat(43)}`] });

    await expect(outlet.deliver(aParcel(), patient)).rejects.toMatchObject({
      code: 'channel.host-key',
      facts: { shown: partner.server.fingerprint },
    });
    expect(partner.server.requests()).toEqual([]);
  });

  it('has no partner for a number nobody stands for, or one that is suspended', async () => {
    await opened();

    const stranger = outlet.deliver(aParcel({ sender: '654321' }), patient);
    await expect(stranger).rejects.toMatchObject({ code: 'channel.no-partner' });
    await register.partners.suspend({ name: 'partner-one', by: 'test' });
    const suspended = outlet.deliver(aParcel(), patient);
    await expect(suspended).rejects.toMatchObject({ code: 'channel.no-partner' });
  });

  it('leaves a partner alone after failures in a row, tries once after a while, and goes on', async () => {
    await opened({}, { failuresMax: 3, openMs: spans.minute });
    await partner.goAway();

    for (let n = 0; n < 3; n += 1) {
      await expect(outlet.deliver(aParcel(), patient)).rejects.toMatchObject({
        code: 'channel.unreachable',
      });
    }
    await partner.comeBack();
    const early = outlet.deliver(aParcel(), patient);
    await expect(early).rejects.toMatchObject({ code: 'channel.circuit-open' });
    const [shown] = await register.partners.list();
    clock.pass(spans.minute);
    await outlet.deliver(aParcel(), patient);

    expect(shown?.circuit).toMatchObject({ failures: 3, reason: 'channel.unreachable' });
    expect((await register.partners.list())[0]?.circuit).toEqual({ failures: 0 });
    expect(register.told).toEqual([
      ...['partner.added', 'partner.circuit-opened', 'partner.probed', 'partner.circuit-closed'],
    ]);
  });

  it('lets one process alone try a partner whose time is over', async () => {
    await opened({}, { failuresMax: 1, openMs: spans.minute });
    await partner.goAway();
    await expect(outlet.deliver(aParcel(), patient)).rejects.toThrow();
    clock.pass(spans.minute);
    const [shown] = await register.partners.list();
    const other = register.circuit({ openMs: spans.minute });
    if (shown === undefined) throw new Error('no partner');

    await other.admit(shown);

    await expect(other.admit(shown)).rejects.toMatchObject({ code: 'channel.circuit-open' });
    await partner.comeBack();
  });

  it('brings a large file whole, with many requests under way', async () => {
    await opened();
    mkdirSync(join(partner.directory, 'in', 'sub'));
    const content = Buffer.alloc(5_000_000, 'large ');
    const part = aPart('FO.NOTI.999999.20260115.00777.R', content);

    await outlet.deliver(aParcel({ files: [part] }), patient);

    expect(readFileSync(join(partner.directory, 'in', part.name)).equals(content)).toBe(true);
    expect(existsSync(join(partner.directory, 'in', `.${part.name}.tmp`))).toBe(false);
  });
});
