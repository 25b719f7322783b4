import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { problemsOf } from '../../src/portal/api/openapi.ts';
import { apiEndpoints } from '../../src/portal/index.ts';
import { portalHouse, type PortalHouse } from '../make/portal-house.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

let house: PortalHouse;
let text: string;
let paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
beforeAll(async () => {
  house = await portalHouse();
  text = await (await fetch(`${house.url}/api/openapi.json`)).text();
  ({ paths } = JSON.parse(text) as { readonly paths: typeof paths });
});
afterAll(() => house.close());

describe('the description of the interface', () => {
  it('passes the recommended rules of a linter without an error', async () => {
    const config = await createConfig({ extends: ['recommended'] });

    const problems = await lintFromString({ source: text, config });

    expect(
      problems
        .filter(({ severity }) => severity === 'error')
        .map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]),
    ).toEqual([]);
  });

  it('warns of nothing but the licence, which this software has none of', async () => {
    const config = await createConfig({ extends: ['recommended'] });

    const problems = await lintFromString({ source: text, config });

    const kinds = problems
      .filter(({ severity }) => severity === 'warn')
      .map(({ ruleId }) => ruleId);
    expect([...new Set(kinds)].filter((kind) => kind !== 'info-license')).toEqual([]);
  });

  it('has every endpoint with each code it may refuse with', () => {
    const operations = new Map(
      Object.values(paths).flatMap((methods) =>
        Object.values(methods).map((operation) => [operation.operationId, operation] as const),
      ),
    );

    for (const endpoint of apiEndpoints) {
      const operation = operations.get(endpoint.id);
      const said = Object.values(operation?.responses ?? {})
        .map(({ description }) => description)
        .join(' ');
      expect({
        id: endpoint.id,
        missing: problemsOf(endpoint).filter((code) => !said.includes(code)),
      }).toEqual({ id: endpoint.id, missing: [] });
    }
    expect(operations.size).toBe(apiEndpoints.length);
  });
});
