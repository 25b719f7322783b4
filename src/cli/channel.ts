import { InvalidArgumentError, type Command } from 'commander';
import { connectionTests, testChannel } from '../connection-tests.ts';
import { expiring } from '../expiry.ts';
import { channelNames, type ChannelRecord, type ChannelState } from '../identity/index.ts';
import { Failure } from '../vocabulary/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { operator } from './operator.ts';

const rowsMax = 10_000;
const historyMax = 1_000;
const withinDaysMax = 3_650;

/** `sluis channel`: which channels senders may use, for what, and how far each has come. */
export const registerChannel: RegisterCommand = (program, frame) => {
  const group = program
    .command('channel')
    .description('channels of senders: requested, test, production, suspended, closed');
  registerList(group, frame);
  registerShow(group, frame);
  for (const step of steps) registerStep(group, frame, step);
  registerContact(group, frame);
  registerTest(group, frame);
  registerExpiring(group, frame);
};

const states: readonly ChannelState[] = [
  ...(['requested', 'test', 'production', 'suspended', 'closed'] as const),
];

function registerList(group: Command, frame: CommandFrame): void {
  group
    .command('list')
    .description('lines of the register, at most 10,000')
    .option('--sender <number>', 'of one sender')
    .option('--channel <name>', channelNames.join(', '))
    .option('--state <state>', states.join(', '), readState)
    .addHelpText('after', '\nExamples:\n  $ sluis channel list --state requested')
    .action(
      async (given: {
        readonly sender?: string;
        readonly channel?: string;
        readonly state?: ChannelState;
      }) => {
        const { identity } = await frame.office();
        show(frame, await identity.channels.list({ ...given, max: rowsMax }));
      },
    );
}

function readState(text: string): ChannelState {
  const found = states.find((state) => state === text);
  if (found === undefined) throw new InvalidArgumentError(`one of ${states.join(', ')}`);
  return found;
}

function show(frame: CommandFrame, records: readonly ChannelRecord[]): void {
  frame.out.json(records);
  print(frame, records);
  if (records.length === 0) frame.out.print('no channel matches');
}

function print(frame: CommandFrame, records: readonly ChannelRecord[]): void {
  frame.out.table(
    ['sender', 'channel', 'type', 'environment', 'state', 'changed', 'by'],
    records.map(({ sender, channel, type, environment, state, changedAt, changedBy }) => [
      ...[sender, channel, type, environment, state, changedAt.toISOString(), changedBy],
    ]),
  );
}

function registerShow(group: Command, frame: CommandFrame): void {
  group
    .command('show')
    .description('the channels of one sender, its contact, and what was done, newest first')
    .requiredOption('--sender <number>', 'sender number')
    .addHelpText('after', '\nExamples:\n  $ sluis channel show --sender 123456')
    .action(async ({ sender }: { readonly sender: string }) => {
      const { channels } = (await frame.office()).identity;
      const { contact, answersBy } = await channels.contactOf(sender);
      const lines = await channels.list({ sender, max: rowsMax });
      const history = await channels.history({ sender, max: historyMax });
      frame.out.json({ sender, contact, answersBy: answersBy ?? null, channels: lines, history });
      print(frame, lines);
      const { name, email, phone } = contact ?? {};
      const person = [name, email, phone].filter((one) => one !== undefined).join(', ');
      frame.out.print(`contact  ${person === '' ? 'none' : person}`);
      frame.out.print(`answers  by ${answersBy ?? 'the channel their set came by'}`);
      for (const { at, act, channel, type, environment, from, to, by, as, reason } of history) {
        const what = `${act} ${channel} ${type} ${environment}: ${from ?? 'nothing'} → ${to}`;
        const why = reason === undefined ? '' : `, ${reason}`;
        frame.out.print(`  ${at.toISOString()}  ${what}, by ${by} (${as})${why}`);
      }
    });
}

interface Step {
  readonly verb: 'request' | 'advance' | 'suspend' | 'resume' | 'close';
  readonly says: string;
  readonly example: string;
}

const steps: readonly Step[] = [
  {
    verb: 'request',
    says: 'asks for a channel; without --type and --environment, for all the sender has',
    example: '--sender 123456 --channel amqp --type MEDC',
  },
  {
    verb: 'advance',
    says: 'from requested to test, from test to production once a circuit test was accepted',
    example: '--sender 123456 --channel amqp',
  },
  {
    verb: 'suspend',
    says: 'takes nothing and hears no login any more; answers that wait are kept',
    example: '--sender 123456 --channel sftp --reason "key lost"',
  },
  {
    verb: 'resume',
    says: 'goes on where it was suspended',
    example: '--sender 123456 --channel sftp',
  },
  {
    verb: 'close',
    says: 'for good; it may be asked for anew',
    example: '--sender 123456 --channel sftp --type ZIMA',
  },
];

interface StepOptions {
  readonly sender: string;
  readonly channel: string;
  readonly type?: string;
  readonly environment?: string;
  readonly reason?: string;
}

function registerStep(group: Command, frame: CommandFrame, { verb, says, example }: Step): void {
  group
    .command(verb)
    .description(says)
    .requiredOption('--sender <number>', 'sender number')
    .requiredOption('--channel <name>', channelNames.join(', '))
    .option('--type <type>', 'one message type, such as MEDC; * is the line for every type')
    .option('--environment <letter>', 'R production, T circuit test, S simulation')
    .option('--reason <text>', 'why, for the history')
    .addHelpText('after', `\nExamples:\n  $ sluis channel ${verb} ${example}`)
    .action(async (options: StepOptions) => {
      const { identity } = await frame.office();
      show(frame, await identity.channels[verb]({ ...options, actor: { by: operator() } }));
    });
}

interface ContactOptions {
  readonly sender: string;
  readonly name: string;
  readonly email: string;
  readonly phone?: string;
}

function registerContact(group: Command, frame: CommandFrame): void {
  group
    .command('set-contact')
    .description('the one person to speak to about the technical side of a sender')
    .requiredOption('--sender <number>', 'sender number')
    .requiredOption('--name <name>', 'person or desk')
    .requiredOption('--email <address>', 'one address')
    .option('--phone <number>', '6 to 15 digits, + first for another country')
    .action(async ({ sender, ...contact }: ContactOptions) => {
      const { channels } = (await frame.office()).identity;
      const record = await channels.setContact({ sender, contact, actor: { by: operator() } });
      frame.out.json(record);
      frame.out.print(`contact of ${record.sender}: ${contact.name}, ${contact.email}`);
    });
  group
    .command('set-answers')
    .description('the channel answers leave by; without --channel, the one their set came by')
    .requiredOption('--sender <number>', 'sender number')
    .option('--channel <name>', channelNames.join(', '))
    .action(async (options: { readonly sender: string; readonly channel?: string }) => {
      const { channels } = (await frame.office()).identity;
      const record = await channels.setAnswers({ ...options, actor: { by: operator() } });
      frame.out.json(record);
      const by = record.answersBy ?? 'the channel their set came by';
      frame.out.print(`answers to ${record.sender} leave by ${by}`);
    });
}

function registerTest(group: Command, frame: CommandFrame): void {
  group
    .command('test')
    .description('tests a connection step by step; nothing is stored')
    .requiredOption('--channel <name>', connectionTests.map(({ channel }) => channel).join(', '))
    .option('--set <name=value>', 'a value to test with (repeatable)', collect, {})
    .addHelpText('after', testExamples())
    .action(
      async ({
        channel,
        set: values,
      }: {
        readonly channel: string;
        readonly set: Readonly<Record<string, string>>;
      }) => {
        let last = 'failed';
        const office = await frame.office();
        for await (const report of testChannel(office, { channel, values }, frame.stopped)) {
          const { step, state, ms, reason = '' } = report;
          last = state;
          frame.out.line(report);
          const time = state === 'running' ? '' : `${String(ms)} ms`;
          frame.out.print(`${state.padEnd(9)}  ${step.padEnd(18)}  ${time.padStart(9)}  ${reason}`);
        }
        if (last !== 'passed') frame.sayNo();
      },
    );
}

function collect(
  text: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('name=value is expected');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function testExamples(): string {
  const values = connectionTests.map(({ channel, values: known }) => {
    const lines = Object.entries(known).map(([name, says]) => `    ${name.padEnd(14)}${says}`);
    return `  ${channel}\n${lines.join('\n')}`;
  });
  return `
Values, by channel:
${values.join('\n')}

Exit code 1 when a step failed. For SFTP it waits, up to ten minutes, for the first login.

Examples:
  $ sluis channel test --channel sftp --set username=payroll02`;
}

function registerExpiring(group: Command, frame: CommandFrame): void {
  group
    .command('expiring')
    .description('keys, certificates, revocation lists and mandates that end soon')
    .option('--within <days>', 'so many days', readDays, 60)
    .addHelpText('after', '\nExamples:\n  $ sluis channel expiring --within 14 --json')
    .action(async ({ within }: { readonly within: number }) => {
      const office = await frame.office();
      const items = await expiring(office, { at: frame.clock.now(), withinDays: within });
      frame.out.json(items);
      frame.out.table(
        ['ends', 'days', 'kind', 'what', 'remedy'],
        items.map(({ endsAt, days, kind, what, remedy }) => [
          ...[endsAt.toISOString().slice(0, 10), String(days), kind, what, remedy],
        ]),
      );
      if (items.length === 0) frame.out.print(`nothing ends within ${String(within)} days`);
    });
}

function readDays(text: string): number {
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= withinDaysMax) return days;
  throw new Failure('cli.usage', { option: '--within', given: text, max: withinDaysMax });
}
