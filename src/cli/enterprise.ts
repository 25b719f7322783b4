import type { EnterpriseRecord } from '../identity/index.ts';
import { registerEnterpriseAccess } from './enterprise-access.ts';
import { operator } from './operator.ts';
import type { RegisterCommand } from './frame.ts';

const rowsMax = 10_000;

interface AddOptions {
  readonly number: string;
  readonly nsso?: string;
  readonly name: string;
  readonly country: string;
}

/** `sluis enterprise`: the register of enterprises. */
export const registerEnterprise: RegisterCommand = (program, frame) => {
  const group = program
    .command('enterprise')
    .description('enterprises that send, or that others speak for');

  group
    .command('add')
    .description('registers an enterprise')
    .requiredOption('--number <kbo>', 'enterprise number, ten digits')
    .option('--nsso <number>', 'NSSO registration number')
    .requiredOption('--name <name>', 'name')
    .option('--country <code>', 'country of establishment, two letters', 'BE')
    .addHelpText('after', addExamples)
    .action(async (options: AddOptions) => {
      const { identity } = await frame.office();
      const { number, nsso, name, country } = options;
      const record = await identity.enterprises.register({
        ...{ number, name, country, by: operator() },
        ...(nsso === undefined ? {} : { nsso }),
      });
      frame.out.json(shown(record));
      frame.out.print(`enterprise ${record.number} registered: ${record.name ?? ''}`);
    });

  group
    .command('list')
    .description('enterprises by number, at most 10,000 after the one given')
    .option('--after <kbo>', 'continues after this number')
    .action(async ({ after }: { readonly after?: string }) => {
      const { identity } = await frame.office();
      const page = after === undefined ? { max: rowsMax } : { after, max: rowsMax };
      const records = await identity.enterprises.list(page);
      frame.out.json(records.map(shown));
      frame.out.table(
        ['number', 'nsso', 'country', 'name'],
        records.map(({ number, nsso, country, name }) => [
          number,
          nsso ?? '-',
          country,
          name ?? '(known by number only)',
        ]),
      );
    });
  registerEnterpriseAccess(group, frame);
};

function shown(record: EnterpriseRecord): Record<string, unknown> {
  const { number, nsso, name, country, registeredAt } = record;
  return { number, nsso: nsso ?? null, name: name ?? null, country, registeredAt };
}

const addExamples = `
Examples:
  $ sluis enterprise add --number 0206731645 --name "Example Secretariat"
  $ sluis enterprise add --number 0206731645 --nsso 100006 --name Example --country BE --json`;
