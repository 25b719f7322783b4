import type { Command } from 'commander';
import type { CommandFrame } from './frame.ts';
import {
  addPersonOptions,
  operatorCaller,
  personWish,
  type PersonOptions,
} from './person-input.ts';

interface AdmitOptions extends PersonOptions {
  readonly number: string;
  readonly name: string;
  readonly country: string;
}

/** `sluis enterprise admit|access|close`: the access of an enterprise as a whole. */
export function registerEnterpriseAccess(group: Command, frame: CommandFrame): void {
  const admit = group
    .command('admit')
    .description('registers an enterprise that its chief access manager will open by logging in')
    .requiredOption('--number <kbo>', 'enterprise number, ten digits')
    .requiredOption('--name <name>', 'name')
    .option('--country <code>', 'country of establishment, two letters', 'BE');
  addPersonOptions(admit).action(async (options: AdmitOptions) => {
    const { identity } = await frame.office();
    const { number, name, country } = options;
    const done = await identity.enterpriseAccess.admit(operatorCaller(), {
      ...{ number, name, country, representative: await personWish(identity, options) },
    });
    frame.out.json({ number, representative: done.person });
    frame.out.print(`enterprise ${number} admitted; ${done.person.username} represents it`);
  });
  group
    .command('access')
    .description('the state of an enterprise and its chief access manager')
    .argument('<kbo>', 'enterprise number')
    .action(async (number: string) => {
      const { identity } = await frame.office();
      const view = await identity.enterpriseAccess.show(operatorCaller(), number);
      frame.out.json(view);
      const { state, name, chiefAccessManager: cam } = view;
      frame.out.print(`${number} ${name ?? ''}: ${state}; ${cam?.username ?? 'no CAM'}`);
    });
  group
    .command('close')
    .description('ends its access for good: every login fails, every channel is cut; data stay')
    .argument('<kbo>', 'enterprise number')
    .action(async (number: string) => {
      const { identity } = await frame.office();
      const view = await identity.enterpriseAccess.close(operatorCaller(), number);
      frame.out.json(view);
      frame.out.print(`enterprise ${number} is ${view.state}`);
    });
}
