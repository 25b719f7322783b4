import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import {
  describeSettings,
  fileKeyOf,
  flagOf,
  parseBytes,
  parseDuration,
  resolveSettings,
  settingNames,
  settingsTable,
} from '../src/settings.ts';
import { Failure } from '../src/vocabulary/index.ts';
import { testFolder, type TestFolder } from './make/folder.ts';

let folder: TestFolder;
beforeEach(() => {
  folder = testFolder();
});
afterEach(() => {
  folder.remove();
});

function file(text: string): string {
  const path = join(folder.path, 'settings.yaml');
  writeFileSync(path, text);
  return path;
}

const empty = () => file('');

function problemsOf(work: () => unknown): Readonly<Record<string, unknown>> {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure && error.code === 'settings.invalid') return error.facts;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('settings', () => {
  it('take a flag before the environment, the environment before the file, the file before what is built in', () => {
    const configFile = file('sftpPort: 1\nhttpPort: 1\nsettle: 1s\n');
    const environment = { SLUIS_SFTP_PORT: '2', SLUIS_HTTP_PORT: '2' };

    const settings = resolveSettings({ flags: { sftpPort: '3' }, environment, configFile });

    const { sftpPort, httpPort, settleMs, goTimeoutMs } = settings;
    expect({ sftpPort, httpPort, settleMs, goTimeoutMs }).toEqual({
      sftpPort: 3,
      httpPort: 2,
      settleMs: 1000,
      goTimeoutMs: 4 * 3_600_000,
    });
  });

  it('know where each came from', () => {
    const configFile = file('httpPort: 1\n');
    const environment = { SLUIS_SETTLE: '1s' };

    const { origins } = resolveSettings({ flags: { sftpPort: '3' }, environment, configFile });

    expect([origins.sftpPort, origins.settleMs, origins.httpPort, origins.data]).toEqual([
      'flag',
      'environment',
      'file',
      'default',
    ]);
  });

  it('report everything wrong at once, in a Failure', () => {
    const configFile = file('sftpPort: 70000\nsftpProt: 1\nkeys: {a: 1}\n');
    const environment = {
      SLUIS_SETTLE: 'soon',
      SLUIS_ROLES: 'sftp,king',
      SLUIS_ALLOW_SHA1: 'perhaps',
    };

    const problems = problemsOf(() => resolveSettings({ environment, configFile }));

    expect(Object.keys(problems).sort()).toEqual(
      ['sftpPort', 'sftpProt', 'keys', 'settleMs', 'roles', 'allowSha1'].sort(),
    );
  });

  it('name the text, its place and what is expected, and never the text of a secret', () => {
    const environment = { SLUIS_SETTLE: 'soon', SLUIS_DATABASE_URL: 'mysql://me:hush@there/x' };

    const problems = problemsOf(() => resolveSettings({ environment, configFile: empty() }));

    expect(problems['settleMs']).toBe(
      "'soon' (environment SLUIS_SETTLE) is not a duration (500ms 30s 5m 4h 90d 10y)",
    );
    expect(JSON.stringify(problems)).not.toContain('hush');
  });

  it('are refused when the file named is missing, broken, a list or a bomb of aliases', () => {
    const bomb = 'a: &a [1]\nb: [*a, *a]\n';
    const missing = problemsOf(() =>
      resolveSettings({ configFile: join(folder.path, 'none.yaml'), environment: {} }),
    );
    const broken = ['a: [', '- 1', bomb].map((text) =>
      problemsOf(() => resolveSettings({ configFile: file(text), environment: {} })),
    );

    expect(Object.values(missing)[0]).toContain('ENOENT');
    expect(broken.every((problems) => Object.keys(problems).length > 0)).toBe(true);
  });

  it('count an empty variable as not set', () => {
    const settings = resolveSettings({ environment: { SLUIS_SFTP_PORT: '' }, configFile: empty() });

    expect(settings.origins.sftpPort).toBe('default');
  });

  it('put blobs and keys inside the data directory unless told otherwise', () => {
    const settings = resolveSettings({
      flags: { data: '/srv/x' },
      environment: {},
      configFile: empty(),
    });

    expect([settings.blobs, settings.keys]).toEqual(['file:/srv/x/blobs', '/srv/x/keys']);
  });

  it('warn of environment names that nobody reads', () => {
    const environment = { SLUIS_SFTP_PROT: '1', SLUIS_TEST_LONG: '1', HOME: '/' };

    expect(resolveSettings({ environment, configFile: empty() }).warnings).toEqual([
      'SLUIS_SFTP_PROT is not a setting',
    ]);
  });

  it('cannot be changed', () => {
    const settings = resolveSettings({ environment: {}, configFile: empty() });

    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.roles)).toBe(true);
    expect(Object.isFrozen(settings.origins)).toBe(true);
  });

  it('are described with secrets masked and durations as they are written', () => {
    const environment = { SLUIS_DATABASE_URL: 'postgres://me:hush@there/x', SLUIS_SETTLE: '90s' };

    const lines = describeSettings(resolveSettings({ environment, configFile: empty() }));

    expect(JSON.stringify(lines)).not.toContain('hush');
    const value = (name: string) => lines.find((line) => line.name === name)?.value;
    expect([
      value('databaseUrl'),
      value('settle'),
      value('retentionOut'),
      value('fileBytes'),
    ]).toEqual(['********', '90s', '90d', '2GiB']);
  });

  it('offer no flag for a secret', () => {
    const secrets = settingNames.filter((name) => settingsTable[name].secret);

    expect(secrets.map(flagOf)).toEqual(secrets.map(() => undefined));
    expect(secrets).toContain('databaseUrl');
  });

  it('stand in the default file one and all, with the values that are built in', () => {
    const path = resolve(import.meta.dirname, '../config/default.yaml');
    const text = readFileSync(path, 'utf8');

    const keys = settingNames.map(fileKeyOf);
    const builtIn = resolveSettings({ environment: {}, configFile: empty() });
    const uncommented = file(text.replace(new RegExp(`^# (?=(?:${keys.join('|')}):)`, 'gm'), ''));
    const fromFile = resolveSettings({ environment: {}, configFile: uncommented });

    expect(parse(text)).toBeNull();
    // Those without a value built in have an example in its place.
    const optional = settingNames.filter((name) => settingsTable[name].fallback === undefined);
    const unset = Object.fromEntries(optional.map((name) => [name, undefined]));
    const own = { ...unset, origins: {}, file: '' };
    expect({ ...fromFile, ...own }).toEqual({ ...builtIn, ...own });
    expect(
      settingNames.filter((name) => !new RegExp(`^# ${fileKeyOf(name)}:`, 'm').test(text)),
    ).toEqual([]);
  });
});

describe('durations and sizes', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['4h', 14_400_000],
    ['90d', 7_776_000_000],
    ['10y', 315_360_000_000],
    ['0s', 0],
  ])('%s is %d milliseconds', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(['', '5', '-5s', '1.5h', '5 s', '5min', '99999999999y', '999999999y', '1e3s'])(
    '%j is no duration',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it.each([
    ['1048576', 1_048_576],
    ['512KiB', 524_288],
    ['16MiB', 16_777_216],
    ['2GiB', 2_147_483_648],
  ])('%s is %d bytes', (text, expected) => {
    expect(parseBytes(text)).toBe(expected);
  });

  it.each(['', '2GB', '-1', '1.5GiB', '999999999TiB'])('%j is no size', (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });
});
