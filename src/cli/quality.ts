import type { Command } from 'commander';
import { Failure } from '../vocabulary/index.ts';
import type { QualityView } from '../identity/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { readQualityTypeFile } from './catalogue-file.ts';
import { repeated } from './named-file.ts';
import {
  addPersonOptions,
  operatorCaller,
  personWish,
  qualityNamed,
  type PersonOptions,
} from './person-input.ts';

/** `sluis quality`: what an enterprise may do, and who manages it. */
export const registerQuality: RegisterCommand = (program, frame) => {
  const group = program
    .command('quality')
    .description('qualities of enterprises, and their catalogue');
  registerCatalogue(group, frame);
  registerLists(group, frame);
  registerActivate(group, frame);
  registerChanges(group, frame);
};

function registerCatalogue(group: Command, frame: CommandFrame): void {
  group
    .command('types')
    .description('the catalogue, with the data that each type asks for')
    .action(async () => {
      const { identity } = await frame.office();
      const types = await identity.qualities.types();
      frame.out.json(types);
      frame.out.table(
        ['type', 'name', 'entitlement', 'data'],
        types.map(({ code, labels, needsEntitlement, fields }) => [
          ...[code, labels.en, needsEntitlement ? 'needed' : '-'],
          fields.map(({ name, required }) => (required ? `${name}*` : name)).join(', ') || '-',
        ]),
      );
    });
  group
    .command('add-type')
    .description('adds or replaces a type from a JSON file, as `types --json` writes one')
    .argument('<file>', 'one object')
    .action(async (file: string) => {
      const type = await readQualityTypeFile(file);
      const { identity } = await frame.office();
      await identity.qualities.saveType(operatorCaller(), type);
      frame.out.json(type);
      frame.out.print(`quality type ${type.code} saved`);
    });
}

function registerLists(group: Command, frame: CommandFrame): void {
  group
    .command('list')
    .description('the qualities of an enterprise with their access managers')
    .requiredOption('--enterprise <kbo>', 'enterprise number')
    .action(async ({ enterprise }: { readonly enterprise: string }) => {
      const { identity } = await frame.office();
      const list = await identity.qualities.list(operatorCaller(), enterprise);
      frame.out.json(list);
      frame.out.table(['type', 'state', 'access manager', 'e-mail', 'id'], list.map(row));
    });
  group
    .command('entitle')
    .description('lets an enterprise activate a type that needs it')
    .requiredOption('--enterprise <kbo>', 'enterprise number')
    .requiredOption('--type <code>', 'type of quality')
    .action(async (wish: { readonly enterprise: string; readonly type: string }) => {
      const { identity } = await frame.office();
      await identity.qualities.entitle(operatorCaller(), wish);
      frame.out.json({ ...wish, entitled: true });
      frame.out.print(`${wish.enterprise} may activate ${wish.type}`);
    });
}

function row({ type, state, manager, email, id }: QualityView): string[] {
  return [type, state, manager?.username ?? '-', email ?? '-', id];
}

interface ActivateOptions extends PersonOptions {
  readonly enterprise: string;
  readonly type: string;
  readonly qualityEmail?: string;
  readonly field?: readonly string[];
  readonly capacity: string;
}

function registerActivate(group: Command, frame: CommandFrame): void {
  const command = group
    .command('activate')
    .description('activates a quality and appoints its access manager')
    .requiredOption('--enterprise <kbo>', 'enterprise number')
    .requiredOption('--type <code>', 'type of quality')
    .requiredOption('--capacity <capacity>', 'of the access manager')
    .option('--quality-email <address>', 'address of the quality')
    .option('--field <name=value>', 'what the type asks for (repeatable)', repeated);
  addPersonOptions(command)
    .addHelpText('after', activateExamples)
    .action(async (options: ActivateOptions) => {
      const { identity } = await frame.office();
      const { enterprise, type, qualityEmail, field = [], capacity } = options;
      const view = await identity.qualities.activate(operatorCaller(), {
        ...{ enterprise, type, data: Object.fromEntries(field.map(pair)) },
        ...(qualityEmail === undefined ? {} : { email: qualityEmail }),
        manager: { person: await personWish(identity, options), capacity },
      });
      frame.out.json(view);
      frame.out.print(`quality ${type} of ${enterprise} is ${view.state} (${view.id})`);
    });
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new Failure('cli.usage', { field: text, expected: 'name=value' });
  return [text.slice(0, at), text.slice(at + 1)];
}

function registerChanges(group: Command, frame: CommandFrame): void {
  group
    .command('edit')
    .description('changes the e-mail of a quality')
    .argument('<quality>', 'id, or ENTERPRISE/TYPE')
    .requiredOption('--email <address>', 'an empty one takes it away')
    .action(async (quality: string, { email }: { readonly email: string }) => {
      const { identity } = await frame.office();
      const id = await qualityNamed(identity, quality);
      const view = await identity.qualities.edit(operatorCaller(), id, { email });
      frame.out.json(view);
      frame.out.print(`quality ${view.type} changed`);
    });
  group
    .command('suspend')
    .description('nobody works in it, and its channels are shut, until a manager is appointed')
    .argument('<quality>', 'id, or ENTERPRISE/TYPE')
    .action(async (quality: string) => {
      const { identity } = await frame.office();
      const id = await qualityNamed(identity, quality);
      const view = await identity.qualities.suspend(operatorCaller(), id);
      frame.out.json(view);
      frame.out.print(`quality ${view.type} is ${view.state}`);
    });
}

const activateExamples = `
Examples:
  $ sluis quality activate --enterprise 0206731645 --type employer --capacity founder \\
      --person janpeeters --quality-email access@example.org
  $ sluis quality activate --enterprise 0206731645 --type social-secretariat --capacity employee \\
      --person janpeeters --field recognitionNumber=970 --field recognisedOn=2001-01-01`;
