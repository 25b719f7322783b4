/**
 * The outbox of answers, drained to a partner's SFTP server (OpenSSH's own), against `lftp mirror -R`
 * of the same files to the same server. The gateway does more for each file: it claims it and marks
 * it delivered in PostgreSQL, writes under a temporary name, asks for the size and renames.
 */
import { Buffer } from 'node:buffer';
import { createHash, randomFillSync } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openDatabase } from '../dist/storage/index.js';
import { startGateway } from './gateway-process.mjs';
import { inTurns, times, until } from './measure.mjs';
import { lftpMirror, makeLoginKey, openSshd } from './openssh.mjs';
import { runProgram } from './programs.mjs';
import { registerSenders } from './registration.mjs';

export const benchmark = { needs: ['ssh-keygen', 'sshd', 'lftp'], run };

const files = 10_000;
const fileBytes = 4096;
const secondsMax = 300;

async function run({ scratch, scaled, profile, say }) {
  const count = scaled(files);
  const data = join(scratch, 'data');
  const gateway = await startGateway({ data, profile });
  const [{ sender }] = await registerSenders(gateway, { scratch, count: 1 });
  const sshd = await openSshd(scratch, await makeLoginKey(join(scratch, 'login')));
  await addPartner(gateway, { scratch, sshd, sender });
  const contents = makeContents(count);
  const mirrored = await writeMirrored(scratch, contents);
  const database = await openDatabase({ url: undefined, data, poolMax: 2 });
  say(`${count} files of 4 KB to one partner`);
  try {
    const medians = await inTurns({
      sluis: (turn) => drain({ knex: database.knex, sender, contents, turn, sshd }),
      lftp: async (turn) => {
        const to = join(sshd.directory, `mirror-${turn}`);
        await mkdir(to);
        return lftpMirror(sshd, { from: mirrored, to });
      },
    });
    return reportOf(medians, count);
  } finally {
    await database.close();
    await gateway.stop();
  }
}

function reportOf({ sluis, lftp }, count) {
  const perSecond = (ms) => `${((count * 1000) / ms).toFixed(0)} /s`;
  return {
    title: 'Outbox',
    columns: [`${count} files of 4 KB`, 'files', 'of lftp'],
    rows: [
      ['`lftp mirror -R`', perSecond(lftp), times(1)],
      ['sluis, from the outbox to the partner', perSecond(sluis), times(lftp / sluis)],
    ],
    targets: [{ says: 'drain', value: lftp / sluis, min: 1 }],
  };
}

async function addPartner(gateway, { scratch, sshd, sender }) {
  const { stdout } = await runProgram('ssh-keygen', ['-lf', join(scratch, 'sshd', 'host.pub')]);
  const [, fingerprint] = stdout.split(' ');
  await gateway.sluis([
    ...['partner', 'add', 'bench', '--host', '127.0.0.1', '--port', String(sshd.port)],
    ...['--user', sshd.username, '--key', sshd.key, '--host-key', fingerprint],
    ...['--sender', sender, '--push', 'R=IN'],
  ]);
}

function makeContents(count) {
  return Array.from({ length: count }, () => randomFillSync(Buffer.allocUnsafe(fileBytes)));
}

async function writeMirrored(scratch, contents) {
  const directory = join(scratch, 'mirrored');
  await mkdir(directory);
  for (const [index, content] of contents.entries()) {
    await writeFile(join(directory, nameOf('M', index)), content);
  }
  return directory;
}

function nameOf(turn, index) {
  return `FO.ROUT.999999.20260101.${turn}${String(index).padStart(5, '0')}.R`;
}

/** Parcels appear all at once; the time ends when the last is marked delivered. */
async function drain({ knex, sender, contents, turn, sshd }) {
  const before = (await readdir(join(sshd.directory, 'IN'))).length;
  const batch = await plant(knex, { sender, contents, turn });
  const began = performance.now();
  await knex.raw(
    `update parcel set state = 'PENDING', run_after = clock_timestamp() where batch_id = ?`,
    [batch],
  );
  await knex.raw(`select pg_notify('sluis_parcel', '')`);
  await until(
    async () => {
      const { rows } = await knex.raw(
        `select 1 from parcel where batch_id = ? and state <> 'DELIVERED' limit 1`,
        [batch],
      );
      return rows.length === 0 ? true : undefined;
    },
    { what: 'drain', secondsMax, intervalMs: 20 },
  );
  const ms = performance.now() - began;
  const brought = (await readdir(join(sshd.directory, 'IN'))).length - before;
  if (brought !== contents.length) throw new Error(`${brought} of ${contents.length} are there`);
  return ms;
}

async function plant(knex, { sender, contents, turn }) {
  const {
    rows: [{ id }],
  } = await knex.raw(
    `insert into batch (ticket, state, sender, directory, environment, file_name, reserves, channel,
       username, received_at)
     values (?, 'REFUSED', ?, 'IN', 'R', ?, false, 'sftp-remote', 'bench', clock_timestamp())
     returning id`,
    [`BENCH${turn}`, sender, `GO.BENCH.${turn}`],
  );
  await knex.raw(
    `insert into parcel (batch_id, kind, number, sender, directory, channel, state, created_at)
     select ?, 'ROUT', n, ?, 'OUT', 'sftp-remote', 'DEAD', clock_timestamp()
     from generate_series(1, ?) n`,
    [id, sender, contents.length],
  );
  const page = 1_000;
  for (let from = 0; from < contents.length; from += page) {
    const some = contents.slice(from, from + page);
    await knex.raw(
      `insert into parcel_file (parcel_id, ordinal, name, bytes, sha256, content, sender, directory)
       select p.id, 0, g.name, ?, g.sha256, g.content, ?, 'OUT'
       from unnest(cast(? as integer[]), cast(? as text[]), cast(? as bytea[]), cast(? as bytea[]))
         as g (number, name, sha256, content)
       join parcel p on p.batch_id = ? and p.number = g.number`,
      [
        ...[fileBytes, sender],
        some.map((_, index) => from + index + 1),
        some.map((_, index) => nameOf(turn, from + index)),
        some.map((content) => createHash('sha256').update(content).digest()),
        ...[some, id],
      ],
    );
  }
  await knex.raw('analyze parcel, parcel_file');
  return id;
}
