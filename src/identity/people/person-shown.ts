import { inszEnd } from '../../vocabulary/index.ts';
import type { PersonRecord } from './person.ts';
import type { PersonShown } from './people.ts';
import type { PeopleTools } from './tools.ts';

/** A person as others see one: of the national number only its end. */
export async function shownPerson(
  tools: PeopleTools,
  { inszSealed, ...person }: PersonRecord,
): Promise<PersonShown> {
  if (inszSealed === undefined) return person;
  const insz = (await tools.vault()).open(inszSealed, person.id);
  return { ...person, inszEnd: inszEnd(insz) };
}
