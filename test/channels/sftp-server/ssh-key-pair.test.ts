import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import ssh2 from 'ssh2';
import { ed25519KeyPair } from '../../../src/channels/index.ts';

describe('an ed25519 key pair', () => {
  it('is read by ssh-keygen, which finds the same public key in it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sluis-key-'));
    try {
      const pair = await ed25519KeyPair('comment');
      const path = join(directory, 'key');
      await writeFile(path, pair.private, { mode: 0o600 });

      const { stdout } = await promisify(execFile)('ssh-keygen', ['-y', '-f', path]);

      expect(stdout.trim()).toBe(pair.public);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('is sound every time, also when its numbers begin with zeros', async () => {
    for (let round = 0; round < 600; round += 1) {
      const pair = await ed25519KeyPair();
      const key = ssh2.utils.parseKey(pair.private);
      const publicKey = ssh2.utils.parseKey(pair.public);
      if (key instanceof Error || publicKey instanceof Error) throw new Error('unreadable');

      expect(publicKey.verify(Buffer.from('x'), key.sign(Buffer.from('x')))).toBe(true);
    }
  });
});
