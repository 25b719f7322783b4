/**
 * The gateway's SFTP server against OpenSSH's own, with the same clients, cipher and disk. The
 * gateway does more for each file: it hashes every byte, and confirms nothing before the file, its
 * directory and its row are on disk.
 */
import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openDatabase } from '../dist/storage/index.js';
import { startGateway } from './gateway-process.mjs';
import { inTurns, runs, seconds, times } from './measure.mjs';
import { lftpMirror, makeLoginKey, openSshd, sftpCommands } from './openssh.mjs';
import { registerSenders } from './registration.mjs';

export const benchmark = { needs: ['sftp', 'ssh-keygen', 'sshd', 'lftp'], run };

const megabytes = 500;
const smallFiles = 2000;
const smallBytes = 4096;

async function run({ scratch, scaled, profile, say }) {
  const bytes = scaled(megabytes) * 1_000_000;
  const count = scaled(smallFiles);
  await needRoom(scratch, bytes * (4 * runs + 6));
  const large = await makeRandom(join(scratch, 'large.bin'), bytes);
  const small = await makeSmallFiles(scratch, count);
  const data = join(scratch, 'data');
  const gateway = await startGateway({ data, profile });
  const [login] = await registerSenders(gateway, { scratch, count: 1 });
  const sshd = await openSshd(scratch, await makeLoginKey(join(scratch, 'login')));
  const answer = await plantAnswer({ data, login, large });
  await copyFile(large, join(sshd.directory, 'answer.bin'));
  say(`${bytes / 1e6} MB up, down and up with fsync, then ${count} files of 4 KB`);
  const sluis = { server: login, in: '/IN', answer: `/OUT/${answer}` };
  const openssh = { server: sshd, in: 'IN', answer: 'answer.bin' };
  const medians = await inTurns({
    sluis: (turn) => transfers(sluis, { scratch, large, small: small[turn], turn }),
    openssh: (turn) => transfers(openssh, { scratch, large, small: small[turn], turn }),
  });
  await gateway.stop();
  return reportOf(medians, { bytes, count });
}

function reportOf({ sluis, openssh }, { bytes, count }) {
  const rate = (ms) => `${(bytes / 1e3 / ms).toFixed(0)} MB/s`;
  const perSecond = (ms) => `${((count * 1000) / ms).toFixed(0)} /s`;
  const row = (says, key, show) => [
    says,
    show(openssh[key]),
    show(sluis[key]),
    times(openssh[key] / sluis[key]),
  ];
  const size = `${bytes / 1e6} MB`;
  const target = (says, key, min) => ({ says, value: openssh[key] / sluis[key], min });
  return {
    title: 'SFTP',
    columns: ['', 'OpenSSH', 'sluis', 'speed of OpenSSH'],
    rows: [
      row(`upload of ${size}, \`put\``, 'upload', rate),
      row(`upload of ${size}, \`put -f\` (fsync)`, 'synced', rate),
      row(`download of ${size}, \`get\``, 'download', rate),
      row(`${count} files of 4 KB, \`lftp mirror -R\``, 'small', perSecond),
      row('start of the client, login, logout', 'login', seconds),
    ],
    targets: [
      target('upload', 'upload', 1),
      target('upload with fsync', 'synced', 1),
      target('download', 'download', 1),
      target('small files', 'small', 0.5),
    ],
  };
}

/** One turn of everything with one server, in milliseconds. */
async function transfers(side, { scratch, large, small, turn }) {
  const name = (kind) => `${side.in}/FI.DMFA.123001.20260101.${turn}${kind}.R.1.1`;
  const local = join(scratch, 'fetched.bin');
  const commands = [
    `put "${large}" "${name('000A')}"`,
    `put -f "${large}" "${name('000B')}"`,
    `get "${side.answer}" "${local}"`,
    `rm "${name('000A')}"`,
    `rm "${name('000B')}"`,
  ];
  const { each, ms } = await sftpCommands(side.server, commands);
  const [upload, synced, download] = each;
  await rm(local, { force: true });
  const login = ms - each.reduce((sum, one) => sum + one, 0);
  const mirrored = await lftpMirror(side.server, { from: small, to: side.in });
  return { upload, synced, download, login, small: mirrored };
}

async function needRoom(directory, bytes) {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize > bytes) return;
  throw new Error(`the temporary directory needs ${(bytes / 1e9).toFixed(0)} GB of free space`);
}

/** Random bytes: nothing on the way can compress them. */
export async function makeRandom(path, bytes) {
  const piece = 1_000_000;
  await pipeline(
    Readable.from(
      (function* pieces() {
        for (let made = 0; made < bytes; made += piece) {
          yield randomFillSync(Buffer.allocUnsafe(Math.min(piece, bytes - made)));
        }
      })(),
    ),
    createWriteStream(path),
  );
  return path;
}

/** A directory a turn, of declarations whose GO never comes: they land and wait. */
async function makeSmallFiles(scratch, count) {
  const directories = [];
  for (let turn = 0; turn < runs; turn += 1) {
    const directory = join(scratch, `small-${turn}`);
    await mkdir(directory);
    for (let index = 0; index < count; index += 1) {
      const sequence = String(turn * count + index + 1).padStart(5, '0');
      const content = randomFillSync(Buffer.allocUnsafe(smallBytes));
      await writeFile(join(directory, `FI.DMFA.123001.20260101.${sequence}.R.1.1`), content);
    }
    directories.push(directory);
  }
  return directories;
}

/**
 * Shows a large file in OUT: a file is uploaded, and a row of an answer made to point at its bytes,
 * since no lawful answer has the size to be measured.
 */
async function plantAnswer({ data, login, large }) {
  const name = 'FI.DMFA.123001.20260101.ZZZZZ.R.1.1';
  await sftpCommands(login, [`put "${large}" "/IN/${name}"`]);
  const database = await openDatabase({ url: undefined, data, poolMax: 2 });
  try {
    return await plantRows(database.knex, { sender: login.sender, name });
  } finally {
    await database.close();
  }
}

async function plantRows(knex, { sender, name }) {
  const answer = 'FO.STAT.999999.20260101.ZZZZZ.R';
  const {
    rows: [batch],
  } = await knex.raw(
    `insert into batch (ticket, state, sender, directory, environment, file_name, reserves, channel,
       username, received_at)
     select 'BENCH', 'REFUSED', sender, directory, 'R', name, false, channel, username, landed_at
     from landed_file where sender = ? and name = ? returning id`,
    [sender, name],
  );
  const {
    rows: [parcel],
  } = await knex.raw(
    `insert into parcel (batch_id, kind, sender, directory, channel, state, created_at)
     values (?, 'STAT', ?, 'OUT', 'sftp', 'DELIVERED', clock_timestamp()) returning id`,
    [batch.id, sender],
  );
  await knex.raw(
    `insert into parcel_file (parcel_id, ordinal, name, bytes, sha256, blob, visible, sender,
       directory, shown_at)
     select ?, 0, ?, bytes, sha256, blob, true, sender, 'OUT', clock_timestamp()
     from landed_file where sender = ? and name = ?`,
    [parcel.id, answer, sender, name],
  );
  return answer;
}
