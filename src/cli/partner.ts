import { InvalidArgumentError, type Command } from 'commander';
import {
  sftpRemoteSteps,
  testConnection,
  type Directories,
  type Partner,
  type PartnerDestination,
  type PartnerToTest,
  type PartnerView,
} from '../channels/index.ts';
import { partnerRegister } from '../partner-register.ts';
import { runPartner } from '../sftp-remote-channel.ts';
import { Failure, type Environment } from '../vocabulary/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { readNamedFile, repeated } from './named-file.ts';
import { operator } from './operator.ts';
import { secretInput } from './secret-input.ts';

/** `sluis partner`: SFTP servers of others that files are fetched from and brought to. */
export const registerPartner: RegisterCommand = (program, frame) => {
  const group = program
    .command('partner')
    .description("partners' SFTP servers: files are fetched from them and brought to them");
  registerAdd(group, frame);
  registerList(group, frame);
  registerShow(group, frame);
  registerStates(group, frame);
  registerRun(group, frame);
  registerTest(group, frame);
};

/** What `add` and `test` are given alike. */
export interface AddressOptions {
  readonly host: string;
  readonly port?: number;
  readonly user: string;
  readonly hostKey: readonly string[];
  readonly key?: string;
  readonly passwordStdin?: boolean;
  readonly passwordFile?: string;
  readonly pull?: readonly string[];
  readonly push?: readonly string[];
}

interface AddOptions extends AddressOptions {
  readonly profile?: string;
  readonly detection?: string;
  readonly claim?: string;
  readonly after?: string;
  readonly archive?: string;
  readonly readBack?: boolean;
  readonly schedule?: string;
  readonly sender: readonly string[];
  readonly hubKey?: string;
  readonly productionUser?: readonly string[];
}

function registerAdd(group: Command, frame: CommandFrame): void {
  group
    .command('add')
    .description('registers a partner; nothing is connected to yet')
    .argument('<name>', 'a-z, digits and hyphens, 2 to 40')
    .requiredOption('--host <host>', 'name or address of its server')
    .option('--port <port>', 'its port (default: 22)', readPort)
    .requiredOption('--user <name>', 'who we are there')
    .requiredOption('--host-key <fingerprint>', 'SHA256:… of its host key (repeatable)', repeated)
    .option('--key <file>', 'our private key, without passphrase')
    .option('--password-stdin', 'reads our password from stdin')
    .option('--password-file <file>', 'reads our password from a file')
    .requiredOption(
      '--sender <number[=mailbox]>',
      'sender number or enterprise it stands for, with its mailbox at a hub (repeatable)',
      repeated,
    )
    .option('--pull <R=directory>', 'fetches from there; R, T or S (repeatable)', repeated)
    .option('--push <R=directory>', 'brings answers there; R, T or S (repeatable)', repeated)
    .option('--detection <how>', 'when a file is whole: stable or go (default: stable)')
    .option('--claim <how>', 'rename or remember (default: remember)')
    .option('--after <what>', 'once it is here: delete, archive or leave (default: delete)')
    .option('--archive <directory>', 'at the partner, for --after archive')
    .option('--read-back', 'compares what was brought by hash')
    .option('--schedule <cron>', 'five fields, legal time (default: */5 * * * *)')
    .option('--profile <name>', 'plain or isabel (default: plain)')
    .option('--hub-key <file>', 'public key (PEM) of the hub, for the profile isabel')
    .option('--production-user <name>', 'may send to production, for isabel (repeatable)', repeated)
    .addHelpText('after', addExamples)
    .action(async (name: string, options: AddOptions) => {
      const wish = { name, ...(await wishOf(options)), by: operator() };
      const register = await partnerRegister(await frame.office());
      const partner = await register.add(wish);
      frame.out.json(shown(partner));
      frame.out.print(`partner ${partner.name}: ${partner.host}:${String(partner.port)}`);
      frame.out.progress(`note: try it with \`sluis partner test ${partner.name}\``);
    });
}

async function wishOf(o: AddOptions) {
  const { profile, detection, claim, archive, readBack, schedule, hubKey } = o;
  return {
    ...(await addressOf(o)),
    ...(profile === undefined ? {} : { profile }),
    ...(detection === undefined ? {} : { detection }),
    ...(claim === undefined ? {} : { claim }),
    ...(o.after === undefined ? {} : { aftercare: o.after }),
    ...(archive === undefined ? {} : { archive }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(hubKey === undefined ? {} : { hubKey: (await readNamedFile(hubKey)).toString('utf8') }),
    readBack: readBack ?? false,
    destinations: o.sender.map(destinationOf),
    productionUsers: o.productionUser ?? [],
  };
}

/** The address and its secrets, which come from a file or from stdin, never from the command line. */
export async function addressOf(o: AddressOptions) {
  const { host, port, user: username, hostKey: hostKeys, key } = o;
  const password = await passwordOf(o);
  return {
    ...{ host, username, hostKeys },
    ...(port === undefined ? {} : { port }),
    ...(key === undefined ? {} : { privateKey: (await readNamedFile(key)).toString('utf8') }),
    ...(password === undefined ? {} : { password }),
    pull: directoriesOf(o.pull ?? [], '--pull'),
    push: directoriesOf(o.push ?? [], '--push'),
  };
}

async function passwordOf(o: AddressOptions): Promise<string | undefined> {
  if (o.passwordFile !== undefined) {
    return (await readNamedFile(o.passwordFile)).toString('utf8').replace(/\r?\n$/, '');
  }
  return o.passwordStdin === true ? await secretInput().line('password') : undefined;
}

function directoriesOf(given: readonly string[], option: string): Directories {
  const found: Partial<Record<Environment, string>> = {};
  for (const text of given) {
    const [, environment, path] = /^([RTS])=(.+)$/.exec(text) ?? [];
    if (environment === undefined || path === undefined) {
      throw new Failure('cli.usage', { option, given: text, expected: 'R=, T= or S= and a path' });
    }
    if (found[environment as Environment] !== undefined) {
      throw new Failure('cli.usage', { option, twice: environment });
    }
    found[environment as Environment] = path;
  }
  return found;
}

function destinationOf(text: string): PartnerDestination {
  const [number = '', ...mailbox] = text.split('=');
  return mailbox.length === 0 ? { number } : { number, mailbox: mailbox.join('=') };
}

export function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('1 to 65535');
}

function registerList(group: Command, frame: CommandFrame): void {
  group
    .command('list')
    .description('partners, by name')
    .option('--removed', 'removed ones too')
    .action(async ({ removed }: { readonly removed?: boolean }) => {
      const register = await partnerRegister(await frame.office());
      const partners = await register.list({ removedToo: removed ?? false });
      frame.out.json(partners.map(shown));
      frame.out.table(
        ['name', 'state', 'server', 'user', 'circuit', 'schedule', 'stands for'],
        partners.map((one) => [
          ...[one.name, one.state, `${one.host}:${String(one.port)}`, one.username],
          ...[circuitText(one), one.schedule, numbersText(one)],
        ]),
      );
      if (partners.length === 0) frame.out.print('no partner is registered');
    });
}

const numbersShown = 3;

function numbersText({ destinations }: Partner): string {
  const shownOnes = destinations.slice(0, numbersShown).map(({ number }) => number);
  const more = destinations.length - shownOnes.length;
  return more > 0 ? `${shownOnes.join(', ')} and ${String(more)} more` : shownOnes.join(', ');
}

function circuitText({ circuit: { failures, openUntil, reason = '' } }: Partner): string {
  if (openUntil !== undefined) return `open until ${openUntil.toISOString()} (${reason})`;
  return failures === 0 ? 'closed' : `closed, ${String(failures)} failures (${reason})`;
}

function registerShow(group: Command, frame: CommandFrame): void {
  group
    .command('show')
    .description('a partner, its last rounds, and when the next is due')
    .argument('<name>', 'partner')
    .action(async (name: string) => {
      const register = await partnerRegister(await frame.office());
      const view = await register.show(name);
      const { partner, runs, missed, nextRun } = view;
      frame.out.json({ ...shown(partner), runs, missed, nextRun: nextRun ?? null });
      printView(frame, view);
    });
}

function printView(frame: CommandFrame, { partner, runs, missed, nextRun }: PartnerView): void {
  const { out } = frame;
  const lines: readonly (readonly [string, string])[] = [
    ['state', partner.state],
    ['server', `${partner.username}@${partner.host}:${String(partner.port)}`],
    ['host key', partner.hostKeys.join(' ')],
    ['stands for', numbersText(partner)],
    ['fetches', directoriesText(partner.pull)],
    ['brings', directoriesText(partner.push)],
    ['files', `${partner.detection}, ${partner.claim}, then ${partner.aftercare}`],
    ['circuit', circuitText(partner)],
    ['schedule', partner.schedule],
    ['next round', nextRun?.toISOString() ?? 'none'],
    ['missed', String(missed)],
  ];
  out.print(`${partner.name}, ${partner.profile}`);
  for (const [label, text] of lines) out.print(`  ${label.padEnd(12)}${text}`);
  out.table(
    ['due', 'by', 'missed before', 'state', 'files', 'bytes', 'error'],
    runs.map((run) => [
      ...[run.dueAt.toISOString(), run.trigger, String(run.missed), run.state],
      ...[String(run.files), String(run.bytes), run.error ?? '-'],
    ]),
  );
}

function directoriesText(directories: Directories): string {
  const texts = Object.entries(directories).map(([environment, path]) => `${environment}=${path}`);
  return texts.length === 0 ? 'nothing' : texts.join(' ');
}

const states = [
  ['suspend', 'suspended', 'fetches and brings nothing until it is resumed'],
  ['resume', 'active', 'fetches and brings again; slots missed meanwhile are not caught up'],
  ['remove', 'removed', 'for good: its secrets are forgotten, its numbers are free'],
] as const;

function registerStates(group: Command, frame: CommandFrame): void {
  for (const [verb, state, says] of states) {
    group
      .command(verb)
      .description(says)
      .argument('<name>', 'partner')
      .action(async (name: string) => {
        const register = await partnerRegister(await frame.office());
        await register[verb]({ name, by: operator() });
        frame.out.json({ name, state });
        frame.out.print(`partner ${name} is ${state}`);
      });
  }
}

interface TestOptions extends Partial<AddressOptions> {
  readonly hostKey?: readonly string[];
}

function registerTest(group: Command, frame: CommandFrame): void {
  group
    .command('test')
    .description('tests a partner step by step: a registered one, or values not registered yet')
    .argument('[name]', 'registered partner; without it, the values of the options')
    .option('--host <host>', 'name or address of its server')
    .option('--port <port>', 'its port', readPort)
    .option('--user <name>', 'who we are there')
    .option('--host-key <fingerprint>', 'SHA256:… of its host key (repeatable)', repeated)
    .option('--key <file>', 'our private key')
    .option('--password-stdin', 'reads our password from stdin')
    .option('--password-file <file>', 'reads our password from a file')
    .option('--pull <R=directory>', 'lists there (repeatable)', repeated)
    .option('--push <R=directory>', 'writes, renames and removes there (repeatable)', repeated)
    .addHelpText('after', '\nExit code 1 when a step failed.')
    .action(async (name: string | undefined, options: TestOptions) => {
      const steps = sftpRemoteSteps(() =>
        name === undefined ? unsaved(options) : registered(frame, name),
      );
      let last = 'failed';
      for await (const report of testConnection(steps, frame.stopped)) {
        const { step, state, ms, reason = '' } = report;
        last = state;
        frame.out.line(report);
        const time = state === 'running' ? '' : `${String(ms)} ms`;
        frame.out.print(`${state.padEnd(9)}  ${step.padEnd(10)}  ${time.padStart(9)}  ${reason}`);
      }
      if (last !== 'passed') frame.sayNo();
    });
}

async function unsaved(o: TestOptions): Promise<PartnerToTest> {
  const { host, user, hostKey } = o;
  if (host === undefined || user === undefined || hostKey === undefined) {
    throw new Failure('cli.usage', { missing: 'a partner, or --host, --user and --host-key' });
  }
  return addressOf({ ...o, host, user, hostKey });
}

async function registered(frame: CommandFrame, name: string): Promise<PartnerToTest> {
  const register = await partnerRegister(await frame.office());
  const { partner, ...address } = await register.addressOf(name);
  return { ...address, pull: partner.pull, push: partner.push };
}

function registerRun(group: Command, frame: CommandFrame): void {
  group
    .command('run')
    .description('fetches from a partner now, once; exit code 1 when another round is under way')
    .argument('<name>', 'partner')
    .action(async (name: string) => {
      const office = await frame.office();
      const report = await runPartner(office, { name, signal: frame.stopped });
      const { begun, files, bytes, failure } = report;
      frame.out.json({ name, begun, files, bytes, error: failure?.code ?? null });
      if (failure !== undefined) throw failure;
      if (!begun) frame.sayNo();
      frame.out.print(
        begun ? `${String(files)} files, ${String(bytes)} bytes` : 'another round is under way',
      );
    });
}

function shown(partner: Partner): Record<string, unknown> {
  return { ...partner, id: undefined };
}

const addExamples = `
The fingerprint: ssh-keyscan -p 22 HOST | ssh-keygen -lf -, and compare it with what the partner says.

Examples:
  $ sluis partner add mutual-one --host sftp.mutual.example --user sluis --key id_ed25519 \\
      --host-key SHA256:… --sender 123456 --pull R=/out --pull T=/out-test --push R=/in --push T=/in-test
  $ printf '%s\\n' "$SECRET" | sluis partner add hub --host hub.example --user sluis --password-stdin \\
      --host-key SHA256:… --sender 123456=BOX1 --pull R=/inbox --profile isabel --hub-key hub.pem`;
