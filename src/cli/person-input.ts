import { Failure } from '../vocabulary/index.ts';
import type { Command } from 'commander';
import type { Caller, Identity, PersonWish } from '../identity/index.ts';
import { operator } from './operator.ts';
import { secretInput, type SecretInput } from './secret-input.ts';

/** The person at the command line, as the matrix and the audit trail know him. */
export function operatorCaller(): Caller {
  return { name: operator(), role: 'operator', source: 'cli', language: 'en' };
}

/** How a new person, or one who is there, is named on a command line. */
export interface PersonOptions {
  readonly person?: string;
  readonly inszStdin?: boolean;
  readonly username?: string;
  readonly lastName?: string;
  readonly firstName?: string;
  readonly title?: string;
  readonly language?: string;
  readonly email?: string;
}

/** A national number never stands on a command line, where every process could read it. */
export function addPersonOptions(command: Command): Command {
  return command
    .option('--person <who>', 'somebody who is registered: user name or id')
    .option('--insz-stdin', 'reads the national number of a new person from stdin')
    .option('--username <name>', 'of a new person: 8 to 30 digits and letters a-z')
    .option('--last-name <name>', 'of a new person')
    .option('--first-name <name>', 'of a new person')
    .option('--title <title>', 'of a new person')
    .option('--language <code>', 'nl, fr, de or en')
    .option('--email <address>', 'where the code of the first login goes');
}

/**
 * The person meant.
 *
 * @throws Failure `registration.unknown`, `cli.usage` (no national number came in)
 */
export async function personWish(
  identity: Identity,
  options: PersonOptions,
  input: SecretInput = secretInput(),
): Promise<PersonWish> {
  if (options.person !== undefined) {
    return { personId: (await personNamed(identity, options.person)).personId };
  }
  const { lastName = '', firstName = '', language = '', username, title, email } = options;
  const insz = options.inszStdin === true ? await input.line('the national number') : undefined;
  return {
    ...{ lastName, firstName, language },
    ...(insz === undefined ? {} : { insz }),
    ...(username === undefined ? {} : { username }),
    ...(title === undefined ? {} : { title }),
    ...(email === undefined ? {} : { email }),
  };
}

/** @throws Failure `registration.unknown` */
export async function personNamed(
  { people }: Identity,
  who: string,
): Promise<{ readonly personId: string; readonly username: string }> {
  const { person } = await people.show(operatorCaller(), who);
  return { personId: person.id, username: person.username };
}

/**
 * A quality by its id, or as `ENTERPRISE/TYPE`.
 *
 * @throws Failure `registration.unknown`
 */
export async function qualityNamed({ qualities }: Identity, text: string): Promise<string> {
  const [enterprise, type] = text.split('/');
  if (type === undefined) return text;
  const list = await qualities.list(operatorCaller(), enterprise);
  const found = list.find((quality) => quality.type === type);
  if (found === undefined) throw new Failure('registration.unknown', { what: 'quality' });
  return found.id;
}
