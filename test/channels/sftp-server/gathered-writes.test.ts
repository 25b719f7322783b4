import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { GatheredWrites } from '../../../src/channels/sftp-server/gathered-writes.ts';

describe('gathered writes', () => {
  it('are one write of everything of a turn, and the next turn is another', async () => {
    const calls: string[] = [];
    const socket = new Writable({
      write(data: Buffer, _, done) {
        calls.push(data.toString());
        done();
      },
      writev(parts: { readonly chunk: Buffer }[], done) {
        calls.push(parts.map(({ chunk }) => chunk.toString()).join('+'));
        done();
      },
    });
    const writes = new GatheredWrites(socket);

    writes.gather();
    socket.write('a');
    writes.gather();
    socket.write('b');
    const within = [...calls];
    await new Promise(setImmediate);
    socket.write('c');

    expect(within).toEqual([]);
    expect(calls).toEqual(['a+b', 'c']);
  });
});
