import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { failures } from '../src/vocabulary/index.ts';

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');

/** Who may import whom. `type:` allows `import type` only. Files directly in src have a line each. */
const may: Readonly<Record<string, readonly string[]>> = {
  vocabulary: [],
  channels: ['vocabulary'],
  seal: ['vocabulary'],
  intake: ['vocabulary', 'type:channels'],
  identity: ['vocabulary', 'seal'],
  inspection: ['vocabulary', 'seal', 'type:intake', 'identity', 'type:validation'],
  validation: ['vocabulary'],
  routing: ['vocabulary', 'type:validation'],
  computation: ['vocabulary', 'type:validation'],
  acknowledgement: [
    'vocabulary',
    'seal',
    'type:intake',
    'type:inspection',
    'type:validation',
    'type:routing',
    'type:computation',
  ],
  messages: ['vocabulary', 'validation', 'routing', 'computation', 'acknowledgement'],
  rows: ['vocabulary'],
  operations: ['vocabulary'],
  mail: ['vocabulary'],
  portal: ['vocabulary', 'identity', 'routing', 'computation', 'operations'],
  storage: ['vocabulary', 'rows', 'type:*'],
  sender: ['vocabulary', 'seal'],
  cli: ['*'],
  'ledger.ts': ['vocabulary', 'type:*'],
  'pipeline.ts': ['vocabulary', 'reception.ts', 'turning-lines.ts', 'type:*'],
  'reception.ts': ['vocabulary', 'turning-lines.ts', 'type:*'],
  'turning-lines.ts': ['vocabulary', 'type:*'],
  'stage-faces.ts': ['type:*'],
  'worker.ts': ['vocabulary', 'pulse.ts', 'type:*'],
  'pulse.ts': [],
  'chunk-memory.ts': [],
  // Runs in a thread: rooms of pure rules, and none that brings a driver along.
  'decide-chunk.ts': ['vocabulary', 'messages', 'routing', 'computation', 'rows', 'validation'],
  'batch-events.ts': ['type:vocabulary'],
  'delivery.ts': ['vocabulary', 'pulse.ts', 'type:channels'],
  'event-pump.ts': ['vocabulary', 'pulse.ts', 'type:channels'],
  'dispatch.ts': ['*'],
  'routed-document.ts': ['validation', 'vocabulary'],
  'expiry.ts': ['*'],
  'expiry-radar.ts': ['*'],
  'connection-tests.ts': ['*'],
  'channel-openers.ts': ['*'],
  'channel-frame.ts': ['*'],
  'sftp-channel.ts': ['*'],
  'ebox.ts': ['*'],
  'ebox-channel.ts': ['*'],
  'ebox-upkeep.ts': ['*'],
  'ebox-access.ts': ['*'],
  'decide.ts': ['*'],
  'stages.ts': ['*'],
  'signing-key.ts': ['*'],
  'retention.ts': ['*'],
  'schedule.ts': [],
  'partner-register.ts': ['*'],
  'sftp-remote-channel.ts': ['*'],
  'gateway.ts': ['*'],
  'account-watch.ts': ['*'],
  'open-portal.ts': ['*'],
  'amqp-accounts.ts': ['*'],
  'amqp-channel.ts': ['*'],
  'broker-place.ts': ['*'],
  'broker-watch.ts': ['*'],
  'thread.ts': ['vocabulary', 'validation', 'messages', 'computation', 'decide-chunk.ts'],
  'setting-kinds.ts': [],
  'http-settings.ts': ['setting-kinds.ts'],
  'amqp-settings.ts': ['setting-kinds.ts'],
  'people-settings.ts': ['vocabulary', 'setting-kinds.ts'],
  'settings-table.ts': [
    'setting-kinds.ts',
    'http-settings.ts',
    'amqp-settings.ts',
    'people-settings.ts',
  ],
  'settings.ts': ['vocabulary', 'setting-kinds.ts', 'settings-table.ts'],
  'compose.ts': ['*'],
  'sign-in-rules.ts': ['*'],
  'letters-and-reminders.ts': ['*'],
  'main.ts': ['*'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function roomOf(file: string): string {
  return relative(src, file).split('/')[0] ?? '';
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const pattern = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?from\s+)?'([^']+)'/gms;
  const atStart = [...text.matchAll(pattern)].map(([, type, to = '']) => ({
    from: file,
    to,
    typeOnly: type !== undefined,
  }));
  const later = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map(([, to = '']) => ({
    from: file,
    to,
    typeOnly: false,
  }));
  return [...atStart, ...later];
}

function isAllowed(from: string, to: string, typeOnly: boolean): boolean {
  const allowed = may[from] ?? [];
  const whole = allowed.includes(to) || allowed.includes('*');
  return whole || (typeOnly && (allowed.includes(`type:${to}`) || allowed.includes('type:*')));
}

const files = sources(src);
const imports = files.flatMap(importsOf);
const inner = imports
  .filter(({ to }) => to.startsWith('.'))
  .map((line) => ({ ...line, target: resolve(dirname(line.from), line.to) }))
  .map((line) => ({ ...line, room: roomOf(line.from), other: roomOf(line.target) }));

describe('tidy', () => {
  it('has a line in the import table for every room', () => {
    expect(readdirSync(src).filter((room) => !(room in may))).toEqual([]);
  });

  it('imports only the rooms the table allows', () => {
    const broken = inner
      .filter(({ room, other }) => room !== other)
      .filter(({ room, other, typeOnly }) => !isAllowed(room, other, typeOnly))
      .map(({ from, to }) => `${relative(root, from)} imports ${to}`);

    expect(broken).toEqual([]);
  });

  it('enters a room only through its index', () => {
    const broken = inner
      .filter(
        ({ room, other, target }) =>
          room !== other &&
          statSync(join(src, other)).isDirectory() &&
          !target.endsWith('/index.ts'),
      )
      .map(({ from, to }) => `${relative(root, from)} imports ${to}`);

    expect(broken).toEqual([]);
  });

  it('has no cycle between files', () => {
    const edges = new Map<string, string[]>();
    for (const { from, target, typeOnly } of inner) {
      if (!typeOnly) edges.set(from, [...(edges.get(from) ?? []), target]);
    }
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push(
          [...path.slice(path.indexOf(file)), file].map((one) => relative(src, one)).join(' > '),
        );
        return;
      }
      if (done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);

    expect(cycles).toEqual([]);
  });

  it('has no folder of leftovers', () => {
    const banned = /^(?:utils?|helpers?|services?|managers?|common|lib|shared)(?:\.ts)?$/;
    const names = readdirSync(src, { recursive: true, encoding: 'utf8' });

    expect(names.filter((name) => name.split('/').some((piece) => banned.test(piece)))).toEqual([]);
  });

  it('reads the environment in settings alone', () => {
    const readers = files.filter((file) => /process\.env\b/.test(readFileSync(file, 'utf8')));

    expect(
      readers.map((file) => relative(src, file)).filter((file) => file !== 'settings.ts'),
    ).toEqual([]);
  });

  it('keeps a third-party library in one room', () => {
    // The sender's side is another program that happens to share the repository.
    const exempt = new Set(['sender', 'cli']);
    const users = new Map<string, Set<string>>();
    for (const { from, to } of imports) {
      if (to.startsWith('.') || to.startsWith('node:') || exempt.has(roomOf(from))) continue;
      const library = to
        .split('/')
        .slice(0, to.startsWith('@') ? 2 : 1)
        .join('/');
      users.set(library, (users.get(library) ?? new Set()).add(roomOf(from)));
    }
    const shared = [...users].filter(([, rooms]) => rooms.size > 1);

    expect(shared.map(([library, rooms]) => `${library}: ${[...rooms].join(', ')}`)).toEqual([]);
  });

  it('explains every failure to operators', () => {
    const page = readFileSync(join(root, 'docs/failures.md'), 'utf8');

    expect(Object.keys(failures).filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it('warns of long files and functions', () => {
    const long = files
      .map((file) => [relative(src, file), readFileSync(file, 'utf8').split('\n').length] as const)
      .filter(([, lines]) => lines > 400);
    for (const [file, lines] of long) process.emitWarning(`${file} has ${String(lines)} lines`);

    expect(files.length).toBeGreaterThan(0);
  });
});
