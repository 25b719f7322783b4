import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  sftpInletSteps,
  testConnection,
  type ConnectionStep,
  type ConnectionStepReport,
  type JudgedLogin,
  type LoginWatch,
} from '../../src/channels/index.ts';
import { Failure } from '../../src/vocabulary/index.ts';

let servers: Server[] = [];
afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
});

async function listening(greeting: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(greeting);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function reports(
  steps: readonly ConnectionStep[],
  signal = new AbortController().signal,
): Promise<readonly ConnectionStepReport[]> {
  const all: ConnectionStepReport[] = [];
  for await (const report of testConnection(steps, signal)) all.push(report);
  return all;
}

function told(all: readonly ConnectionStepReport[]): readonly string[] {
  return all.map(({ step, state, reason }) => [step, state, reason ?? ''].join(' ').trim());
}

const sound = (step: string): ConnectionStep => ({ step, run: () => Promise.resolve('fine') });

describe('a connection test', () => {
  it('tells every step when it begins and when it ends', async () => {
    const all = await reports([sound('name'), sound('TCP')]);

    expect(told(all)).toEqual([
      'name running',
      'name passed fine',
      'TCP running',
      'TCP passed fine',
    ]);
  });

  it('skips what comes after a failure, whose reason is a sentence', async () => {
    const failing: ConnectionStep = {
      step: 'TCP',
      run: () => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })),
    };

    const all = await reports([failing, sound('login'), sound('rights')]);

    expect(told(all)).toEqual([
      ...['TCP running', 'TCP failed nothing listens at this address and port'],
      ...['login skipped', 'rights skipped'],
    ]);
  });

  it('tells the words of a failure, and none of its other facts', async () => {
    const why = 'the vhost is not open to this login';
    const failing: ConnectionStep = {
      step: 'rights',
      run: () => Promise.reject(new Failure('identity.refused', { why, password: 'hunter2' })),
    };

    const all = await reports([failing]);

    expect(told(all).at(-1)).toBe(`rights failed ${why}`);
    expect(JSON.stringify(all)).not.toContain('hunter2');
  });

  it('ends a step that takes too long, heeded or not', async () => {
    const deaf: ConnectionStep = {
      step: 'TCP',
      stepMs: 20,
      run: () => new Promise(() => undefined),
    };

    const all = await reports([deaf]);

    expect(told(all).at(-1)).toBe('TCP failed no answer within 0.02 s');
  });

  it('is cancelled in the middle of a step, and the rest with it', async () => {
    const cancel = new AbortController();
    const waiting: ConnectionStep = {
      step: 'login',
      run: () => {
        cancel.abort();
        return new Promise(() => undefined);
      },
    };

    const all = await reports([sound('TCP'), waiting, sound('rights')], cancel.signal);

    expect(told(all).slice(-2)).toEqual(['login cancelled', 'rights cancelled']);
  });
});

describe('the test of a way in over SFTP', () => {
  const account = { blocked: false, keys: 1, hasPassword: false };

  // eslint-disable-next-line @typescript-eslint/require-await -- the shape of a journal that is followed
  async function* following(seen: readonly JudgedLogin[]): AsyncGenerator<JudgedLogin> {
    yield* seen;
  }

  function watching(
    seen: readonly JudgedLogin[],
    who: Awaited<ReturnType<LoginWatch['account']>> = account,
  ): LoginWatch {
    return {
      account: () => Promise.resolve(who),
      logins: () => Promise.resolve(following(seen)),
    };
  }

  it('waits for the first login and tells why those before it were refused', async () => {
    const port = await listening('SSH-2.0-sluis\r\n');
    const watch = watching([
      { outcome: 'refused', reason: 'wrong-key', source: '192.0.2.7' },
      { outcome: 'accepted', reason: 'ok', source: '192.0.2.7' },
    ]);

    const all = await reports(sftpInletSteps({ host: '127.0.0.1', port, watch }));

    expect(told(all)).toEqual([
      ...['account running', 'account passed 1 keys, no password'],
      ...['TCP and greeting running', 'TCP and greeting passed SSH-2.0-sluis'],
      ...[
        'login running',
        'login running waiting for the first login: connect now with your client',
      ],
      'login running refused from 192.0.2.7: the client offered a key that is not registered',
      'login passed logged in from 192.0.2.7',
    ]);
  });

  it('asks for the login only when it would be seen', async () => {
    const port = await listening('SSH-2.0-sluis\r\n');
    let watched = false;
    const watch: LoginWatch = {
      ...watching([]),
      async logins() {
        await new Promise((resolve) => setImmediate(resolve));
        watched = true;
        return following([{ outcome: 'accepted', reason: 'ok', source: '192.0.2.7' }]);
      },
    };
    const steps = sftpInletSteps({ host: '127.0.0.1', port, watch });

    const watchedWhenAsked: boolean[] = [];
    for await (const { reason = '' } of testConnection(steps, new AbortController().signal)) {
      if (reason.includes('connect now')) watchedWhenAsked.push(watched);
    }

    expect(watchedWhenAsked).toEqual([true]);
  });

  it.each([
    ['is not registered', undefined, 'there is no technical user of this name'],
    [
      'is blocked',
      { ...account, blocked: true },
      'the technical user, its sender or its channel is blocked',
    ],
    ['has no credential', { ...account, keys: 0 }, 'it has neither key nor password'],
  ])('says at once that the login %s', async (_, who, reason) => {
    const watch: LoginWatch = { ...watching([]), account: () => Promise.resolve(who) };

    const all = await reports(sftpInletSteps({ host: '127.0.0.1', port: 1, watch }));

    expect(told(all)[1]).toBe(`account failed ${reason}`);
  });

  it('says that what answers is no SSH server, or that nothing does', async () => {
    const port = await listening('HTTP/1.1 400 Bad Request\r\n');
    const watch = watching([]);

    const wrong = await reports(sftpInletSteps({ host: '127.0.0.1', port, watch }));
    const nobody = await reports(sftpInletSteps({ host: '127.0.0.1', port: 1, watch }));

    expect(told(wrong)[3]).toMatch(/failed what answers there does not speak SSH$/);
    expect(told(nobody)[3]).toMatch(/failed nothing listens at this address and port$/);
  });
});
