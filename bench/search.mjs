/**
 * A search over two hundred thousand users by any subset of the eight criteria, through the room of
 * identity, as somebody who sees everybody and as the manager of a very large enterprise.
 */
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { inszVault } from '../dist/identity/people/insz-vault.js';
import { identityKeys } from '../dist/identity/index.js';
import { openOffice } from '../dist/compose.js';
import { resolveSettings } from '../dist/settings.js';
import { copyRows } from '../dist/storage/copy-rows.js';
import { complement97, enterpriseNumberOf, systemClock } from '../dist/vocabulary/index.js';
import { seedQuality } from './search-seed.mjs';

export const benchmark = { needs: [], run };

const users = 200_000;
const searches = 1_500;
const pageRows = 50;
const msMax = 50;
const criteria = [
  ...['quality', 'username', 'lastName', 'firstName'],
  ...['title', 'insz', 'language', 'email'],
];

async function run({ scratch, scaled, say }) {
  const data = join(scratch, 'data');
  const settings = resolveSettings({ flags: { data }, environment: {} });
  const office = await openOffice({ settings, clock: systemClock });
  try {
    const count = scaled(users);
    say(`${count} users are made, then ${searches} searches of each caller`);
    const people = await seed(office, { count, keys: await identityKeys(settings.keys) });
    const everywhere = caller('HD');
    const manager = caller('CAM', { enterprise: people.large });
    const own = people.all.filter(({ enterprise }) => enterprise === people.large);
    const rows = [];
    const figures = {};
    for (const [name, asker, among] of [
      ['help desk, every enterprise', everywhere, people.all],
      [`manager, ${own.length} users`, manager, own],
    ]) {
      const took = await measured(office, asker, among);
      figures[name] = took;
      rows.push([
        name,
        ...[0.5, 0.95, 0.99, 1].map((part) => `${quantile(took, part).toFixed(1)} ms`),
      ]);
    }
    return {
      title: 'Search',
      columns: [`${count} users, any subset of 8 criteria`, 'median', '95 %', '99 %', 'worst'],
      rows,
      targets: Object.entries(figures).map(([name, took]) => ({
        ...{ says: `95 % of the searches, ${name}`, value: quantile(took, 0.95) },
        ...{ unit: 'ms', max: msMax },
      })),
    };
  } finally {
    await office.close();
  }
}

/** Every subset in turn; the values of one person, or of two, so that many find nobody. */
async function measured({ identity }, asker, among) {
  const took = [];
  for (let turn = 0; turn < searches; turn += 1) {
    const subset = 1 + (turn % (2 ** criteria.length - 1));
    const one = pick(among, turn * 7919);
    const other = turn % 3 === 0 ? pick(among, turn * 104_729 + 1) : one;
    const asked = {};
    criteria.forEach((name, bit) => {
      if ((subset & (2 ** bit)) !== 0) asked[name] = (bit % 2 === 0 ? one : other).asked[name];
    });
    const from = performance.now();
    const { rows } = await identity.people.find(asker, asked, { max: pageRows });
    took.push(performance.now() - from);
    if (one === other && rows.length === 0) {
      throw new Error(`nobody found by ${JSON.stringify(Object.keys(asked))}`);
    }
  }
  return took;
}

function pick(all, number) {
  return all[number % all.length];
}

function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

function caller(role, more = {}) {
  return { name: 'bench', role, source: 'bench', language: 'en', personId: randomUUID(), ...more };
}

const lastNames = 4_000;
const firstNames = 500;
const smallSize = 200;
const chunkRows = 20_000;

/** Half of the users in one enterprise with four qualities, the others in firms of two hundred. */
async function seed(office, { count, keys }) {
  const vault = inszVault(keys);
  const at = systemClock.now().toISOString();
  const qualities = [];
  const all = [];
  const firmOf = (index) =>
    index < count / 2 ? 0 : 1 + Math.floor((index - count / 2) / smallSize);
  for (let index = 0; index < count; index += 1) {
    const firm = firmOf(index);
    const slot = firm === 0 ? index % 4 : 4 + firm - 1;
    qualities[slot] ??= {
      id: randomUUID(),
      enterprise: enterpriseNumberOf(4_000_000 + firm),
      type: ['employer', 'mandatary', 'service-provider', 'authority'][firm === 0 ? slot : 0],
    };
    all.push(person(index, qualities[slot]));
  }
  await seedQuality(office.database, { qualities, at });
  for (let from = 0; from < all.length; from += chunkRows) {
    await copyPeople(office.database, vault, { part: all.slice(from, from + chunkRows), at });
  }
  await office.database.knex.raw('vacuum analyze');
  return { all, large: enterpriseNumberOf(4_000_000) };
}

function person(index, quality) {
  // Some names are common and most are rare, as in a telephone book.
  const lastName = nameOf(Math.floor(lastNames * ((index * 0.618_034) % 1) ** 3), 'Van ');
  const firstName = nameOf(Math.floor(firstNames * ((index * 0.414_214) % 1) ** 2), '');
  const username = `user${String(index).padStart(7, '0')}`;
  const share = (index * 0.732_05) % 1;
  const title = share < 0.48 ? 'Dhr.' : share < 0.95 ? 'Mevr.' : share < 0.99 ? 'Dr.' : 'Prof.';
  const part = (index * 0.236_07) % 1;
  const language = part < 0.56 ? 'nl' : part < 0.93 ? 'fr' : part < 0.96 ? 'de' : 'en';
  const email = `${firstName}.${index}@firm.example`.toLowerCase();
  const insz = inszOf(index);
  const asked = {
    ...{ quality: quality.id, username: username.slice(0, 9), lastName: lastName.slice(0, 7) },
    ...{ firstName: firstName.slice(0, 3), title, insz, language, email: email.slice(0, 8) },
  };
  return {
    ...{
      id: randomUUID(),
      role: randomUUID(),
      enterprise: quality.enterprise,
      quality: quality.id,
    },
    ...{ lastName, firstName, username, title, language, email, insz, asked },
  };
}

const syllables = ['ba', 'cé', 'do', 'fu', 'gi', 'ha', 'je', 'ko', 'lu', 'mi', 'na', 'po', 'ra'];

function nameOf(number, before) {
  let rest = number;
  let name = '';
  for (let at = 0; at < 4; at += 1) {
    name += syllables[(rest + at) % syllables.length];
    rest = Math.floor(rest / syllables.length);
  }
  return before + name[0].toUpperCase() + name.slice(1);
}

function inszOf(index) {
  const day = 1 + (Math.floor(index / 998) % 28);
  const month = 1 + (Math.floor(index / 27_944) % 12);
  const two = (number) => String(number).padStart(2, '0');
  const base = `70${two(month)}${two(day)}${String(1 + (index % 998)).padStart(3, '0')}`;
  return `${base}${two(complement97(BigInt(base)))}`;
}

async function copyPeople(database, vault, { part, at }) {
  const persons = part.map((one) =>
    [
      ...[one.id, hex(vault.find(one.insz)), hex(vault.seal(one.insz, one.id)), one.username],
      ...[one.lastName, one.firstName, one.title, one.language, one.email, at, at],
    ].join('\t'),
  );
  const roles = part.map(
    (one) =>
      [one.role, one.id, 'USR', one.enterprise, one.quality, 'employee', 'active', at].join('\t') +
      `\tbench\t${at}\t${at}`,
  );
  await database.transaction(async (trx) => {
    await copyRows(trx, {
      table: 'person',
      columns: [
        ...['id', 'insz_hash', 'insz_sealed', 'username', 'last_name', 'first_name', 'title'],
        ...['language', 'email', 'created_at', 'changed_at'],
      ],
      text: lines(persons),
    });
    await copyRows(trx, {
      table: 'role_assignment',
      columns: [
        ...['id', 'person_id', 'role', 'enterprise', 'quality_id', 'capacity', 'state'],
        ...['valid_from', 'created_by', 'created_at', 'changed_at'],
      ],
      text: lines(roles),
    });
  });
}

function hex(bytes) {
  return `\\\\x${bytes.toString('hex')}`;
}

function lines(rows) {
  return Buffer.from(`${rows.join('\n')}\n`);
}
