import { Failure } from '../vocabulary/index.ts';
import type { MailLine, MailState } from '../mail/index.ts';
import type { Command } from 'commander';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { operator } from './operator.ts';

const rowsMax = 500;
const states: readonly MailState[] = ['pending', 'held', 'dead', 'sent'];

/** `sluis mail`: the letters that leave, and those that wait for a mail server. */
export const registerMail: RegisterCommand = (program, frame) => {
  const group = program
    .command('mail')
    .description('letters to people; without a mail server they are held here');
  registerList(group, frame);
  registerShow(group, frame);
  registerSend(group, frame);
};

function registerList(group: Command, frame: CommandFrame): void {
  group
    .command('list')
    .description('letters, newest first, without their text')
    .option('--state <state>', `only those that are ${states.join(', ')}`)
    .option('--after <id>', 'continues after this letter')
    .action(async (options: { readonly state?: string; readonly after?: string }) => {
      const { mail } = await frame.office();
      const page = options.after === undefined ? {} : { after: options.after };
      const chosen = options.state === undefined ? states : [stateOf(options.state)];
      const letters = await mail.list({ ...page, states: chosen, max: rowsMax });
      frame.out.json(letters);
      frame.out.table(
        ['id', 'state', 'written', 'to', 'template', 'language', 'attempts', 'error'],
        letters.map(rowOf),
      );
    });
}

function stateOf(text: string): MailState {
  const state = states.find((one) => one === text);
  if (state === undefined) throw new Failure('cli.usage', { state: text, known: states.join(' ') });
  return state;
}

function rowOf(one: MailLine): string[] {
  const { id, state, recipient, template, language, attempts, lastError = '' } = one;
  const written = one.createdAt.toISOString();
  return [id, state, written, recipient, template, language, String(attempts), lastError];
}

function registerShow(group: Command, frame: CommandFrame): void {
  group
    .command('show')
    .description('one letter with its text')
    .argument('<id>', 'number of the letter')
    .option('--reveal', 'the text of a letter with a code too; the audit trail says who read it')
    .addHelpText('after', showExamples)
    .action(async (id: string, { reveal = false }: { readonly reveal?: boolean }) => {
      const { mail, identity } = await frame.office();
      const letter = await mail.show(id, { reveal });
      if (reveal && letter.secret) {
        await identity.audit.record(
          { name: operator(), role: 'operator', source: 'cli' },
          {
            ...{ event: 'authz_admin', action: 'mail.reveal', target: `letter ${letter.id}` },
            after: { template: letter.template, to: letter.recipient },
          },
        );
      }
      frame.out.json(letter);
      frame.out.print(`To: ${letter.recipient}\nSubject: ${letter.subject}\n\n${letter.body}`);
    });
}

function registerSend(group: Command, frame: CommandFrame): void {
  group
    .command('send')
    .description('delivers what is due; a held or dead letter when it is named')
    .argument('[ids...]', 'numbers of letters')
    .action(async (ids: readonly string[]) => {
      const { mail } = await frame.office();
      for (const id of ids) await mail.release(id);
      if (!mail.delivers) throw new Failure('mail.not-sent', { why: 'no mail server is set' });
      const left = await mail.deliver();
      frame.out.json({ sent: left });
      frame.out.print(left === 1 ? 'one letter left' : `${left} letters left`);
      if (left < ids.length) frame.sayNo();
    });
}

const showExamples = `
Examples:
  $ sluis mail list --state held
  $ sluis mail show 0b2c… --reveal`;
