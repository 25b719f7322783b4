import type { Command } from 'commander';
import type { ApplicationWish, Done, StateChange } from '../identity/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { repeated } from './named-file.ts';
import { roleRow } from './person.ts';
import {
  addPersonOptions,
  operatorCaller,
  personNamed,
  personWish,
  qualityNamed,
  type PersonOptions,
} from './person-input.ts';

interface AppointOptions extends PersonOptions {
  readonly role: string;
  readonly enterprise?: string;
  readonly quality?: string;
  readonly capacity?: string;
  readonly application?: readonly string[];
  readonly courtOrder?: string;
  readonly providerKind?: string;
  readonly provider?: string;
}

/** `sluis role`: who holds which role. */
export const registerRole: RegisterCommand = (program, frame) => {
  const group = program.command('role').description('appointments: who may do what, and where');
  registerAppoint(group, frame);
  registerList(group, frame);
  registerStates(group, frame);
};

function registerAppoint(group: Command, frame: CommandFrame): void {
  const command = group
    .command('appoint')
    .description('gives a person a role, and registers him when he is new')
    .requiredOption('--role <code>', 'LR, CAM, COCAM, AM, COAM, USR, SP, CUR, REP, HD or OP')
    .option('--enterprise <kbo>', 'for LR, CAM, COCAM, SP and REP')
    .option('--quality <id>', 'for AM, COAM, USR and CUR: id, or ENTERPRISE/TYPE')
    .option('--capacity <capacity>', 'employee, director, managing-director, manager, founder …')
    .option('--application <code[:role]>', 'for users: what they may open (repeatable)', repeated)
    .option('--court-order <text>', 'for a curator: the judgment')
    .option('--provider-kind <kind>', 'for SP: natural-person or legal-person')
    .option('--provider <kbo>', 'for SP: its enterprise number');
  addPersonOptions(command)
    .addHelpText('after', appointExamples)
    .action(async (options: AppointOptions) => {
      const { identity } = await frame.office();
      const { role, enterprise, quality, capacity, application = [] } = options;
      const done = await identity.roles.carryOut(operatorCaller(), {
        ...{
          act: 'appoint',
          role: role.toUpperCase(),
          person: await personWish(identity, options),
        },
        ...(enterprise === undefined ? {} : { enterprise }),
        ...(quality === undefined ? {} : { qualityId: await qualityNamed(identity, quality) }),
        ...(capacity === undefined ? {} : { capacity }),
        applications: application.map(applicationWish),
        facts: factsOf(options),
      });
      show(frame, done);
    });
}

function applicationWish(text: string): ApplicationWish {
  const [application = '', role] = text.split(':');
  return role === undefined ? { application } : { application, role };
}

function factsOf({ courtOrder, providerKind, provider }: AppointOptions): Record<string, string> {
  return {
    ...(courtOrder === undefined ? {} : { courtOrder }),
    ...(providerKind === undefined ? {} : { kind: providerKind }),
    ...(provider === undefined ? {} : { provider }),
  };
}

function show(frame: CommandFrame, { person, assignment, isNew }: Done): void {
  frame.out.json({ person, role: assignment, isNew });
  const { role, state, enterprise } = assignment;
  const where = enterprise === undefined ? '' : ` of ${enterprise}`;
  frame.out.print(`${person.username}: ${role}${where} is ${state} (${assignment.id})`);
  if (isNew) frame.out.print(`the code of the first login goes to ${person.email ?? '-'}`);
}

function registerList(group: Command, frame: CommandFrame): void {
  group
    .command('list')
    .description('the roles of a person')
    .requiredOption('--person <who>', 'user name or id')
    .action(async ({ person }: { readonly person: string }) => {
      const { identity } = await frame.office();
      const { personId } = await personNamed(identity, person);
      const { roles } = await identity.people.show(operatorCaller(), personId);
      frame.out.json(roles);
      frame.out.table(['role', 'state', 'enterprise', 'capacity', 'role id'], roles.map(roleRow));
    });
}

interface StateOptions {
  readonly successor?: string;
  readonly capacity?: string;
  readonly suspendQuality?: boolean;
}

function registerStates(group: Command, frame: CommandFrame): void {
  for (const [act, says] of [
    ['block', 'ends the sessions of the role and lets nobody in with it'],
    ['unblock', 'lets the person in again'],
    ['delete', 'for good; an access manager needs a successor, or his quality is suspended'],
  ] as const) {
    const command = group.command(act).description(says).argument('<role-id>', 'as lists show it');
    if (act === 'delete') {
      command
        .option('--successor <who>', 'user name or id of the next access manager')
        .option('--capacity <capacity>', 'in what capacity he holds the role')
        .option('--suspend-quality', 'nobody works in the quality until one is appointed');
    }
    command.action(async (assignmentId: string, options: StateOptions) => {
      const { identity } = await frame.office();
      const { successor, capacity = '', suspendQuality = false } = options;
      const change: StateChange = {
        ...{ act, assignmentId, suspendQuality },
        ...(successor === undefined
          ? {}
          : { successor: { person: await personWish(identity, { person: successor }), capacity } }),
      };
      const done = await identity.roles.carryOut(operatorCaller(), change);
      show(frame, done);
    });
  }
}

const appointExamples = `
Examples:
  $ sluis role appoint --role CAM --enterprise 0206731645 --capacity founder --insz-stdin \\
      --username janpeeters --last-name Peeters --first-name Jan --language nl --email jan@example.org
  $ sluis role appoint --role USR --quality 0206731645/employer --capacity employee \\
      --person elssmet01 --application contributions --application batches:consult
  $ sluis role appoint --role HD --username helpdesk1 --last-name Smet --first-name Els \\
      --language nl --email els@example.org`;
