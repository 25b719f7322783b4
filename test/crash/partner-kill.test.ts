import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Misbehaviour } from '../../sftp-test-server/index.ts';
import { partnerRegister } from '../../src/partner-register.ts';
import { sha256 } from '../make/amqp.ts';
import { crashPoint, type CrashPoint } from '../make/crash-point.ts';
import { eventually } from '../make/exchange.ts';
import { aMortalGateway, wholeOf, type MortalGateway } from '../make/mortal-gateway.ts';
import { aPartner, type TestPartner } from '../make/partner.ts';

const startMs = 400_000;
const testMs = 400_000;
const declarations = 40;
/** Of a file of more than three blocks of 32 KiB. */
const manyDeclarations = 120;
const long = process.env['SLUIS_TEST_LONG'] === '1';

interface Moment {
  readonly says: string;
  /** What the partner does until the gateway is dead. */
  readonly partner?: Misbehaviour;
  /** The statement the gateway hangs in. */
  readonly point?: Parameters<typeof crashPoint>[1];
  /** What is seen when the moment has come. */
  readonly seen?: string;
  /** Files at the partner that are there at the moment; at least one, when given. */
  readonly there?: (name: string) => boolean;
  /** Blocks of a file that were given before the next was asked for. */
  readonly fetched?: number;
  readonly declarations?: number;
  readonly short: boolean;
}

const isTemporary = (name: string): boolean => name.startsWith('.') && name.endsWith('.tmp');

const moments: readonly Moment[] = [
  {
    says: 'a part of a file was fetched',
    partner: { stallAfterBytes: 70_000 },
    fetched: 2,
    declarations: manyDeclarations,
    short: true,
  },
  {
    says: 'a file was fetched and did not land',
    point: {
      table: 'landed_file',
      when: `written.channel = 'sftp-remote' and written.landed_at is not null`,
    },
    short: false,
  },
  {
    says: 'a file landed and the round does not know',
    point: { table: 'remote_file', when: `written.state = 'landed'` },
    short: true,
  },
  {
    says: 'a file landed and is still at the partner',
    partner: { stall: 'remove' },
    seen: `select 1 from remote_file where state = 'landed'`,
    short: false,
  },
  {
    says: 'an answer is under its temporary name',
    partner: { stall: 'rename' },
    there: isTemporary,
    short: true,
  },
  {
    says: 'an answer has its name and the partner never said so',
    partner: { loseAnswer: 'rename' },
    there: (name) => name.startsWith('FO.ACRF'),
    short: false,
  },
  {
    says: 'an answer is there and that is not recorded',
    point: {
      table: 'parcel',
      when: `written.channel = 'sftp-remote' and written.state = 'DELIVERED'`,
    },
    there: (name) => name.startsWith('GO.ACRF'),
    short: false,
  },
];

describe('a gateway killed while it is at a partner', () => {
  let house: MortalGateway;
  let partner: TestPartner;
  let point: CrashPoint | undefined;

  beforeAll(async () => {
    house = await aMortalGateway();
    const { sender } = house.secretariat;
    const { channels } = house.office.identity;
    await channels.open({ sender, channel: 'sftp-remote', actor: { by: 'test' } });
  }, startMs);
  beforeEach(async () => {
    partner = await aPartner();
    const register = await partnerRegister(house.office);
    const destinations = [{ number: house.secretariat.sender }];
    // Claimed by nothing but memory, which is what a crash could lose.
    const wish = partner.wish({ destinations, schedule: '* * * * *', claim: 'remember' });
    await register.add({ ...wish, by: 'test' });
    await house.database.knex.raw(
      `update partner set active_since = active_since - interval '10 minutes'`,
    );
  });
  afterEach(async () => {
    await house.kill();
    await point?.lift();
    point = undefined;
    const register = await partnerRegister(house.office);
    await register.remove({ name: 'partner-one', by: 'test' });
    await partner.close();
  }, testMs);
  afterAll(async () => {
    await house.close();
  });

  const inside = (): readonly string[] => readdirSync(join(partner.directory, 'in')).sort();

  /** Blocks asked for one file; the partner gives one after the other. */
  const blocksAsked = (): number =>
    partner.server.requests().filter(({ what, path }) => what === 'read' && path.includes('/FI.'))
      .length;

  async function come({ seen, there, fetched }: Moment): Promise<void> {
    await point?.reached();
    if (seen !== undefined) await house.seen(seen);
    if (fetched !== undefined) {
      await eventually(
        () => Promise.resolve(blocksAsked() > fetched || undefined),
        `more than ${String(fetched)} blocks asked for`,
      );
    }
    if (there === undefined) return;
    await eventually(
      () => Promise.resolve(inside().some(there) || undefined),
      'file at the partner',
    );
  }

  it.each(moments.filter(({ short }) => short || long))(
    'when $says: one batch, and each answer once, whole and under its name',
    async (moment) => {
      const forms = moment.declarations ?? declarations;
      const { go, files } = house.newSet(forms);
      for (const [name, content] of Object.entries(files)) {
        writeFileSync(join(partner.directory, 'out', name), content);
      }
      partner.misbehave(moment.partner ?? {});
      if (moment.point !== undefined) point = await crashPoint(house.database.knex, moment.point);
      await house.start();
      await come(moment);

      await house.kill();
      await point?.lift();
      point = undefined;
      partner.misbehave({});
      await house.outlastLeases();
      await house.start();

      expect(await house.settled(go)).toEqual(wholeOf(forms));
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
        const content = readFileSync(join(partner.directory, 'in', name));
        return { name, sha256: sha256(content) };
      });
      expect(held).toEqual(answers);
      // Fetched and dealt with: nothing is left that a later round could take for new.
      await eventually(
        () =>
          Promise.resolve(readdirSync(join(partner.directory, 'out')).length === 0 || undefined),
        'removal of what was fetched',
      );
    },
    testMs,
  );
});
