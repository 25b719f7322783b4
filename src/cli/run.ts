import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { debugAsked, flagOf, settingNames, settingsTable } from '../settings.ts';
import { Failure, failureOf } from '../vocabulary/index.ts';
import { commands } from './commands.ts';
import { exitCodeOf, exits } from './exit-codes.ts';
import { frameFor, type RegisterCommand } from './frame.ts';
import type { Streams } from './output.ts';
import { explain } from './trouble.ts';

const processStreams: Streams = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

/**
 * Runs one command line and answers with its exit code. Whatever is thrown ends here: one line on
 * stderr that says what happened, one that says what to do.
 */
export async function run(
  commandLine: readonly string[],
  streams: Streams = processStreams,
): Promise<number> {
  const stop = new AbortController();
  const unhook = hookSignals(stop);
  const program = programOf(streams);
  const framed = frameFor({ program, streams, stopped: stop.signal });
  for (const register of await asked(commandLine)) register(program, framed.frame);
  if (streams === processStreams) listenToClosedPipe();
  try {
    await closingAfter(framed.close, () => program.parseAsync(commandLine, { from: 'user' }));
    return framed.saidNo() ? exits.no : exits.done;
  } catch (thrown) {
    return conclude(thrown, streams, wantsStack(program));
  } finally {
    unhook();
  }
}

const versionFlag = '--version';

/** The commands the line names; all of them when it names none, for their help and for suggestions. */
async function asked(commandLine: readonly string[]): Promise<readonly RegisterCommand[]> {
  if (commandLine.some((word) => word === versionFlag || word === '-V')) return [];
  const named = commands.filter(({ name }) => commandLine.includes(name));
  const found: RegisterCommand[] = [];
  for (const { load } of named.length > 0 ? named : commands) found.push(await load());
  return found;
}

/** The command's own failure outweighs one of closing down after it. */
async function closingAfter(
  close: () => Promise<void>,
  work: () => Promise<unknown>,
): Promise<void> {
  let failed: { readonly thrown: unknown } | undefined;
  try {
    await work();
  } catch (thrown) {
    failed = { thrown };
  }
  try {
    await close();
  } catch (thrown) {
    failed ??= { thrown };
  }
  if (failed !== undefined) throw failed.thrown;
}

function conclude(thrown: unknown, streams: Streams, stack: boolean): number {
  if (thrown instanceof CommanderError) {
    // Commander has written its own sentence, and help and version are no errors.
    return thrown.exitCode === 0 ? exits.done : exits.usage;
  }
  const failure = failureOf(thrown);
  for (const text of explain(failure, { stack })) streams.err(`${text}\n`);
  return exitCodeOf(failure.code);
}

function programOf(streams: Streams): Command {
  const program = new Command('sluis')
    .description('Message-driven batch file exchange gateway.')
    .version(versionOf(), `-V, ${versionFlag}`, 'prints the version')
    .helpOption('-h, --help', 'prints help')
    .option('--config <file>', 'settings file (default: config/default.yaml, when present)')
    .option('--json', 'prints one JSON document, or one object a line for streams, on stdout')
    .exitOverride()
    .showHelpAfterError('sluis COMMAND --help has examples')
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .addHelpText('after', generalHelp);
  for (const name of settingNames) {
    const flag = flagOf(name);
    if (flag === undefined) continue;
    const option = new Option(`${flag} <value>`, settingsTable[name].says);
    program.addOption(name === 'data' ? option : option.hideHelp());
  }
  return program;
}

const generalHelp = `
Every setting has a flag: \`sluis config\` lists them with their values and origins.

Examples:
  $ sluis demo                          a gateway, a sender and a batch, on temporary data
  $ sluis serve --sftp-port 0 --json    a gateway on any free port
  $ sluis doctor                        what is wrong, and what to do about it

Exit codes: 0 done, 1 the answer is no, 2 usage, 3 cannot reach or start, 4 not allowed, 70 defect`;

/** The version of the package this file was installed with, from src as well as from dist. */
function versionOf(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}

function wantsStack(program: Command): boolean {
  const { logLevel } = program.opts<{ readonly logLevel?: string }>();
  return logLevel === 'debug' || debugAsked();
}

function hookSignals(stop: AbortController): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    stop.abort(new Failure('gateway.defect', { stopped: signal }));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  };
}

/** `sluis log | head` closes our stdout: that is the reader being done, not an error. */
function listenToClosedPipe(): void {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exits.done);
    throw error;
  });
}
