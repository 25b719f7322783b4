import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import SftpClient from 'ssh2-sftp-client';
import { ed25519KeyPair } from '../../src/channels/index.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';
import { testFolder } from '../make/folder.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';

const mebibyte = 1024 * 1024;
const clock = { now: () => new Date('2026-01-15T08:00:00Z') };
const folder = testFolder();
const blobs = join(folder.path, 'blobs');
mkdirSync(blobs);
/** A file system of its own that a test can fill; not everybody may mount one. */
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', blobs]).status === 0;
const suite = mounted ? describe : describe.skip;
const ballast = join(blobs, 'ballast');
let exchange: Exchange;
let client: SftpClient;

suite(mounted ? 'a full disk' : 'a full disk (skipped: nothing may be mounted here)', () => {
  beforeAll(async () => {
    exchange = await anExchange({
      clock,
      settings: { roles: 'sftp,worker', sftpPort: '0', blobs: `file:${blobs}` },
    });
    const pair = await ed25519KeyPair();
    await exchange.office.identity.technicalUsers.register({
      ...{ username: 'payroll04', sender: exchange.secretariat.sender, by: 'test' },
      sshKeys: [Buffer.from(pair.public)],
    });
    const { host, port } = exchange.sftp;
    client = new SftpClient();
    await client.connect({ host, port, username: 'payroll04', privateKey: pair.private });
  }, 300_000);
  afterAll(async () => {
    await client.end();
    await exchange.close();
    spawnSync('umount', [blobs]);
    folder.remove();
  });

  it('refuses an upload with a status, keeps what was landed, and works again with space', async () => {
    const landed = aSet(exchange.secretariat, medcFile(soundForms(2)));
    const [fi = '', fs = '', go = ''] = Object.keys(landed.files);
    const put = (name: string): Promise<string> =>
      client.put(Buffer.from(landed.files[name] ?? ''), `IN/${name}`);
    await put(fi);
    await put(fs);
    writeFileSync(ballast, randomBytes(7 * mebibyte));

    const refused = await client
      .put(randomBytes(3 * mebibyte), 'IN/FI.MEDC.123456.20260115.WHOLE.R.1.1')
      .then(
        () => 'confirmed',
        (error: unknown) => (error as Error).message,
      );
    const listed = (await client.list('IN')).map(({ name }) => name);
    rmSync(ballast);
    await put(go);
    const batch = await exchange.batchOf(landed.go);

    expect(refused).toMatch(/no space|disk|Failure|not accepted/i);
    expect(listed).toEqual(expect.arrayContaining([fi, fs]));
    expect(batch.receipt).toEqual({ result: 'accepted', errors: [] });
    expect(batch.declarations).toEqual({ total: 2, accepted: 2, refused: 0 });
    expect(await exchange.answer(batch, 'NOTI')).toContain('<ResultCode>1</ResultCode>');
  });

  it('has the same name taken after it was refused, over the same connection', async () => {
    const set = aSet(exchange.secretariat, medcFile(soundForms(3)), { sequence: 'AGAIN' });
    const [fi = '', fs = '', go = ''] = Object.keys(set.files);
    // Not a byte is left.
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k']);

    const refused = await client.put(Buffer.from(set.files[fi] ?? ''), `IN/${fi}`).then(
      () => 'confirmed',
      () => 'refused',
    );
    rmSync(ballast);
    for (const name of [fi, fs, go]) {
      await client.put(Buffer.from(set.files[name] ?? ''), `IN/${name}`);
    }
    const batch = await exchange.batchOf(set.go);

    expect(refused).toBe('refused');
    expect(batch.receipt).toEqual({ result: 'accepted', errors: [] });
  });
});
