import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { schemaPackStore } from '../../src/storage/index.ts';
import { packDigest, type SchemaPack } from '../../src/validation/index.ts';
import { sluis } from '../make/command.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';
import { testFolder, type TestFolder } from '../make/folder.ts';

let test: TestDatabase;
let folder: TestFolder;
const at = new Date('2026-01-31T10:00:00Z');
beforeAll(async () => {
  test = await testDatabase();
  folder = testFolder();
});
afterAll(async () => {
  await test.drop();
  folder.remove();
});

function pack(version: string, text: string, validity: object = {}): SchemaPack {
  const main = `Probe_${version}.xsd`;
  const files = [
    { name: main, content: Buffer.from(text) },
    { name: 'types/common.xsd', content: Buffer.from([0, 255, 10]) },
  ];
  const sha256 = packDigest({ root: 'Probe', main, files });
  return { root: 'Probe', version, main, files, wholeDocument: false, sha256, ...validity };
}

describe('the store of schema packs', () => {
  const store = () => schemaPackStore(test.knex);

  it('gives back a pack byte for byte', async () => {
    const added = pack('20261', 'one');
    await store().add([added], at);

    const found = await store().find('Probe', '20261', '2026-01-31');

    expect({ ...found, files: undefined }).toEqual({ ...added, files: undefined });
    expect(found?.files.map(({ name, content }) => [name, content.toString('hex')])).toEqual(
      added.files.map(({ name, content }) => [name, content.toString('hex')]),
    );
  });

  it('finds a pack on the dates it is valid, both ends included', async () => {
    await store().add([pack('20262', 'x', { validFrom: '2026-04-01', validTo: '2026-06-30' })], at);

    const dates = ['2026-03-31', '2026-04-01', '2026-06-30', '2026-07-01'];
    const found = await Promise.all(dates.map((date) => store().find('Probe', '20262', date)));

    expect(found.map((one) => one !== undefined)).toEqual([false, true, true, false]);
  });

  it('takes the same pack again for what it is, and refuses another of the same name', async () => {
    await store().add([pack('20263', 'one')], at);

    const again = await store().add([pack('20263', 'one')], new Date('2027-01-01T00:00:00Z'));
    const other = store().add([pack('20264', 'fine'), pack('20263', 'two')], at);

    expect(again[0]?.addedAt.toISOString()).toBe(at.toISOString());
    await expect(other).rejects.toMatchObject({ code: 'registration.exists' });
    expect(await store().find('Probe', '20264', '2026-01-01')).toBeUndefined();
  });
});

const schema = (root: string) => `<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="${root}">
    <xs:complexType>
      <xs:sequence><xs:element name="Form" type="xs:string" maxOccurs="unbounded"/></xs:sequence>
    </xs:complexType>
  </xs:element>
</xs:schema>
`;

describe('sluis schema', () => {
  function command(...words: string[]) {
    const config = join(folder.path, 'sluis.yaml');
    writeFileSync(config, `databaseUrl: ${test.url}\ndata: ${folder.path}\n`);
    return sluis('schema', ...words, '--config', config);
  }

  it('refuses a directory without schemas, and a path that is not there', async () => {
    mkdirSync(join(folder.path, 'empty'));

    const empty = await command('add', join(folder.path, 'empty'));
    const missing = await command('add', join(folder.path, 'missing'));

    expect([empty.code, missing.code]).toEqual([1, 2]);
    expect(empty.err).toContain('(schema.refused)');
  });

  it('refuses a date that is none', async () => {
    const path = join(folder.path, 'Dated_1.xsd');
    writeFileSync(path, schema('Dated'));

    const { code } = await command('add', path, '--from', '2026-02-30');

    expect(code).toBe(2);
  });

  it('admits a directory and lists it', () => {
    const directory = join(folder.path, 'good');
    mkdirSync(directory);
    writeFileSync(join(directory, 'Good_20261.xsd'), schema('Good'));
    // As built: the engines run in a thread of their own, which has a file of its own.
    const entry = join(import.meta.dirname, '../../dist/main.js');
    const built = (...words: string[]) =>
      spawnSync(process.execPath, [entry, 'schema', ...words, '--json'], {
        env: { ...process.env, SLUIS_DATABASE_URL: test.url, SLUIS_DATA: folder.path },
        encoding: 'utf8',
      });

    const added = built('add', directory, '--from', '2026-01-01');
    const listed = JSON.parse(built('list').stdout) as { root: string }[];

    expect({ status: added.status, err: added.stderr }).toEqual({ status: 0, err: '' });
    expect(listed.find(({ root }) => root === 'Good')).toMatchObject({
      version: '20261',
      validFrom: '2026-01-01',
      fileCount: 1,
      wholeDocument: false,
    });
  });

  it('follows no links out of the directory', async () => {
    const directory = join(folder.path, 'linked');
    mkdirSync(directory);
    symlinkSync('/etc/passwd', join(directory, 'Passwd_1.xsd'));

    const { code, err } = await command('add', directory);

    expect(code).toBe(1);
    expect(err).toContain('no .xsd file');
  });
});
