import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { settingNames, settingsTable } from '../src/settings.ts';

const root = resolve(import.meta.dirname, '..');
const read = (name: string) => readFileSync(resolve(root, name), 'utf8');

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** The instructions of a Dockerfile, continued lines joined, comments left out. */
function instructions(text: string): Instruction[] {
  return text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { word, rest };
    });
}

const dockerfile = instructions(read('Dockerfile'));
const finalStage = dockerfile.slice(dockerfile.findLastIndex(({ word }) => word === 'FROM'));
const inFinal = (wanted: string) => finalStage.filter(({ word }) => word === wanted);

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: string;
  readonly healthcheck?: unknown;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const compose = parse(read('docker-compose.yml')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);

/** `name:1.2…`: a version down to the minor one at least. */
const pinned = /^[\w./-]+:\d+\.\d+[\w.-]*$/;

describe('the Dockerfile', () => {
  it('is made of instructions Docker knows', () => {
    const known =
      /^(?:FROM|WORKDIR|RUN|COPY|ENV|USER|VOLUME|EXPOSE|HEALTHCHECK|STOPSIGNAL|ENTRYPOINT|CMD)$/;

    expect(dockerfile.filter(({ word }) => !known.test(word))).toEqual([]);
  });

  it('starts every stage from a pinned image of the Node the project is made for', () => {
    const images = dockerfile
      .filter(({ word }) => word === 'FROM')
      .map(({ rest }) => rest.split(' ')[0] ?? '');

    expect(images).toHaveLength(2);
    expect(images.filter((image) => !/^node:20\.\d+\.\d+-bookworm-slim$/.test(image))).toEqual([]);
  });

  it('copies only what there is', () => {
    const sources = dockerfile
      .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
    const ignored = read('.dockerignore');

    expect(sources.filter((path) => !existsSync(resolve(root, path)))).toEqual([]);
    expect(sources.filter((path) => !ignored.includes(`!${path.replace('./', '')}\n`))).toEqual([]);
  });

  it('runs as a user that is not root, which it makes', () => {
    const [user] = inFinal('USER');

    expect(user?.rest).toBe('sluis');
    expect(inFinal('RUN').some(({ rest }) => rest.includes('useradd'))).toBe(true);
  });

  it('asks the readiness of the gateway by node, and shows both ports', () => {
    const [health] = inFinal('HEALTHCHECK');

    expect(health?.rest).toContain('"node"');
    expect(health?.rest).toContain('http://127.0.0.1:8080/health/ready');
    expect(inFinal('EXPOSE').map(({ rest }) => rest)).toEqual(['2222 8080']);
  });

  it('gives commands as lists, so that signals reach the gateway', () => {
    const lists = [...inFinal('ENTRYPOINT'), ...inFinal('CMD')].map(
      ({ rest }) => JSON.parse(rest) as unknown,
    );

    expect(lists).toEqual([['node', 'dist/main.js'], ['serve']]);
  });

  it('sets no variable that nobody reads', () => {
    const names = inFinal('ENV').flatMap(({ rest }) => rest.match(/SLUIS_\w+/g) ?? []);
    const known = new Set<string>(settingNames.map((name) => settingsTable[name].env));

    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('the compose file', () => {
  it('has the gateway, its database and its broker', () => {
    expect(services.map(([name]) => name)).toEqual(['gateway', 'database', 'broker']);
  });

  it('pins every image', () => {
    const loose = services.filter(([, { image = '' }]) => !pinned.test(image));

    expect(loose.map(([name]) => name)).toEqual([]);
  });

  it('checks the health of every service that has no check in its image', () => {
    const without = services.filter(([, service]) => !service.build && !service.healthcheck);

    expect(without.map(([name]) => name)).toEqual([]);
  });

  it('starts the gateway when its database and broker are healthy', () => {
    const { depends_on: dependencies = {} } = compose.services['gateway'] ?? {};

    expect(Object.values(dependencies).map(({ condition }) => condition)).toEqual([
      'service_healthy',
      'service_healthy',
    ]);
  });

  it('keeps what must last in named volumes that it declares', () => {
    const used = services.flatMap(([, { volumes = [] }]) => volumes.map((v) => v.split(':')[0]));

    expect(used.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('contains no secret: each comes from the environment and must be there', () => {
    const secrets = services
      .flatMap(([, { environment = {} }]) => Object.entries(environment))
      .filter(([name]) => /PASS|_URL$/.test(name));

    expect(secrets.length).toBeGreaterThan(3);
    expect(secrets.filter(([, value]) => !/\$\{\w+:\?/.test(value))).toEqual([]);
    expect(compose.services['gateway']?.env_file).toBe('.env');
    expect(read('.gitignore')).toMatch(/^\.env$/m);
  });

  it('shows nobody but this machine the portal and the broker', () => {
    const open = services
      .flatMap(([, { ports = [] }]) => ports)
      .filter((port) => !port.startsWith('127.0.0.1:'));

    expect(open).toEqual(['2222:2222']);
  });
});
