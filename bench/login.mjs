/**
 * What a login costs beside its password hash, and what refused logins cost everybody else. The
 * logins go to a running gateway over its HTTP interface.
 */
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { hash, verify } from '@node-rs/argon2';
import { openOffice } from '../dist/compose.js';
import { resolveSettings } from '../dist/settings.js';
import { enterpriseNumberOf, systemClock } from '../dist/vocabulary/index.js';
import { startGateway } from './gateway-process.mjs';
import { inTurns, median, seconds, times } from './measure.mjs';
import { sftpCommands } from './openssh.mjs';
import { registerSenders } from './registration.mjs';
import { makeRandom } from './sftp.mjs';

export const benchmark = { needs: ['sftp', 'ssh-keygen'], run };

const logins = 60;
/** What is measured is the throttle: the limit on requests, which needs no database, stays away. */
const manyRequests = '1000000';
const gatewaySettings = {
  SLUIS_SECOND_FACTOR: 'optional',
  SLUIS_HTTP_SOURCE_REQUESTS: manyRequests,
  SLUIS_HTTP_LOGIN_REQUESTS: manyRequests,
  SLUIS_HTTP_TRUSTED_PROXIES: '127.0.0.1',
};
const megabytes = 300;
const refusedPerSecond = 100;
const password = 'vier paarden bij de oude sluisdeur';
/** As the gateway hashes: 19 MiB, two passes. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

async function run({ scratch, scaled, profile, say }) {
  const data = join(scratch, 'data');
  const gateway = await startGateway({ data, profile, settings: gatewaySettings });
  const [sender] = await registerSenders(gateway, { scratch, count: 1 });
  const username = await atOffice(data, makePerson);
  const door = openDoor(gateway.http, username);
  try {
    const count = scaled(logins);
    say(
      `${count} logins, then ${scaled(megabytes)} MB up beside ${refusedPerSecond} refused ones a second`,
    );
    const bare = await hash(password, cost);
    const phases = await inTurns({
      bare: () => each(count, () => verify(bare, password, cost)),
      login: () => each(count, () => door.logIn()),
    });
    await lock(door);
    const refused = await each(count, () => door.guess());
    const large = await makeRandom(join(scratch, 'large.bin'), scaled(megabytes) * 1_000_000);
    const upload = (turn, kind) => uploadOnce({ sender, large, name: `${turn}${kind}` });
    const uploads = await inTurns({
      quiet: (turn) => upload(turn, '000A'),
      stormy: (turn) => beside(door, () => upload(turn, '000B')),
    });
    return reportOf({ ...phases, refused, ...uploads }, scaled(megabytes));
  } finally {
    door.close();
    await gateway.stop();
  }
}

async function atOffice(data, work) {
  const settings = resolveSettings({ flags: { data }, environment: {} });
  const office = await openOffice({ settings, clock: systemClock });
  try {
    return await work(office);
  } finally {
    await office.close();
  }
}

/** The way in, from two addresses: one that knows the password and one that guesses. */
function openDoor(url, username) {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const knock = async (address, typed, expected) => {
    const body = Buffer.from(JSON.stringify({ username, password: typed }));
    const status = await post(new URL('/api/v1/login/password', url), { agent, address, body });
    if (status !== expected) throw new Error(`a login ended with ${status}`);
  };
  return {
    logIn: () => knock('192.0.2.1', password, 200),
    guess: () => knock('192.0.2.2', 'something else', 401),
    close: () => agent.destroy(),
  };
}

function post(url, { agent, address, body }) {
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-forwarded-for': address,
  };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    });
    asked.once('error', reject).end(body);
  });
}

function reportOf({ bare, login, refused, quiet, stormy }, size) {
  const row = (says, ms, of) => [says, `${ms.toFixed(1)} ms`, times(ms / of)];
  const upload = (says, ms) => [says, seconds(ms), times(ms / quiet)];
  return {
    title: 'Login',
    columns: ['', 'time', 'of the reference'],
    rows: [
      row('bare argon2id, 19 MiB, 2 passes', bare, bare),
      row('login over HTTP, session opened, trail written', login, bare),
      row('login over HTTP, refused by the throttle', refused, bare),
      upload(`upload of ${size} MB, nobody logs in`, quiet),
      upload(`the same beside ${refusedPerSecond} refused logins a second`, stormy),
    ],
    targets: [
      { says: 'a login, of its hash', value: login / bare, max: 1.5 },
      { says: 'upload beside refused logins', value: stormy / quiet, max: 1.1 },
    ],
  };
}

/** Median milliseconds of one after another. */
async function each(count, work) {
  const taken = [];
  for (let made = 0; made < count; made += 1) {
    const start = performance.now();
    await work();
    taken.push(performance.now() - start);
  }
  return median(taken);
}

/** Five wrong guesses of one source lock it out. */
async function lock(door) {
  for (let tries = 0; tries < 12; tries += 1) await door.guess();
}

/** Does the work while refused logins come in at their pace; answers with what the work took. */
async function beside(door, work) {
  const under = new Set();
  const failures = [];
  const timer = setInterval(() => {
    const one = door
      .guess()
      .catch((error) => failures.push(error))
      .finally(() => under.delete(one));
    under.add(one);
  }, 1000 / refusedPerSecond);
  let taken;
  try {
    taken = await work();
  } finally {
    clearInterval(timer);
    await Promise.all(under);
  }
  if (failures.length > 0) throw failures[0];
  return taken;
}

async function uploadOnce({ sender, large, name }) {
  const remote = `/IN/FI.DMFA.123001.20260101.${name}.R.1.1`;
  const { each: taken } = await sftpCommands(sender, [
    `put "${large}" "${remote}"`,
    `rm "${remote}"`,
  ]);
  return taken[0];
}

async function makePerson({ database, identity, mail }) {
  const { knex } = database;
  const at = systemClock.now();
  const id = randomUUID();
  const username = 'benchperson1';
  const enterprise = enterpriseNumberOf(4_000_001);
  await knex('enterprise').insert({
    ...{ number: enterprise, name: 'Bench', country: 'BE', registered_at: at },
  });
  await knex('person').insert({
    ...{ id, username, last_name: 'Bench', first_name: 'Person', language: 'en' },
    ...{ email: 'bench@example.org', created_at: at, changed_at: at },
  });
  await knex('role_assignment').insert({
    ...{ id: randomUUID(), person_id: id, role: 'CAM', enterprise, state: 'active' },
    ...{ valid_from: at, created_by: 'bench', created_at: at, changed_at: at },
  });
  const caller = { name: 'bench', role: 'system', source: 'bench', language: 'en' };
  await identity.passwords.issueInitial(caller, id);
  const source = '192.0.2.1';
  const [letter] = await mail.list({ max: 1 });
  const { body } = await mail.show(letter.id, { reveal: true });
  const [code] = /(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}/.exec(body);
  const keys = await identity.signIn.byPassword({ username, password: code, source });
  const session = await identity.sessions.open(keys.token, { source });
  await identity.passwords.choose(session, password);
  return username;
}
