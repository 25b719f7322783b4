import type { PersonShown } from '../people/people.ts';
import type { RoleRecord } from '../people/person.ts';
import { roleNames } from '../people/role-names.ts';
import type { Letters, SignInStore, Transaction } from './ports.ts';
import type { SignInRules } from './tools.ts';

/** Tells somebody who has a login already that he was given a role. */
export async function tellOfRole(
  tools: {
    readonly store: SignInStore;
    readonly letters: Letters;
    readonly rules: Pick<SignInRules, 'portalUrl'>;
  },
  o: { readonly person: PersonShown; readonly assignment: RoleRecord },
  trx: Transaction,
): Promise<void> {
  const { email: to, language, firstName, lastName, username } = o.person;
  if (to === undefined) return;
  const { id, personId, role, validFrom, enterprise } = o.assignment;
  const held = await tools.store.persons.assignments(personId, validFrom);
  const place = held.find((one) => one.id === id);
  const where = [place?.enterpriseName, enterprise, place?.qualityType];
  await tools.letters.send(
    {
      ...{ template: 'role-given', to, language },
      data: {
        ...{ name: `${firstName} ${lastName}`, username, role: roleNames[role][language] },
        where: where.filter((one) => one !== undefined).join(', '),
        address: tools.rules.portalUrl ?? '',
      },
    },
    trx,
  );
}
