import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { identityKeys, keysOf } from '../../../src/identity/index.ts';
import { inszVault } from '../../../src/identity/people/insz-vault.ts';
import type { Insz } from '../../../src/vocabulary/index.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluis-keys-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe('the master key of identity', () => {
  it('is made once, readable by its owner alone, also when many processes start at once', async () => {
    const directory = join(folder, 'keys');

    const all = await Promise.all(Array.from({ length: 8 }, () => identityKeys(directory)));

    expect(new Set(all.map((keys) => keys.key('totp-seal').toString('hex'))).size).toBe(1);
    expect((await stat(join(directory, 'identity.key'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(directory, 'identity.key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it('is another for every purpose', async () => {
    const keys = await identityKeys(join(folder, 'keys'));

    expect(keys.key('insz-find')).toHaveLength(32);
    expect(keys.key('insz-find')).not.toEqual(keys.key('insz-seal'));
  });

  it('is not replaced when the file is damaged', async () => {
    await writeFile(join(folder, 'identity.key'), 'not a key');

    await expect(identityKeys(folder)).rejects.toMatchObject({ code: 'identity.key' });
  });
});

describe('the vault of national numbers', () => {
  const insz = '85073003328' as Insz;
  const vault = inszVault(keysOf(Buffer.alloc(32, 1)));

  it('finds equal numbers by equal hashes that tell nothing without the key', () => {
    expect(vault.find(insz)).toEqual(vault.find(insz));
    expect(vault.find(insz)).not.toEqual(inszVault(keysOf(Buffer.alloc(32, 2))).find(insz));
  });

  it('opens what it sealed, each time sealed differently', () => {
    const sealed = vault.seal(insz, 'p1');

    expect(vault.open(sealed, 'p1')).toBe(insz);
    expect(vault.seal(insz, 'p1')).not.toEqual(sealed);
    expect(sealed.includes(insz)).toBe(false);
  });

  it('opens nothing that was changed, or copied to another person', () => {
    const sealed = vault.seal(insz, 'p1');
    const changed = Buffer.from(sealed);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;

    expect(() => vault.open(sealed, 'p2')).toThrow();
    expect(() => vault.open(changed, 'p1')).toThrow();
    expect(() => vault.open(Buffer.from([9, ...sealed.subarray(1)]), 'p1')).toThrow(RangeError);
  });
});
