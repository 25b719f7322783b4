import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { commands, type CommandEntry } from '../../src/cli/commands.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { frameFor, optionNameOf } from '../../src/cli/frame.ts';
import { explain } from '../../src/cli/trouble.ts';
import { flagOf, settingNames } from '../../src/settings.ts';
import { Failure, failures, type FailureCode } from '../../src/vocabulary/index.ts';
import { sluis } from '../make/command.ts';
import { testFolder, type TestFolder } from '../make/folder.ts';

let folder: TestFolder;
beforeEach(() => {
  folder = testFolder();
});
afterEach(() => {
  folder.remove();
});

const quiet = { out: () => undefined, err: () => undefined };

async function programWith(entries: readonly CommandEntry[]): Promise<Command> {
  const program = new Command('sluis');
  const { frame } = frameFor({ program, streams: quiet, stopped: new AbortController().signal });
  for (const { load } of entries) (await load())(program, frame);
  return program;
}

async function allCommands(): Promise<Command[]> {
  const program = await programWith(commands);
  const flatten = (command: Command): Command[] => [command, ...command.commands.flatMap(flatten)];
  return program.commands.flatMap(flatten);
}

describe('the command line', () => {
  it('answers an unknown command with exit code 2, on stderr alone', async () => {
    const { code, out, err } = await sluis('bogus');

    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain("unknown command 'bogus'");
  });

  it('answers help and version with exit code 0, on stdout', async () => {
    const help = await sluis('config', '--help');
    const version = await sluis('--version');

    expect([help.code, version.code]).toEqual([0, 0]);
    expect(help.out).toContain('Examples:');
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('prints one JSON document and nothing else with --json', async () => {
    const { code, out } = await sluis('config', '--json', '--sftp-port', '0');

    const { settings } = JSON.parse(out) as { settings: { name: string; value: string }[] };
    expect(code).toBe(0);
    expect(settings.find(({ name }) => name === 'sftpPort')).toMatchObject({
      value: '0',
      origin: 'flag',
    });
  });

  it('reads the settings file named, from before or after the command', async () => {
    const path = join(folder.path, 'my.yaml');
    writeFileSync(path, 'settle: 7s\n');

    const before = await sluis('--config', path, 'config');
    const after = await sluis('config', '--config', path);

    expect(before.out).toMatch(/^settle +7s /m);
    expect(after.out).toBe(before.out);
  });

  it('tells every wrong setting in one line, then the remedy, and ends with 2', async () => {
    const { code, err } = await sluis('config', '--sftp-port', 'x', '--settle', 'soon');

    const [first = '', second = ''] = err.split('\n');
    expect(code).toBe(2);
    expect(first).toMatch(
      /^sluis: the settings are not usable \(settings\.invalid\) sftpPort=.* settleMs=/,
    );
    expect(second).toContain('sluis config');
  });

  it('ends with 3 when the database cannot be reached', async () => {
    const path = join(folder.path, 'my.yaml');
    writeFileSync(path, `databaseUrl: postgres://nobody@127.0.0.1:1/none\n`);

    const { code, out, err } = await sluis('log', '--config', path);

    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain('(storage.unavailable)');
  });

  it('has no option of a command that a setting would take away from it', async () => {
    const taken = new Set<string | undefined>(settingNames.map(flagOf));
    const clashes = (await allCommands()).flatMap((command) =>
      command.options
        .filter(({ long }) => taken.has(long ?? undefined))
        .map(({ long }) => `${command.name()} ${String(long)}`),
    );

    expect(clashes).toEqual([]);
  });

  it('names the value of a flag as the flag is named', () => {
    expect(optionNameOf('sftpHost')).toBe('sftpHost');
    expect(optionNameOf('settleMs')).toBe('settle');
  });

  it('finds every command under the name it has in the list', async () => {
    for (const entry of commands) {
      const program = await programWith([entry]);

      expect(program.commands.map((command) => command.name())).toEqual([entry.name]);
    }
  });

  it('lists every command on its help page, in the order of the list', async () => {
    const { out } = await sluis('--help');

    const places = commands.map(({ name }) => out.search(new RegExp(`^ {2}${name} `, 'm')));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('describes every command', async () => {
    const silent = (await allCommands()).filter((command) => command.description() === '');

    expect(silent.map((command) => command.name())).toEqual([]);
  });
});

describe('a failure for people', () => {
  it('keeps line breaks and control characters of foreign text off the terminal', () => {
    const failure = new Failure('channel.timed-out', { said: 'a\n\u001b[31mred' });

    const [line] = explain(failure, { stack: false });

    expect(line).toBe(
      'sluis: the other side went silent (channel.timed-out) said="a\\n\\u001b[31mred"',
    );
  });

  it('shows a stack only when asked', () => {
    const failure = new Failure('gateway.defect', {}, new TypeError('inner'));

    expect(explain(failure, { stack: false })).toHaveLength(2);
    expect(explain(failure, { stack: true }).join('\n')).toContain('TypeError: inner');
  });

  it('has an exit code of the contract for every code there is', () => {
    const codes = Object.keys(failures) as FailureCode[];

    expect(codes.filter((code) => ![1, 2, 3, 4, 70].includes(exitCodeOf(code)))).toEqual([]);
    expect(exitCodeOf('gateway.defect')).toBe(70);
    expect(exitCodeOf('identity.refused')).toBe(4);
    expect(exitCodeOf('channel.unreachable')).toBe(3);
    expect(exitCodeOf('registration.unknown')).toBe(1);
  });
});

describe('the entry', () => {
  const entry = resolve(import.meta.dirname, '../../dist/main.js');

  it('takes a reader that stops reading for a reader that is done', async () => {
    const child = spawn(
      'sh',
      ['-c', '"$0" "$1" config --help | head -1', process.execPath, entry],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let err = '';
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString();
    });

    const [code] = (await once(child, 'close')) as [number];

    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});
