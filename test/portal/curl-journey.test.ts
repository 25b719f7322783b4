import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openOffice } from '../../src/compose.ts';
import { resolveSettings } from '../../src/settings.ts';
import { systemClock, type Clock } from '../../src/vocabulary/index.ts';
import { codeAt, fromBase32 } from '../make/authenticator.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';
import { startGatewayProcess, type GatewayProcess } from '../make/gateway-process.ts';
import { issue, type Issued } from '../make/pki.ts';
import { anInsz, goodPassword, managerOfTwo } from '../make/portal-house.ts';

let database: TestDatabase;
let folder: string;
let gateway: GatewayProcess;
let authority: Issued;
let manager: { readonly username: string; readonly code: string };
const clock: Clock = systemClock;

beforeAll(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'sluis-curl-'));
  authority = await issue({ name: 'Recognised', authority: {} });
  const settings = resolveSettings({
    flags: { data: folder, logLevel: 'error' },
    environment: { SLUIS_DATABASE_URL: database.url },
  });
  const office = await openOffice({ settings, clock });
  await office.identity.trust.add({ file: Buffer.from(authority.certificatePem), by: 'test' });
  manager = await managerOfTwo(office);
  await office.close();
  gateway = await startGatewayProcess({ data: folder, databaseUrl: database.url });
});
afterAll(async () => {
  await gateway.signal('SIGTERM');
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the script, and plays the telephone beside it; gives the steps it told. */
async function journey(): Promise<{ readonly steps: string[]; readonly failed: string }> {
  const files = [join(folder, 'first.pem'), join(folder, 'renewed.pem')] as const;
  for (const file of files) {
    const { certificatePem } = await issue({ name: 'Lien Maes', by: authority });
    await writeFile(file, certificatePem);
  }
  const script = join(import.meta.dirname, 'curl-journey.sh');
  const api = `${gateway.http}/api/v1`;
  const { username, code } = manager;
  const child = spawn('bash', [script, api, username, code, goodPassword, anInsz(), ...files]);
  const steps: string[] = [];
  let used = '';
  let failed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (failed += text));
  const lines = createInterface({ input: child.stdout });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  for await (const line of lines) {
    if (line.startsWith('step ')) steps.push(line.slice('step '.length));
    else if (line.startsWith('secret ')) {
      const secret = fromBase32(line.slice('secret '.length));
      // A code is good once: the telephone shows another with each step of thirty seconds.
      used = await nextCode(secret, used);
      child.stdin.write(`${used}\n`);
    } else failed += `${line}\n`;
  }
  const status = await ended;
  return { steps, failed: status === 0 ? '' : failed };
}

async function nextCode(secret: Buffer, used: string): Promise<string> {
  // The step after this one is taken too, so that nobody waits half a minute.
  const now = clock.now();
  const code = codeAt(secret, now);
  return Promise.resolve(code === used ? codeAt(secret, new Date(now.getTime() + 30_000)) : code);
}

describe('curl with its cookie jar', () => {
  it('goes from a first login to a renewed certificate', async () => {
    const { steps, failed } = await journey();

    expect(failed).toBe('');
    expect(steps).toEqual([
      'first login: password-change',
      'password chosen: enrolment',
      'app activated: role',
      'logged in again: role',
      'role chosen: open',
      'user added',
      'user blocked',
      'certificate linked',
      'certificate renewed: "state":"active" "state":"retired" ',
      'logged out',
    ]);
  });
});

describe('a gateway that is ready', () => {
  it('says in its log where it listens', () => {
    const lines = gateway
      .log()
      .split('\n')
      .filter((line) => line.includes('gateway.ready'));

    const said = lines.map((line) => JSON.parse(line) as { http: string; port: number });
    expect(said).toMatchObject([{ http: gateway.http, port: gateway.sftp.port }]);
  });
});
