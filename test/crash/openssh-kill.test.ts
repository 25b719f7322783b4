import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { partnerRegister } from '../../src/partner-register.ts';
import { sha256 } from '../make/amqp.ts';
import { crashPoint, type CrashPoint } from '../make/crash-point.ts';
import { eventually } from '../make/exchange.ts';
import { lineProxy, type LineProxy } from '../make/line-proxy.ts';
import { aMortalGateway, wholeOf, type MortalGateway } from '../make/mortal-gateway.ts';
import { openSshServer, type OpenSshServer } from '../make/openssh-server.ts';

const startMs = 400_000;
const testMs = 400_000;
/** Their notification is longer than what passes of it. */
const declarations = 120;
const passes = 40_000;
const long = process.env['SLUIS_TEST_LONG'] === '1';

interface Moment {
  readonly says: string;
  readonly dies: 'the gateway' | 'the server';
  /** The statement the gateway hangs in; otherwise a line that stops in the middle of an answer. */
  readonly point?: Parameters<typeof crashPoint>[1];
  readonly short: boolean;
}

const landing = {
  table: 'landed_file',
  when: `written.channel = 'sftp-remote' and written.landed_at is not null`,
};
const marking = {
  table: 'parcel',
  when: `written.channel = 'sftp-remote' and written.state = 'DELIVERED'`,
};

const moments: readonly Moment[] = [
  {
    dies: 'the gateway',
    says: 'a file was fetched and did not land',
    point: landing,
    short: false,
  },
  { dies: 'the gateway', says: 'part of an answer was written', short: false },
  { dies: 'the gateway', says: 'an answer is there and unrecorded', point: marking, short: true },
  { dies: 'the server', says: 'a file was fetched and did not land', point: landing, short: false },
  { dies: 'the server', says: 'part of an answer was written', short: true },
  { dies: 'the server', says: 'an answer is there and unrecorded', point: marking, short: false },
];

describe("at OpenSSH's own server as a partner", () => {
  let house: MortalGateway;
  let sshd: OpenSshServer;
  let line: LineProxy;
  let point: CrashPoint | undefined;

  beforeAll(async () => {
    house = await aMortalGateway();
    const { sender } = house.secretariat;
    const { channels } = house.office.identity;
    await channels.open({ sender, channel: 'sftp-remote', actor: { by: 'test' } });
  }, startMs);
  beforeEach(async () => {
    sshd = await openSshServer();
    line = await lineProxy({ port: sshd.port });
    const register = await partnerRegister(house.office);
    await register.add({
      ...{ name: 'openssh', host: '127.0.0.1', port: line.port, username: sshd.username },
      ...{ privateKey: sshd.loginKey, hostKeys: [sshd.fingerprints.ed25519] },
      ...{ pull: { R: 'OUT' }, push: { R: 'IN' }, schedule: '* * * * *', claim: 'remember' },
      ...{ destinations: [{ number: house.secretariat.sender }], by: 'test' },
    });
    await house.database.knex.raw(
      `update partner set active_since = active_since - interval '10 minutes'`,
    );
  });
  afterEach(async () => {
    await house.kill();
    await point?.lift();
    point = undefined;
    const register = await partnerRegister(house.office);
    await register.remove({ name: 'openssh', by: 'test' });
    await line.close();
    await sshd.close();
  }, testMs);
  afterAll(async () => {
    await house.close();
  });

  const inside = (): readonly string[] => readdirSync(join(sshd.directory, 'IN')).sort();

  const isPart = (name: string): boolean =>
    name.startsWith('.FO.NOTI') && statSync(join(sshd.directory, 'IN', name)).size > 0;

  async function come(): Promise<void> {
    if (point !== undefined) return point.reached();
    await eventually(
      () => Promise.resolve(inside().some(isPart) || undefined),
      'part of an answer at the partner',
      180_000,
    );
  }

  async function dieAndComeBack(who: Moment['dies']): Promise<void> {
    if (who === 'the gateway') {
      await house.kill();
      await point?.lift();
    } else {
      await sshd.kill();
      await point?.release();
    }
    point = undefined;
    line.holdAfter(Infinity);
    await house.outlastLeases();
    if (who === 'the gateway') await house.start();
    else await sshd.start();
  }

  it.each(moments.filter(({ short }) => short || long))(
    '$dies dies when $says: one batch, and each answer once, whole and under its name',
    async (moment) => {
      const { go, files } = house.newSet(declarations);
      for (const [name, content] of Object.entries(files)) {
        writeFileSync(join(sshd.directory, 'OUT', name), content);
      }
      if (moment.point === undefined) line.holdAfter(passes);
      else point = await crashPoint(house.database.knex, moment.point);
      await house.start();
      await come();

      await dieAndComeBack(moment.dies);

      expect(await house.settled(go)).toEqual(wholeOf(declarations));
      const { rows: answers } = await house.database.knex.raw<{
        rows: { name: string; sha256: string }[];
      }>(
        `select f.name, encode(f.sha256, 'hex') as sha256 from parcel_file f
         join parcel p on p.id = f.parcel_id join batch b on b.id = p.batch_id
         where b.file_name = ? order by f.name collate "C"`,
        [go],
      );
      expect(answers).toHaveLength(9);
      const held = inside().map((name) => {
        const content = readFileSync(join(sshd.directory, 'IN', name));
        return { name, sha256: sha256(content) };
      });
      expect(held).toEqual(answers);
    },
    testMs,
  );
});
