import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Environment, OutDirectory } from '../../src/vocabulary/index.ts';
import { xmlOf } from '../make/answer-xml.ts';
import { manualClock, spans } from '../make/clock.ts';
import { commandLine } from '../make/command-line.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';
import { testFolder } from '../make/folder.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';
import { verdictsOn } from '../make/schema-judges.ts';
import { zipOf } from '../make/zip-file.ts';

const clock = manualClock('2026-01-15T08:00:00Z');
const folder = testFolder();
let exchange: Exchange;
/** Two sound declarations and a wrong one, of employers that no other test declares for. */
let content: string;
let first = 11;

beforeAll(async () => {
  exchange = await anExchange({ clock, settings: { settleMs: '30s', goTimeoutMs: '4h' } });
});
beforeEach(() => {
  content = medcFile([...soundForms(2), { employer: '0123456789' }], { first });
  first += 3;
});
afterAll(async () => {
  await exchange.close();
  folder.remove();
});

const outOf = { R: 'OUT', T: 'OUTTEST', S: 'OUTTEST-S' } as const;

async function rowsOf(table: string, ticket: string): Promise<readonly Record<string, unknown>[]> {
  return exchange.office.database
    .knex(table)
    .join('batch', 'batch.id', `${table}.batch_id`)
    .where({ ticket })
    .select<Record<string, unknown>[]>(`${table}.*`);
}

describe('a set', () => {
  it('may come in parts, whose declarations are numbered on', async () => {
    const base = `MEDC.${exchange.secretariat.sender}.20260115.PARTS.R`;
    const parts = [medcFile(soundForms(2)), medcFile([{}, { year: '2031' }], { first: 3 })];
    const files = parts.flatMap((text, index) => [
      [`FI.${base}.2.${String(index + 1)}`, text] as const,
      [`FS.${base}.2.${String(index + 1)}`, exchange.secretariat.sign(text)] as const,
    ]);
    await exchange.hand({ ...Object.fromEntries(files), [`GO.${base}.2`]: '' });

    const batch = await exchange.batchOf(`GO.${base}.2`);

    expect(batch.declarations).toEqual({ total: 4, accepted: 3, refused: 1 });
    expect(batch.findings.map(({ declaration, errorId }) => [declaration, errorId])).toEqual([
      [4, '70001-008'],
    ]);
    expect(batch.parcels.map(({ kind }) => kind)).toEqual(['ACRF', 'NOTI', 'STAT']);
  });

  it('may come in parts, and is told which of them the line of a finding is in', async () => {
    const base = `MEDC.${exchange.secretariat.sender}.20260115.WHERE.R`;
    const parts = [
      medcFile([{}, { year: '2031' }], { first: 5 }),
      medcFile([{ year: '2031' }, {}], { first: 7 }),
    ];
    const files = parts.flatMap((text, index) => [
      [`FI.${base}.2.${String(index + 1)}`, text] as const,
      [`FS.${base}.2.${String(index + 1)}`, exchange.secretariat.sign(text)] as const,
    ]);
    await exchange.hand({ ...Object.fromEntries(files), [`GO.${base}.2`]: '' });

    const batch = await exchange.batchOf(`GO.${base}.2`);
    const noti = await exchange.answer(batch, 'NOTI');
    const operator = commandLine({ databaseUrl: exchange.office.database.url });
    const explained = await operator.sluis('batch', 'explain', batch.ticket, '--declaration', '3');
    const shown = await operator.sluis('batch', 'show', batch.ticket);
    operator.close();

    const [first, second] = [`FI.${base}.2.1`, `FI.${base}.2.2`];
    const told = xmlOf(noti)
      .text('AnomalyLabel')
      .map((label) => label.split(': ')[0]);
    const schemas = { own: 'NOTIFICATION_20261.xsd', official: 'NOTIFICATION_20223.xsd' };
    expect(batch.findings.map(({ declaration, file }) => [declaration, file])).toEqual([
      [2, first],
      [3, second],
    ]);
    expect(told).toEqual([first, second]);
    expect(verdictsOn(noti, schemas).join('')).toBe('');
    expect(explained.out).toMatch(new RegExp(`^declaration 3 of .*, line \\d+ in ${second}$`, 'm'));
    expect(shown.out).toMatch(new RegExp(`^  #2 .* at \\d+:\\d+ in ${first}: `, 'm'));
  });

  it('may bear the older names, without parts', async () => {
    const base = `MEDC.${exchange.secretariat.sender}.20260115.OLDER.R`;
    const files = { [`FI.${base}`]: content, [`FS.${base}`]: exchange.secretariat.sign(content) };
    await exchange.hand({ ...files, [`GO.${base}`]: '' });

    const batch = await exchange.batchOf(`GO.${base}`);

    expect(batch.declarations).toEqual({ total: 3, accepted: 2, refused: 1 });
  });

  it('may come with its GO first and its FS last, within the settle window', async () => {
    const { go, files } = aSet(exchange.secretariat, content);
    const [fi = '', fs = ''] = Object.keys(files);
    for (const name of [go, fi]) await exchange.hand({ [name]: files[name] ?? '' });
    clock.pass(29 * spans.second);
    await exchange.hand({ [fs]: files[fs] ?? '' });

    expect((await exchange.batchOf(go)).receipt).toEqual({ result: 'accepted', errors: [] });
  });

  it.each(['archive', 'declarations'] as const)(
    'may be zipped and signed over the %s',
    async (signed) => {
      const archive = await zipOf({ 'FI.xml': content });
      const { go, files } = aSet(exchange.secretariat, archive);
      const fs = Object.keys(files)[1] ?? '';
      const over = { archive, declarations: Buffer.from(content) }[signed];
      await exchange.hand({ ...files, [fs]: exchange.secretariat.sign(over) });

      const batch = await exchange.batchOf(go);

      expect(batch.declarations).toEqual({ total: 3, accepted: 2, refused: 1 });
    },
  );

  it('is answered in files that the published schemas and OpenSSL accept', async () => {
    const { go, files } = aSet(exchange.secretariat, content);
    await exchange.hand(files);
    const batch = await exchange.batchOf(go);
    const certificate = join(exchange.office.settings.keys, 'signing.pem');

    for (const { files: names } of batch.parcels) {
      const [fo = '', fs = ''] = names;
      const answer = await exchange.read('OUT', fo);
      writeFileSync(join(folder.path, 'fo'), answer);
      writeFileSync(join(folder.path, 'fs'), armoured(await exchange.read('OUT', fs)));
      const verify = '-verify -inform PEM -binary -purpose any -in fs -content fo -out same';
      const trust = ['-CAfile', certificate, '-attime', String(clock.now().getTime() / 1000)];
      execFileSync('openssl', ['cms', ...verify.split(' '), ...trust], {
        cwd: folder.path,
        stdio: 'pipe',
      });
    }
    const acrf = await exchange.answer(batch, 'ACRF');
    const noti = await exchange.answer(batch, 'NOTI');

    expect(verdictsOn(acrf, { own: 'ACRF_20261.xsd', official: 'ACRF_20231.xsd' }).join('')).toBe(
      '',
    );
    const schemas = { own: 'NOTIFICATION_20261.xsd', official: 'NOTIFICATION_20223.xsd' };
    expect(verdictsOn(noti, schemas).join('')).toBe('');
  }, 300_000);
});

function armoured(base64: Buffer): string {
  return `-----BEGIN CMS-----\n${base64.toString('ascii').replaceAll('\r', '').trimEnd()}\n-----END CMS-----\n`;
}

describe('an environment', () => {
  it.each(['R', 'T', 'S'] as const)('%s does what it is for, and no more', async (environment) => {
    const { go, files } = aSet(exchange.secretariat, content, { environment });
    await exchange.hand(files, environment);

    const batch = await exchange.batchOf(go);
    const noti = xmlOf(await exchange.answer(batch, 'NOTI'));
    const declarations = await rowsOf('declaration', batch.ticket);
    const assessments = await rowsOf('assessment', batch.ticket);

    const out: OutDirectory = outOf[environment];
    expect(new Set(batch.parcels.map(({ directory }) => directory))).toEqual(new Set([out]));
    expect(noti.forms().map((form) => form.text('ResultCode')[0])).toEqual(['1', '1', '0']);
    expect(batch.parcels.map(({ kind }) => kind)).toEqual(
      environment === 'T' ? ['ACRF', 'NOTI'] : ['ACRF', 'NOTI', 'STAT'],
    );
    expect(declarations.filter(({ recipient }) => recipient !== null)).toHaveLength(
      environment === 'R' ? 2 : 0,
    );
    expect(assessments).toHaveLength(environment === 'T' ? 0 : 2);
  });

  it.each<[Environment, string | undefined]>([
    ['R', '122'],
    ['T', '122'],
    ['S', undefined],
  ])('%s without a signature is answered with %p', async (environment, code) => {
    const { go, files } = aSet(exchange.secretariat, content, { environment });
    const [fi = ''] = Object.keys(files);
    await exchange.hand({ [fi]: content, [go]: '' }, environment);
    clock.pass(31 * spans.second);

    const batch = await exchange.batchOf(go);

    expect(batch.receipt.errors.map((error) => error.code)).toEqual(
      code === undefined ? [] : [code],
    );
  });
});

describe('the profile of a sender', () => {
  it('has every error in one receipt when it asks for all, and the first when not', async () => {
    const all = await exchange.register({ sender: '444444', allErrors: true, types: ['DMFA'] });
    const codesOf = async (owner: typeof all): Promise<readonly string[]> => {
      const broken = content.replace('_20261.xsd', '_19991.xsd');
      const { go, files } = aSet(owner, broken);
      const fs = Object.keys(files)[1] ?? '';
      await exchange.hand({ ...files, [fs]: owner.sign('another file') }, 'R', owner);
      const batch = await exchange.batchOf(go);
      return xmlOf(await exchange.answer(batch, 'ACRF', owner)).text('ErrorID');
    };

    expect(await codesOf(all)).toEqual(['ACRF-125', 'ACRF-154', 'ACRF-088']);
    expect(await codesOf(exchange.secretariat)).toEqual(['ACRF-125']);
  });
});
