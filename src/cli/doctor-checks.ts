import { X509Certificate } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { HealthCheck, Verdict } from '../operations/index.ts';
import type { Settings } from '../settings.ts';
import type { Clock } from '../vocabulary/index.ts';
import { httpVerdicts } from './doctor-http.ts';

const dayMs = 86_400_000;
const certificateDaysMin = 30;
const openFilesMin = 4096;
const builtInPool = 20;
/** Nothing of ours is older; a clock before it is wrong. */
const clockFrom = Date.parse('2026-01-01T00:00:00Z');

/** What can be looked at without opening anything. */
export function offlineChecks(settings: Settings, clock: Clock): HealthCheck[] {
  return [
    { name: 'settings', run: () => Promise.resolve(settingsVerdicts(settings)) },
    { name: 'http', run: () => Promise.resolve(httpVerdicts(settings, clock)) },
    { name: 'keys', run: () => Promise.resolve(keysVerdicts(settings.keys, clock)) },
    { name: 'clock', run: () => Promise.resolve(clockVerdict(clock)) },
    { name: 'limits', run: () => Promise.resolve(limitsVerdict()) },
    { name: 'ssh2', run: () => Promise.resolve(addonVerdict()) },
    { name: 'embedded', run: () => Promise.resolve(embeddedVerdict(settings)) },
  ];
}

function settingsVerdicts({ warnings, file, workersMax, databasePoolMax }: Settings): Verdict[] {
  const unknown = warnings.map((says): Verdict => ({
    state: 'warning',
    says,
    remedy: '`sluis config` lists every name',
  }));
  const tight = databasePoolMax < 2 * workersMax;
  const pool: Verdict[] = tight
    ? [
        {
          state: 'warning',
          says: `${String(databasePoolMax)} connections for ${String(workersMax)} workers`,
          remedy: `raise SLUIS_DATABASE_POOL to ${String(2 * workersMax)} or more (built in: ${String(builtInPool)})`,
        },
      ]
    : [];
  return [{ state: 'ok', says: file ?? 'built-in values and environment' }, ...unknown, ...pool];
}

/** The keys directory, when there is one yet, and every certificate in it. */
function keysVerdicts(directory: string, clock: Clock): Verdict[] {
  if (!existsSync(directory)) {
    return [{ state: 'ok', says: `${directory} is made when the gateway first starts` }];
  }
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    const remedy = 'give it to the user the gateway runs as';
    return [{ state: 'wrong', says: `${directory} cannot be read and written`, remedy }];
  }
  const open = (statSync(directory).mode & 0o077) !== 0;
  const mode: Verdict = open
    ? { state: 'warning', says: `${directory} is open to others`, remedy: `chmod 700 ${directory}` }
    : { state: 'ok', says: directory };
  return [mode, ...certificateVerdicts(directory, clock)];
}

function certificateVerdicts(directory: string, clock: Clock): Verdict[] {
  return readdirSync(directory)
    .filter((name) => /\.(?:pem|crt|cer)$/.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(directory, name), 'utf8');
      return text.includes('BEGIN CERTIFICATE') ? [certificateVerdict(name, text, clock)] : [];
    });
}

function certificateVerdict(name: string, text: string, clock: Clock): Verdict {
  const ends = Date.parse(new X509Certificate(text).validTo);
  const days = Math.floor((ends - clock.now().getTime()) / dayMs);
  const remedy = 'replace the key and certificate, and tell your senders';
  if (days < 0)
    return { state: 'wrong', says: `${name} expired ${String(-days)} days ago`, remedy };
  const says = `${name} expires in ${String(days)} days`;
  return days < certificateDaysMin ? { state: 'warning', says, remedy } : { state: 'ok', says };
}

function clockVerdict(clock: Clock): Verdict {
  const now = clock.now();
  if (now.getTime() >= clockFrom) return { state: 'ok', says: now.toISOString() };
  const remedy = 'set the clock and keep it by NTP: signatures and dates are judged by it';
  return { state: 'wrong', says: `${now.toISOString()} lies in the past`, remedy };
}

/** Node tells no limits; where the kernel shows them in a file, we look there. */
function limitsVerdict(): Verdict {
  if (!existsSync('/proc/self/limits')) return { state: 'ok', says: 'not known on this platform' };
  const text = readFileSync('/proc/self/limits', 'utf8');
  const [, soft = ''] = /^Max open files\s+(\d+|unlimited)/m.exec(text) ?? [];
  const says = `${soft} open files`;
  if (soft === 'unlimited' || Number(soft) >= openFilesMin) return { state: 'ok', says };
  const remedy = `raise it to ${String(openFilesMin)} or more (ulimit -n, LimitNOFILE)`;
  return { state: 'warning', says, remedy };
}

/** ssh2 falls back to slower code without a word when its addon was not built. */
function addonVerdict(): Verdict {
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('ssh2'));
    require('./protocol/crypto/build/Release/sshcrypto.node');
    return { state: 'ok', says: 'native cryptography loaded' };
  } catch {
    const remedy = 'install a compiler and python3, then npm rebuild ssh2: a third faster';
    return {
      state: 'warning',
      says: 'native cryptography not built, the slower one works',
      remedy,
    };
  }
}

function embeddedVerdict({ databaseUrl }: Settings): Verdict {
  if (databaseUrl !== undefined)
    return { state: 'ok', says: 'not used, SLUIS_DATABASE_URL is set' };
  const remedy = 'set SLUIS_DATABASE_URL for anything that must be backed up while it runs';
  return { state: 'warning', says: 'the database is embedded: one machine only', remedy };
}
