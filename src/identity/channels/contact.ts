import { Failure } from '../../vocabulary/index.ts';
import { oneLine } from '../text.ts';
import type { Contact } from './ports.ts';

const nameCharactersMax = 100;
/** RFC 5321 allows a path of 256 octets, its brackets included. */
const emailCharactersMax = 254;

/**
 * Reads the contact of a sender: one person, for people to write to and to call.
 *
 * @throws Failure `registration.invalid`
 */
export function readContact(o: {
  readonly name: string;
  readonly email: string;
  readonly phone?: string;
}): Contact {
  const name = o.name.trim().normalize('NFC');
  if (name === '' || name.length > nameCharactersMax || /\p{C}/u.test(name)) {
    throw invalid('name', o.name, `1 to ${String(nameCharactersMax)} characters on one line`);
  }
  const email = o.email.trim();
  if (
    email.length > emailCharactersMax ||
    !/^[^\s@<>,;:"\p{C}]+@[\w-]+(?:\.[\w-]+)+$/u.test(email)
  ) {
    throw invalid('e-mail address', o.email, 'one address, such as batch@example.be');
  }
  const phone = o.phone?.replaceAll(/[\s()./-]/g, '');
  if (phone === undefined || phone === '') return { name, email };
  if (!/^\+?\d{6,15}$/.test(phone)) {
    throw invalid('telephone number', o.phone ?? '', '6 to 15 digits, + first for another country');
  }
  return { name, email, phone };
}

function invalid(what: string, value: string, why: string): Failure {
  return new Failure('registration.invalid', { what, value: oneLine(value), why });
}
