import { qualities } from '../identity/index.ts';
import { operator } from './operator.ts';
import type { SenderRecord } from '../identity/index.ts';
import type { RegisterCommand } from './frame.ts';

const rowsMax = 10_000;

interface AddOptions {
  readonly number: string;
  readonly enterprise: string;
  readonly quality: string;
  readonly types?: string;
  readonly environments?: string;
  readonly allErrors?: boolean;
  readonly zippedAnswers?: boolean;
}

/** `sluis sender`: the sender directory. */
export const registerSender: RegisterCommand = (program, frame) => {
  const group = program
    .command('sender')
    .description('sender numbers: one per quality of an enterprise');

  group
    .command('add')
    .description('registers the sender number of a quality; its channel is in production at once')
    .requiredOption('--number <number>', 'six digits')
    .requiredOption('--enterprise <kbo>', 'enterprise number')
    .requiredOption('--quality <quality>', qualities.join(', '))
    .option('--types <list>', 'message types, such as MEDC,DMFA (default: every type)')
    .option('--environments <list>', 'R production, T circuit test, S simulation (default: R,T,S)')
    .option('--all-errors', 'receipts list every error found instead of the first')
    .option('--zipped-answers', 'answers leave zipped')
    .addHelpText('after', addExamples)
    .action(async (options: AddOptions) => {
      const { identity } = await frame.office();
      const { number, enterprise, quality, types, environments } = options;
      const record = await identity.senders.register({
        ...{ number, enterprise, quality, by: operator() },
        ...(types === undefined ? {} : { types: listOf(types) }),
        ...(environments === undefined ? {} : { environments: listOf(environments) }),
        profile: {
          allErrors: options.allErrors ?? false,
          zippedAnswers: options.zippedAnswers ?? false,
        },
      });
      frame.out.json(record);
      frame.out.print(`sender ${record.number} registered: ${record.quality} of ${enterprise}`);
    });

  group
    .command('list')
    .description('sender numbers, at most 10,000 after the one given')
    .option('--after <number>', 'continues after this number')
    .action(async ({ after }: { readonly after?: string }) => {
      const { identity } = await frame.office();
      const page = after === undefined ? { max: rowsMax } : { after, max: rowsMax };
      const records = await identity.senders.list(page);
      frame.out.json(records);
      frame.out.table(
        ['number', 'enterprise', 'quality', 'types', 'environments', 'state', 'profile'],
        records.map(row),
      );
    });
};

function row(record: SenderRecord): string[] {
  const { number, enterprise, quality, types, environments, state, profile } = record;
  const wishes = [
    ...(profile.allErrors ? ['all errors'] : []),
    ...(profile.zippedAnswers ? ['zipped answers'] : []),
  ];
  return [
    ...[number, enterprise, quality, types.length === 0 ? 'every type' : types.join(',')],
    ...[environments.join(','), state, wishes.join(', ') || '-'],
  ];
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '');
}

const addExamples = `
Examples:
  $ sluis sender add --number 123456 --enterprise 0206731645 --quality social-secretariat
  $ sluis sender add --number 123457 --enterprise 0206731645 --quality employer --types MEDC --environments T`;
