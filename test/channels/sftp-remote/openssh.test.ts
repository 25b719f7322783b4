import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  sftpRemoteOutlet,
  sftpRemoteSteps,
  testConnection,
  type ConnectionStepReport,
  type PartnerToTest,
} from '../../../src/channels/index.ts';
import { systemClock } from '../../../src/vocabulary/index.ts';
import { eventually } from '../../make/exchange.ts';
import { testDatabase, type TestDatabase } from '../../make/database.ts';
import { openSshServer, type OpenSshServer } from '../../make/openssh-server.ts';
import { aPartner, partnerRegisterOn } from '../../make/partner.ts';
import { aParcel } from '../contract/outlet.ts';

jest.setTimeout(300_000);

let sshd: OpenSshServer;
let database: TestDatabase;

beforeAll(async () => {
  sshd = await openSshServer();
  database = await testDatabase();
});

afterAll(async () => {
  await sshd.close();
  await database.drop();
});

function toTest(over: Partial<PartnerToTest> = {}): PartnerToTest {
  const { port, username, loginKey, fingerprints } = sshd;
  return {
    ...{ host: '127.0.0.1', port, username, privateKey: loginKey },
    hostKeys: [fingerprints.ed25519],
    ...{ pull: { R: 'OUT' }, push: { R: 'IN' } },
    ...over,
  };
}

async function tested(
  over: Partial<PartnerToTest> = {},
  signal = new AbortController().signal,
): Promise<readonly ConnectionStepReport[]> {
  const reports: ConnectionStepReport[] = [];
  const steps = sftpRemoteSteps(() => Promise.resolve(toTest(over)));
  for await (const report of testConnection(steps, signal)) {
    if (report.state !== 'running') reports.push(report);
  }
  return reports;
}

const outcome = (reports: readonly ConnectionStepReport[]): string[] =>
  reports.map(({ step, state }) => `${step} ${state}`);

describe("OpenSSH's server as a partner", () => {
  it('is brought parcels with a key, and holds them whole', async () => {
    const { partners, tools, circuit } = registerOf();
    const { pull, push, ...address } = toTest();
    await partners.add({
      ...{ ...address, pull, push, name: 'openssh', by: 'test', readBack: true },
      destinations: [{ number: '123456' }],
    });
    const outlet = sftpRemoteOutlet({ ...tools, circuit });
    const parcel = aParcel({}, 2_000_000);

    await outlet.deliver(parcel, new AbortController().signal);
    await outlet.deliver({ ...parcel, attempt: 2 }, new AbortController().signal);
    await outlet.close();

    expect(readdirSync(join(sshd.directory, 'IN')).sort()).toEqual(
      parcel.files.map(({ name }) => name).sort(),
    );
    const [first] = parcel.files;
    expect(readFileSync(join(sshd.directory, 'IN', first?.name ?? '')).length).toBe(2_000_000);
  });

  it('passes every step of a test, and keeps nothing of it', async () => {
    writeFileSync(join(sshd.directory, 'OUT', 'a file'), 'x');
    const before = readdirSync(join(sshd.directory, 'IN'));

    const reports = await tested();

    expect(outcome(reports)).toEqual([
      ...['name passed', 'TCP passed', 'host key passed', 'login passed', 'rights passed'],
      'round trip passed',
    ]);
    expect(reports[4]?.reason).toContain('OUT: 1 files');
    expect(readdirSync(join(sshd.directory, 'IN'))).toEqual(before);
  });

  it.each([
    ['TCP', { port: 1 }, 'nothing listens'],
    ['host key', { hostKeys: [`SHA256:${'x'.repeat(43)}`] }, 'shows another key'],
    ['rights', { push: { R: 'NOWHERE' } }, 'refused'],
  ])('fails at %s with a reason, and skips the rest', async (step, over, reason) => {
    const reports = await tested(over);

    const failed = reports.filter(({ state }) => state === 'failed');
    expect(failed).toMatchObject([{ step, reason: expect.stringContaining(reason) }]);
    expect(reports.at(-1)?.state).toBe('skipped');
  });

  it('fails at the login with a key that is not ours', async () => {
    const reports = await tested({ privateKey: sshd.wrongKey });

    expect(outcome(reports)).toContain('login failed');
  });

  it('can be told to stop in the middle of a test', async () => {
    const partner = await aPartner();
    partner.misbehave({ stall: 'login' });
    const cut = new AbortController();
    const { port, host, fingerprint: hostKey } = partner.server;
    const testing = tested({ host, port, hostKeys: [hostKey] }, cut.signal);
    await eventually(
      () => Promise.resolve(partner.server.connections() > 0 || undefined),
      'a call',
    );
    cut.abort();

    const reports = await testing;

    expect(reports.at(-1)?.state).toBe('cancelled');
    await partner.close();
  });
});

function registerOf() {
  const register = partnerRegisterOn(database, systemClock);
  const { partners, tools } = register;
  return { partners, tools, circuit: register.circuit() };
}
