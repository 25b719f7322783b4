import { Failure, parseEnterpriseNumber, parseNssoNumber } from '../vocabulary/index.ts';
import type { Clock, EnterpriseNumber, NssoNumber } from '../vocabulary/index.ts';
import { oneLine } from './text.ts';
import type { EnterpriseRecord, EnterpriseStore, IdentityJournal } from './ports.ts';

export const lookUpNumbersMax = 10_000;

/** The register of enterprises: those that send, and those that are spoken for. */
export interface Enterprises {
  /**
   * Registers an enterprise, or fills in one that so far was known by number only.
   *
   * @throws Failure `registration.invalid` for a number, name or country that cannot be one,
   * `registration.exists` when the enterprise, or another with the NSSO number, is there already
   */
  register(o: {
    readonly number: string;
    readonly nsso?: string;
    readonly name: string;
    readonly country?: string;
    readonly by: string;
  }): Promise<EnterpriseRecord>;
  /** Registers numbers not known yet, without names (mandators); gives how many were new. */
  registerNumbers(o: {
    readonly numbers: readonly EnterpriseNumber[];
    readonly by: string;
  }): Promise<number>;
  find(number: string): Promise<EnterpriseRecord | undefined>;
  /** Which of the numbers are registered; one query, at most 10,000 numbers a call. */
  known(numbers: readonly string[]): Promise<ReadonlySet<string>>;
  /** The enterprises behind NSSO numbers (nine or ten digits); one query, at most 10,000 a call. */
  byNsso(numbers: readonly string[]): Promise<ReadonlyMap<string, EnterpriseNumber>>;
  /** Ordered by number, after the one given. */
  list(o: { readonly after?: string; readonly max: number }): Promise<readonly EnterpriseRecord[]>;
}

export function openEnterprises(o: {
  readonly store: EnterpriseStore;
  readonly journal: IdentityJournal;
  readonly clock: Clock;
}): Enterprises {
  const { store, journal, clock } = o;
  return {
    async register(wish) {
      const record: EnterpriseRecord = {
        number: enterpriseNumber(wish.number),
        name: nameOf(wish.name),
        country: countryOf(wish.country ?? 'BE'),
        ...(wish.nsso === undefined ? {} : { nsso: nssoNumber(wish.nsso) }),
        registeredAt: clock.now(),
      };
      let outcome = await store.insert(record);
      if (outcome === 'exists') outcome = await store.complete(record);
      if (outcome !== 'done') throw taken(outcome, record);
      await journal.record({
        level: 'info',
        code: 'identity.enterprise-registered',
        facts: { operator: wish.by, enterprise: record.number },
      });
      return record;
    },
    async registerNumbers({ numbers, by }) {
      const added = await store.insertNumbers(numbers, clock.now());
      if (added > 0) {
        await journal.record({
          level: 'info',
          code: 'identity.enterprises-registered-by-number',
          facts: { operator: by, count: added },
        });
      }
      return added;
    },
    async find(number) {
      const parsed = parseEnterpriseNumber(number);
      return parsed === undefined ? undefined : store.find(parsed);
    },
    known: (numbers) => store.known(bounded(numbers)),
    async byNsso(numbers) {
      const rows = await store.byNsso(bounded(numbers).map((text) => text.padStart(9, '0')));
      return new Map(
        rows.flatMap((row) => (row.nsso === undefined ? [] : [[row.nsso, row.number]])),
      );
    },
    list: (page) => store.list(page),
  };
}

function taken(outcome: 'exists' | 'nsso-taken', record: EnterpriseRecord): Failure {
  return outcome === 'exists'
    ? new Failure('registration.exists', { what: 'enterprise', enterprise: record.number })
    : new Failure('registration.exists', {
        what: 'NSSO number',
        nsso: record.nsso ?? '',
        why: 'another enterprise has this NSSO number',
      });
}

function bounded(numbers: readonly string[]): readonly string[] {
  if (numbers.length > lookUpNumbersMax) throw new RangeError('too many numbers for one look-up');
  return numbers;
}

/** @throws Failure `registration.invalid` */
export function enterpriseNumber(text: string): EnterpriseNumber {
  const number = parseEnterpriseNumber(text);
  if (number !== undefined) return number;
  throw new Failure('registration.invalid', {
    what: 'enterprise number',
    value: oneLine(text),
    why: 'ten digits are expected, the last two being the check digits',
  });
}

function nssoNumber(text: string): NssoNumber {
  const number = parseNssoNumber(text);
  if (number !== undefined) return number;
  throw new Failure('registration.invalid', {
    what: 'NSSO number',
    value: oneLine(text),
    why: 'the check digits do not fit, or it is out of range',
  });
}

const nameCharactersMax = 200;

function nameOf(text: string): string {
  const name = text.normalize('NFC').trim();
  if (name !== '' && name.length <= nameCharactersMax && !/\p{Cc}/u.test(name)) return name;
  throw new Failure('registration.invalid', {
    what: 'name',
    why: `a name has 1 to ${nameCharactersMax} characters on one line`,
  });
}

function countryOf(text: string): string {
  const country = text.toUpperCase();
  if (/^[A-Z]{2}$/.test(country)) return country;
  throw new Failure('registration.invalid', {
    what: 'country',
    value: oneLine(text),
    why: 'two letters are expected, such as BE',
  });
}
