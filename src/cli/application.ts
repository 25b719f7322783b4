import type { UsableApplication } from '../identity/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { readApplicationFile } from './catalogue-file.ts';
import { operatorCaller } from './person-input.ts';

interface GrantOptions {
  readonly roleId: string;
  readonly application: string;
  readonly applicationRole?: string;
}

/** `sluis application`: secured applications, and who was ticked for them. */
export const registerApplication: RegisterCommand = (program, frame) => {
  const group = program
    .command('application')
    .description('secured applications, and who may open them');
  group
    .command('list')
    .description('the catalogue')
    .action(async () => {
      const { identity } = await frame.office();
      const catalogue = await identity.applications.catalogue();
      frame.out.json(catalogue);
      frame.out.table(
        ['code', 'name', 'roles', 'certificate', 'qualities'],
        catalogue.map(({ code, labels, roles, certificateRequired, qualityTypes }) => [
          ...[code, labels.en, roles.map((role) => role.code).join(', ') || '-'],
          ...[certificateRequired ? 'needed' : '-', qualityTypes.join(', ')],
        ]),
      );
    });
  group
    .command('save')
    .description('adds or replaces one from a JSON file, as `list --json` writes one')
    .argument('<file>', 'one object')
    .action(async (file: string) => {
      const application = await readApplicationFile(file);
      const { identity } = await frame.office();
      await identity.applications.save(operatorCaller(), application);
      frame.out.json(application);
      frame.out.print(`application ${application.code} saved`);
    });
  group
    .command('rights')
    .description('what a role opens')
    .argument('<role-id>', 'as `person show` lists it')
    .action(async (roleId: string) => {
      const { identity } = await frame.office();
      show(frame, await identity.applications.rightsOf(operatorCaller(), roleId));
    });
  for (const [verb, says] of [
    ['grant', 'ticks a user for an application; it opens at once'],
    ['withdraw', 'takes it away; it is shut at the next request'],
  ] as const) {
    group
      .command(verb)
      .description(says)
      .requiredOption('--role-id <id>', 'as `person show` lists it')
      .requiredOption('--application <code>', 'application')
      .option('--application-role <code>', 'role within the application')
      .action(async ({ roleId, application, applicationRole }: GrantOptions) => {
        const { identity } = await frame.office();
        const rights = await identity.applications[verb](operatorCaller(), {
          ...{ assignmentId: roleId, application },
          ...(applicationRole === undefined ? {} : { role: applicationRole }),
        });
        show(frame, rights);
      });
  }
};

function show(frame: CommandFrame, rights: readonly UsableApplication[]): void {
  frame.out.json(rights);
  frame.out.table(
    ['application', 'roles', 'by'],
    rights.map(({ code, roles, by, grantedBy }) => [
      ...[code, roles.map((role) => role.code).join(', ') || '-', grantedBy ?? by],
    ]),
  );
}
