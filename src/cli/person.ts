import type { Command } from 'commander';
import type { PersonCriteria, RoleRecord } from '../identity/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { operatorCaller, personNamed, qualityNamed } from './person-input.ts';
import { secretInput } from './secret-input.ts';

const rowsDefault = '50';

interface FindOptions extends Omit<PersonCriteria, 'insz'> {
  readonly inszStdin?: boolean;
  readonly after?: string;
  readonly max: string;
}

/** `sluis person`: persons, over all enterprises. */
export const registerPerson: RegisterCommand = (program, frame) => {
  const group = program.command('person').description('persons and their roles');
  registerFind(group, frame);
  registerShow(group, frame);
  registerEdit(group, frame);
  registerBlocks(group, frame);
};

function registerFind(group: Command, frame: CommandFrame): void {
  group
    .command('find')
    .description('persons in their roles by any of the criteria; names by their beginning')
    .option('--quality <id>', 'id, or ENTERPRISE/TYPE')
    .option('--username <text>', 'beginning')
    .option('--last-name <text>', 'beginning, whatever the accents')
    .option('--first-name <text>', 'beginning, whatever the accents')
    .option('--title <text>', 'whole')
    .option('--insz-stdin', 'reads a national number from stdin')
    .option('--language <code>', 'nl, fr, de or en')
    .option('--email <text>', 'beginning')
    .option('--application <code>', 'who may use it; with --quality')
    .option('--role <code>', 'LR, CAM, COCAM, AM, COAM, USR, SP, CUR, REP, HD or OP')
    .option('--state <state>', 'active, blocked or suspended')
    .option('--enterprise <kbo>', 'enterprise number')
    .option('--after <page>', 'the next page, as the last one named it')
    .option('--max <rows>', 'at most 200', rowsDefault)
    .addHelpText('after', findExamples)
    .action(async ({ inszStdin, after, max, quality, ...criteria }: FindOptions) => {
      const { identity } = await frame.office();
      const insz = inszStdin === true ? await secretInput().line('the national number') : undefined;
      const page = await identity.people.find(
        operatorCaller(),
        {
          ...criteria,
          ...(quality === undefined ? {} : { quality: await qualityNamed(identity, quality) }),
          ...(insz === undefined ? {} : { insz }),
        },
        { max: Number(max) || Number(rowsDefault), ...(after === undefined ? {} : { after }) },
      );
      frame.out.json(page);
      frame.out.table(
        ['username', 'name', 'role', 'state', 'enterprise', 'role id'],
        page.rows.map((row) => [
          ...[row.username, `${row.lastName} ${row.firstName}`, row.role, row.state],
          ...[row.enterprise ?? '-', row.assignmentId],
        ]),
      );
      if (page.next !== undefined) frame.out.progress(`more: --after ${page.next}`);
    });
}

function registerShow(group: Command, frame: CommandFrame): void {
  group
    .command('show')
    .description('a person with every role; of the national number only the end')
    .argument('<who>', 'user name or id')
    .action(async (who: string) => {
      const { identity } = await frame.office();
      const { personId } = await personNamed(identity, who);
      const view = await identity.people.show(operatorCaller(), personId);
      frame.out.json(view);
      const { username, lastName, firstName, language, email, state, inszEnd } = view.person;
      frame.out.print(
        `${username}: ${lastName} ${firstName}, ${language}, ${email ?? 'no e-mail'}`,
      );
      frame.out.print(`${state}; national number ${inszEnd ?? 'not known'}`);
      frame.out.table(
        ['role', 'state', 'enterprise', 'capacity', 'role id'],
        view.roles.map(roleRow),
      );
    });
}

export function roleRow({ role, state, enterprise, capacity, id }: RoleRecord): string[] {
  return [role, state, enterprise ?? '-', capacity ?? '-', id];
}

function registerEdit(group: Command, frame: CommandFrame): void {
  group
    .command('edit')
    .description('changes language, title or e-mail')
    .argument('<who>', 'user name or id')
    .option('--language <code>', 'nl, fr, de or en')
    .option('--title <text>', 'an empty one takes it away')
    .option('--email <address>', 'an empty one takes it away')
    .action(
      async (
        who: string,
        wish: { readonly language?: string; readonly title?: string; readonly email?: string },
      ) => {
        const { identity } = await frame.office();
        const { personId } = await personNamed(identity, who);
        const person = await identity.people.edit(operatorCaller(), personId, wish);
        frame.out.json(person);
        frame.out.print(`person ${person.username} changed`);
      },
    );
}

function registerBlocks(group: Command, frame: CommandFrame): void {
  for (const [verb, state, says] of [
    ['block', 'blocked', 'ends every session and token of a person, in every role'],
    ['unblock', 'active', 'lets a person in again'],
  ] as const) {
    group
      .command(verb)
      .description(says)
      .argument('<who>', 'user name or id')
      .action(async (who: string) => {
        const { identity } = await frame.office();
        const { personId, username } = await personNamed(identity, who);
        await identity.people[verb](operatorCaller(), personId);
        frame.out.json({ id: personId, username, state });
        frame.out.print(`person ${username} is ${state}`);
      });
  }
}

const findExamples = `
Examples:
  $ sluis person find --last-name peeters --language nl
  $ sluis person find --quality 0206731645/employer --application contributions
  $ sluis person find --insz-stdin < number.txt`;
