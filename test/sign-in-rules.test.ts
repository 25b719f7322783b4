import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refusedPasswords } from '../src/sign-in-rules.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluis-refused-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const unusable = expect.objectContaining({ code: 'settings.invalid' });

describe('the operator’s file of refused passwords', () => {
  it('is read line by line', async () => {
    const file = join(folder, 'refused.txt');
    writeFileSync(file, 'Koekoeksklok-88\nzeven eenden\n');

    expect([...(await refusedPasswords({ passwordRefused: file }))]).toEqual([
      ...['koekoeksklok-88', 'zeven eenden'],
    ]);
  });

  it('may be absent from the settings, and from nowhere else', async () => {
    expect((await refusedPasswords({ passwordRefused: undefined })).size).toBe(0);
    const nowhere = refusedPasswords({ passwordRefused: join(folder, 'nowhere') });
    await expect(nowhere).rejects.toEqual(unusable);
  });

  it('is no larger than 32 MiB', async () => {
    const file = join(folder, 'large.txt');
    writeFileSync(file, '');
    truncateSync(file, 32 * 1024 ** 2 + 1);

    await expect(refusedPasswords({ passwordRefused: file })).rejects.toEqual(unusable);
  });
});
