import { Failure, parseSenderNumber } from '../vocabulary/index.ts';
import type { Clock, Environment, SenderNumber } from '../vocabulary/index.ts';
import { openings } from './channels/openings.ts';
import type { ChannelName } from './channels/ports.ts';
import { enterpriseNumber } from './enterprises.ts';
import { isQuality, qualities } from './qualities.ts';
import { oneLine } from './text.ts';
import type { Quality } from './qualities.ts';
import type { IdentityJournal, SenderProfile, SenderRecord, SenderStore } from './ports.ts';

const typesMax = 100;
const environments: readonly Environment[] = ['R', 'T', 'S'];

/** The sender directory: one sender number per quality of an enterprise. */
export interface Senders {
  /**
   * Registers a sender number. Without types every type is allowed, without environments all three.
   * The channels named are in production at once: SFTP, unless the act says otherwise.
   *
   * @throws Failure `registration.invalid`, `registration.exists` (the number, or the quality of this
   * enterprise, has one already), `registration.unknown` (the enterprise)
   */
  register(o: {
    readonly number: string;
    readonly enterprise: string;
    readonly quality: string;
    readonly types?: readonly string[];
    readonly environments?: readonly string[];
    readonly profile?: Partial<SenderProfile>;
    readonly channels?: readonly ChannelName[];
    readonly by: string;
  }): Promise<SenderRecord>;
  senderOf(number: string): Promise<SenderRecord | undefined>;
  list(o: { readonly after?: string; readonly max: number }): Promise<readonly SenderRecord[]>;
}

/** Whether the sender may exchange this type in this environment (reception check 12). */
export function mayExchange(
  sender: SenderRecord,
  o: { readonly type: string; readonly environment: string },
): boolean {
  const everyType = sender.types.length === 0;
  return (
    sender.state === 'active' &&
    sender.open &&
    (everyType || sender.types.includes(o.type)) &&
    sender.environments.some((environment) => environment === o.environment)
  );
}

export function openSenders(o: {
  readonly store: SenderStore;
  readonly journal: IdentityJournal;
  readonly clock: Clock;
}): Senders {
  const { store, journal, clock } = o;
  return {
    async register(wish) {
      const record: SenderRecord = {
        number: senderNumber(wish.number),
        enterprise: enterpriseNumber(wish.enterprise),
        quality: qualityOf(wish.quality),
        types: typesOf(wish.types ?? []),
        environments: environmentsOf(wish.environments ?? environments),
        profile: { allErrors: false, zippedAnswers: false, ...wish.profile },
        state: 'active',
        open: true,
        createdAt: clock.now(),
      };
      const at = record.createdAt;
      const opened = (wish.channels ?? ['sftp']).flatMap((channel) =>
        openings(record, channel, { by: wish.by, at }),
      );
      const outcome = await store.insert(record, opened);
      if (outcome !== 'done') throw refusal(outcome, record);
      await journal.record({
        level: 'info',
        code: 'identity.sender-registered',
        sender: record.number,
        facts: { operator: wish.by, enterprise: record.enterprise, quality: record.quality },
      });
      return record;
    },
    async senderOf(number) {
      const parsed = parseSenderNumber(number);
      return parsed === undefined ? undefined : store.find(parsed);
    },
    list: (page) => store.list(page),
  };
}

function refusal(
  outcome: 'exists' | 'quality-taken' | 'enterprise-unknown',
  record: SenderRecord,
): Failure {
  const { number, enterprise, quality } = record;
  if (outcome === 'enterprise-unknown') {
    return new Failure('registration.unknown', { what: 'enterprise', enterprise });
  }
  if (outcome === 'exists') {
    return new Failure('registration.exists', { what: 'sender number', sender: number });
  }
  return new Failure('registration.exists', {
    what: 'sender number of the quality',
    enterprise,
    quality,
    why: 'an enterprise has one sender number per quality',
  });
}

/** @throws Failure `registration.invalid` */
export function senderNumber(text: string): SenderNumber {
  const number = parseSenderNumber(text);
  if (number !== undefined) return number;
  throw new Failure('registration.invalid', {
    what: 'sender number',
    value: oneLine(text),
    why: 'six digits are expected, 000001 to 999998',
  });
}

function qualityOf(text: string): Quality {
  if (isQuality(text)) return text;
  throw new Failure('registration.invalid', {
    what: 'quality',
    value: oneLine(text),
    why: `one of these is expected: ${qualities.join(', ')}`,
  });
}

function typesOf(texts: readonly string[]): readonly string[] {
  const types = [...new Set(texts.map((text) => text.toUpperCase()))].sort();
  const wrong = types.find((type) => !/^[A-Z]{4}$/.test(type));
  if (wrong === undefined && types.length <= typesMax) return types;
  throw new Failure('registration.invalid', {
    what: 'message type',
    value: oneLine(wrong ?? ''),
    why: 'a type has four letters, such as MEDC',
  });
}

function environmentsOf(texts: readonly string[]): readonly Environment[] {
  const wrong = texts.find((text) => !environments.some((known) => known === text));
  if (wrong === undefined && texts.length > 0) {
    return environments.filter((known) => texts.includes(known));
  }
  throw new Failure('registration.invalid', {
    what: 'environment',
    value: oneLine(wrong ?? ''),
    why: 'R (production), T (circuit test) and S (simulation) exist',
  });
}
