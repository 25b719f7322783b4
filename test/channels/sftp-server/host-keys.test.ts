import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ssh2 from 'ssh2';
import { ensureHostKeys, fingerprintOf, type HostKey } from '../../../src/channels/index.ts';
import { run } from '../../make/clients.ts';

const names = ['ssh_host_ed25519_key', 'ssh_host_rsa_key'];

let directory: string;
/** What each of three starts at one moment was given: RSA keys take long, so they are made once. */
let starts: readonly (readonly HostKey[])[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluis-host-keys-'));
  starts = await Promise.all([1, 2, 3].map(() => ensureHostKeys(directory)));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('host keys', () => {
  it('are an ed25519 and an RSA key', () => {
    expect(starts[0]?.map(({ pem }) => typeOf(pem))).toEqual(['ssh-ed25519', 'ssh-rsa']);
  });

  it('are the same for everybody who starts at one moment', () => {
    const kept = names.map((name) => ({ pem: readFileSync(join(directory, name), 'utf8') }));

    expect(starts).toEqual([kept, kept, kept]);
  });

  it('are kept by the next start', async () => {
    expect(await ensureHostKeys(directory)).toEqual(starts[0]);
  });

  it('are readable by their owner alone, with nothing left beside them', () => {
    expect(readdirSync(directory).sort()).toEqual(names);
    expect(names.map((name) => statSync(join(directory, name)).mode & 0o777)).toEqual([
      0o600, 0o600,
    ]);
  });

  it('have the size and the fingerprint ssh-keygen prints', async () => {
    const printed = await Promise.all(
      names.map(async (name) => {
        const { output } = await run('ssh-keygen', ['-l', '-f', join(directory, name)]);
        return output.split(' ').slice(0, 2);
      }),
    );

    const [ed25519, rsa] = (starts[0] ?? []).map(fingerprintOf);
    expect(printed).toEqual([
      ['256', ed25519],
      ['3072', rsa],
    ]);
  });

  it('that cannot be read are told by a failure', () => {
    expect(() => fingerprintOf({ pem: 'no key' })).toThrow(
      expect.objectContaining({ code: 'channel.listen' }),
    );
  });
});

function typeOf(pem: string): string {
  const key = ssh2.utils.parseKey(pem);
  return key instanceof Error ? key.message : key.type;
}
