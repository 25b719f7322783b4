import type { Command } from 'commander';
import type { DocumentLine } from '../channels/index.ts';
import { openDocumentTypes } from '../ebox.ts';
import { eboxStore } from '../storage/index.ts';
import { Failure, parseEnterpriseNumber } from '../vocabulary/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';

const rowsMax = 500;

/** `sluis ebox`: where documents are and how they stand. What they say is for their readers alone. */
export const registerEbox: RegisterCommand = (program, frame) => {
  const group = program
    .command('ebox')
    .description('documents in e-Boxes: where they are and how they stand, never what they say');
  registerList(group, frame);
  registerShow(group, frame);
  registerTypes(group, frame);
};

interface ListOptions {
  readonly enterprise?: string;
  readonly quality?: string;
  readonly type?: string;
  readonly ticket?: string;
  readonly unread?: boolean;
  readonly deleted?: boolean;
}

function registerList(group: Command, frame: CommandFrame): void {
  group
    .command('list')
    .description(`documents, newest first; at most ${String(rowsMax)}`)
    .option('--enterprise <number>', 'of this enterprise')
    .option('--quality <type>', 'of this quality, such as employer')
    .option('--type <type>', 'of this type: see `sluis ebox types`')
    .option('--ticket <ticket>', 'of this batch or declaration')
    .option('--unread', 'that nobody has read yet')
    .option('--deleted', 'deleted ones too')
    .addHelpText('after', examples)
    .action(async ({ enterprise, deleted = false, ...rest }: ListOptions) => {
      const { database } = await frame.office();
      const documents = await eboxStore(database.knex).lines({
        ...{ ...rest, deletedToo: deleted, max: rowsMax },
        ...(enterprise === undefined ? {} : { enterprise: numberOf(enterprise) }),
      });
      frame.out.json(documents);
      frame.out.table(
        ['id', 'enterprise', 'quality', 'type', 'ticket', 'published', 'until', 'state'],
        documents.map(rowOf),
      );
      if (documents.length === 0) frame.out.print('no document');
    });
}

function numberOf(text: string): string {
  const number = parseEnterpriseNumber(text);
  if (number === undefined) throw new Failure('registration.invalid', { enterprise: text });
  return number;
}

function rowOf(one: DocumentLine): string[] {
  const { id, enterprise, quality, type, ticket, publishedAt, expiresOn } = one;
  const published = publishedAt.toISOString();
  return [id, enterprise, quality, type, ticket, published, expiresOn, stateOf(one)];
}

function stateOf({ deletedAt, read }: DocumentLine): string {
  if (deletedAt !== undefined) return 'deleted';
  return read ? 'read' : 'unread';
}

function registerShow(group: Command, frame: CommandFrame): void {
  group
    .command('show')
    .description('one document, without its title and its content')
    .argument('<id>', 'identifier of the document')
    .action(async (id: string) => {
      const { database } = await frame.office();
      const found = await eboxStore(database.knex).line(id);
      if (found === undefined) throw new Failure('registration.unknown', { what: 'document' });
      frame.out.json(found);
      const texts: readonly (readonly [string, string])[] = [
        ['enterprise', found.enterprise],
        ['quality', found.quality],
        ['type', found.type],
        ['parcel', found.delivery],
        ['environment', found.environment],
        ['protection', protectionOf(found)],
        ['partition', found.partition ?? 'general'],
        ['published', found.publishedAt.toISOString()],
        ['until', found.expiresOn],
        ['warned', found.warnedAt?.toISOString() ?? '-'],
        ['first read', found.firstReadAt?.toISOString() ?? '-'],
        ['deleted', found.deletedAt?.toISOString() ?? '-'],
        ['files', `${String(found.files)}, ${String(found.bytes)} bytes`],
      ];
      frame.out.print(`${found.id}, ${stateOf(found)}`);
      for (const [label, text] of texts) frame.out.print(`  ${label.padEnd(12)}${text}`);
    });
}

function protectionOf({ protection, application }: DocumentLine): string {
  return application === undefined ? String(protection) : `${String(protection)} (${application})`;
}

function registerTypes(group: Command, frame: CommandFrame): void {
  group
    .command('types')
    .description('types of documents, with their validity and their protection')
    .action(async () => {
      const types = await openDocumentTypes(frame.settings());
      frame.out.json({ ...types, ofParcel: undefined });
      frame.out.table(
        ['type', 'days', 'warned before', 'protection', 'application'],
        types.all.map(({ code, validityDays, warnDays, protection }) => [
          ...[code, String(validityDays), String(warnDays), String(protection.level)],
          protection.application ?? '-',
        ]),
      );
    });
}

const examples = `
Examples:
  $ sluis ebox list --enterprise 0206731645 --unread
  $ sluis ebox list --ticket S00000010001B --deleted
  $ sluis ebox show 0b2c…`;
