import { afterEach, describe, expect, it } from '@jest/globals';
import type { HealthReport } from '../../src/operations/index.ts';
import { startPortal, type Portal } from '../../src/portal/index.ts';
import { Failure } from '../../src/vocabulary/index.ts';

let portal: Portal | undefined;
afterEach(async () => {
  await portal?.close();
  portal = undefined;
});

const report = (state: HealthReport['state']): HealthReport => ({
  state,
  lines: [{ name: 'database', state, says: 'at 10.0.0.7, password hush', remedy: 'none' }],
});

async function start(health: () => Promise<HealthReport>): Promise<string> {
  const endpoints = [
    (server: { post: (path: string, work: () => unknown) => unknown }) => {
      server.post('/broken', () => {
        throw new Error('a secret inside');
      });
      server.post('/refused', () => {
        throw new Failure('registration.exists', { number: '0206731645' });
      });
    },
  ];
  portal = await startPortal({ host: '127.0.0.1', port: 0, health, bodyBytesMax: 100, endpoints });
  return portal.url;
}

describe('the health endpoints', () => {
  it('is live whatever its parts do', async () => {
    const url = await start(() => Promise.reject(new Error('down')));

    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it.each([
    ['ok', 200],
    ['warning', 200],
    ['wrong', 503],
  ] as const)('is ready when %s: %d, and tells no more than names', async (state, status) => {
    const url = await start(() => Promise.resolve(report(state)));

    const answer = await fetch(`${url}/health/ready`);

    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(JSON.parse(text)).toEqual({ state, checks: [{ name: 'database', state }] });
  });

  it('looks once for many probes at the same time', async () => {
    let looks = 0;
    const url = await start(() => {
      looks += 1;
      return Promise.resolve(report('ok'));
    });

    await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/health/ready`)));

    expect(looks).toBe(1);
  });
});

describe('an answer of the portal', () => {
  it('carries strict headers, errors included', async () => {
    const url = await start(() => Promise.resolve(report('ok')));

    for (const path of ['/health/live', '/none']) {
      const { headers } = await fetch(`${url}${path}`, {
        headers: { origin: 'https://a.example' },
      });
      const policy = headers.get('content-security-policy');
      for (const part of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
        expect(policy).toContain(part);
      }
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(Object.fromEntries(headers)).toMatchObject({
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        ...{ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' },
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it.each([
    ['GET', '/none', 404, undefined],
    ['POST', '/broken', 500, undefined],
    ['POST', '/refused', 409, 'registration.exists'],
  ])('to %s %s is a problem document of status %d', async (method, path, status, code) => {
    const url = await start(() => Promise.resolve(report('ok')));

    const answer = await fetch(`${url}${path}`, { method });

    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.parse(text)).toMatchObject({ status, ...(code && { code }) });
    expect(text).not.toContain('secret');
  });

  it('to a body above the limit is 413', async () => {
    const url = await start(() => Promise.resolve(report('ok')));
    const headers = { 'content-type': 'application/json' };

    const answer = await fetch(`${url}/refused`, {
      method: 'POST',
      headers,
      body: JSON.stringify('x'.repeat(200)),
    });

    expect(answer.status).toBe(413);
  });
});

describe('the portal', () => {
  it('says so when its address is taken', async () => {
    const url = await start(() => Promise.resolve(report('ok')));
    const health = () => Promise.resolve(report('ok'));

    const second = startPortal({ host: '127.0.0.1', port: Number(new URL(url).port), health });

    await expect(second).rejects.toMatchObject({
      code: 'channel.listen',
      facts: { code: 'EADDRINUSE' },
    });
  });
});
