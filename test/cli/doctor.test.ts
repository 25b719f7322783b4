import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { offlineChecks } from '../../src/cli/doctor-checks.ts';
import { httpVerdicts } from '../../src/cli/doctor-http.ts';
import { checkHealth, type HealthLine } from '../../src/operations/index.ts';
import { selfSignedCertificate } from '../../src/seal/index.ts';
import { resolveSettings, type SettingName } from '../../src/settings.ts';
import { systemClock } from '../../src/vocabulary/index.ts';
import { sluis } from '../make/command.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';
import { testFolder, type TestFolder } from '../make/folder.ts';
import { partnerRegisterOn } from '../make/partner.ts';

let test: TestDatabase;
let folder: TestFolder;
beforeAll(async () => {
  test = await testDatabase();
  folder = testFolder();
});
afterAll(async () => {
  await test.drop();
  folder.remove();
});

function config(lines: string): string {
  const path = join(folder.path, 'sluis.yaml');
  writeFileSync(path, lines);
  return path;
}

interface Report {
  readonly state: string;
  readonly checks: readonly HealthLine[];
}

describe('sluis doctor', () => {
  it('finds a sound set-up sound', async () => {
    const path = config(`databaseUrl: ${test.url}\ndata: ${folder.path}\n`);

    const { code, out } = await sluis('doctor', '--json', '--config', path);

    const report = JSON.parse(out) as Report;
    expect({ code, state: report.state }).toEqual({ code: 0, state: 'ok' });
    expect(report.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['database', 'blobs', 'certificates', 'trust', 'limits']),
    );
  });

  it('answers no, and says what to do, when the database is out of reach', async () => {
    const path = config(`databaseUrl: postgres://a:hush@127.0.0.1:1/b\ndata: ${folder.path}\n`);

    const { code, out, err } = await sluis('doctor', '--config', path);

    expect(code).toBe(1);
    expect(out).toMatch(/^WRONG +database +the database did not answer \(storage\.unavailable\)/m);
    expect(out).toMatch(/→ .*SLUIS_DATABASE_URL/);
    expect(out + err).not.toContain('hush');
  });
});

describe('partners that are left alone', () => {
  it('are named with what they failed with', async () => {
    const { partners } = partnerRegisterOn(test, systemClock);
    for (const [name, number] of [
      ['mutual-one', '123456'],
      ['mutual-two', '123457'],
    ] as const) {
      await partners.add({
        ...{ name, host: '127.0.0.1', port: 22, username: 'sluis', password: 'hush', by: 'test' },
        ...{ hostKeys: [`SHA256:${'x'.repeat(43)}`], push: { R: '/in' } },
        destinations: [{ number }],
      });
    }
    await test
      .knex('partner')
      .where({ name: 'mutual-two' })
      .update({
        circuit_failures: 5,
        circuit_reason: 'channel.login-refused',
        circuit_until: new Date('2100-01-01T00:00:00Z'),
      });
    const path = config(`databaseUrl: ${test.url}\ndata: ${folder.path}\n`);

    const { out } = await sluis('doctor', '--json', '--config', path);

    const line = (JSON.parse(out) as Report).checks.find(({ name }) => name === 'partners');
    expect(line).toMatchObject({ state: 'warning', says: '2 partners, 1 with an open circuit' });
    expect(line?.remedy).toContain('mutual-two (channel.login-refused)');
    expect(line?.remedy).not.toContain('mutual-one');
  });
});

describe('what the doctor sees without opening anything', () => {
  const now = new Date('2026-06-15T12:00:00Z');
  const day = (days: number) => new Date(now.getTime() + days * 86_400_000);

  async function linesFor(keys: string, at = now): Promise<readonly HealthLine[]> {
    const flags = { keys, workersMax: '20' };
    const settings = resolveSettings({ flags, environment: { SLUIS_TYPO: '1' } });
    return (await checkHealth(offlineChecks(settings, { now: () => at }))).lines;
  }

  it('warns of certificates about to expire and condemns those that did', async () => {
    const keys = join(folder.path, 'keys');
    mkdirSync(keys, { recursive: true });
    chmodSync(keys, 0o755);
    for (const [name, days] of [
      ['past', -1],
      ['soon', 10],
      ['late', 100],
    ] as const) {
      const { certificatePem } = await selfSignedCertificate({
        ...{ commonName: name, keyPair: { type: 'ec', curve: 'P-256' } },
        ...{ from: day(-200), to: day(days) },
      });
      writeFileSync(join(keys, `${name}.pem`), certificatePem);
    }

    const lines = (await linesFor(keys)).filter(({ name }) => name === 'keys');

    expect(lines.map(({ state, says }) => [state, says.split(' ')[0]])).toEqual(
      expect.arrayContaining([
        ['warning', keys],
        ['wrong', 'past.pem'],
        ['warning', 'soon.pem'],
        ['ok', 'late.pem'],
      ]),
    );
  });

  it('condemns a clock that stands in the past', async () => {
    const lines = await linesFor('/nowhere', new Date('1970-01-01T00:00:00Z'));

    expect(lines).toContainEqual(expect.objectContaining({ name: 'clock', state: 'wrong' }));
  });

  it('warns of unknown names and of fewer connections than workers need', async () => {
    const says = (await linesFor('/nowhere'))
      .filter(({ name, state }) => name === 'settings' && state === 'warning')
      .map((line) => line.says);

    expect(says).toEqual(['SLUIS_TYPO is not a setting', '20 connections for 20 workers']);
  });
});

describe('the portal, as the doctor sees it', () => {
  const clock = { now: () => new Date('2026-06-15T12:00:00Z') };
  const states = (flags: Partial<Record<SettingName, string>>): string[] =>
    httpVerdicts(resolveSettings({ flags, environment: {} }), clock).map(({ state }) => state);

  async function pair(days: number): Promise<{ readonly cert: string; readonly key: string }> {
    const to = new Date(clock.now().getTime() + days * 86_400_000);
    const from = new Date('2025-01-01T00:00:00Z');
    const keyPair = { type: 'ec', curve: 'P-256' } as const;
    const made = await selfSignedCertificate({ commonName: 'portal', keyPair, from, to });
    const [cert, key] = [join(folder.path, `${days}.crt`), join(folder.path, `${days}.key`)];
    writeFileSync(cert, made.certificatePem);
    writeFileSync(key, made.key.export({ type: 'pkcs8', format: 'pem' }));
    return { cert, key };
  }

  it('is well on this machine, behind a proxy or with TLS, and not in the open without', async () => {
    const { cert, key } = await pair(200);
    const open = { httpHost: '0.0.0.0' };

    expect(states({})).toEqual(['ok']);
    expect(states({ ...open, httpTrustedProxies: '10.0.0.1' })).toEqual(['ok']);
    expect(states({ ...open, httpTlsCert: cert, httpTlsKey: key })).toEqual(['ok']);
    expect(states(open)).toEqual(['warning']);
  });

  it('has a certificate that is about to expire, did, or is half there', async () => {
    const [soon, past] = [await pair(10), await pair(-10)];

    expect(states({ httpTlsCert: soon.cert, httpTlsKey: soon.key })).toEqual(['warning']);
    expect(states({ httpTlsCert: past.cert, httpTlsKey: past.key })).toEqual(['wrong']);
    expect(states({ httpTlsCert: soon.cert, httpTlsKey: past.key })).toEqual(['wrong']);
    expect(states({ httpTlsCert: soon.cert })).toEqual(['wrong']);
    expect(states({ httpMtlsPort: '0' })).toEqual(['wrong']);
  });
});
