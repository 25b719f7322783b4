import { brokerPlaceOf, managementOf } from './broker-place.ts';
import {
  amqpBrokerSteps,
  loginSteps,
  sftpInletSteps,
  sftpRemoteSteps,
  testConnection,
  type ConnectionStep,
  type ConnectionStepReport,
  type JudgedLogin,
  type LoginWatch,
} from './channels/index.ts';
import type { Office } from './compose.ts';
import type { RecordedEvent } from './operations/index.ts';
import { partnerRegister } from './partner-register.ts';
import { Failure } from './vocabulary/index.ts';

/** How one kind of channel is tested, with values that need not be stored. */
export interface ConnectionTest {
  readonly channel: string;
  /** The values it asks for, each with what it is: for a form, and for `--set name=value`. */
  readonly values: Readonly<Record<string, string>>;
  steps(office: Office, values: Readonly<Record<string, string>>): readonly ConnectionStep[];
}

const sftp: ConnectionTest = {
  channel: 'sftp',
  values: {
    username: 'the technical user who is about to connect',
    host: 'address of the SFTP server (default: as in the settings)',
    port: 'its port (default: as in the settings)',
  },
  steps: (office, { username = '', host, port }) =>
    sftpInletSteps({
      host: host ?? office.settings.sftpHost,
      port: port === undefined ? office.settings.sftpPort : portOf(port),
      watch: loginWatch(office, username),
    }),
};

const sftpRemote: ConnectionTest = {
  channel: 'sftp-remote',
  values: {
    partner: 'a registered partner, whose login is used',
    host: 'another address than the registered one',
    port: 'another port',
    hostKey: 'another fingerprint, SHA256:…',
  },
  steps: (office, { partner = '', host, port, hostKey }) =>
    sftpRemoteSteps(async () => {
      const register = await partnerRegister(office);
      const { partner: known, ...address } = await register.addressOf(partner);
      return {
        ...address,
        ...(host === undefined ? {} : { host }),
        ...(port === undefined ? {} : { port: portOf(port) }),
        ...(hostKey === undefined ? {} : { hostKeys: [hostKey] }),
        ...{ pull: known.pull, push: known.push },
      };
    }),
};

const amqp: ConnectionTest = {
  channel: 'amqp',
  values: {
    username:
      'a technical user whose first login is waited for (default: only the broker is tested)',
    url: 'amqp(s)://USER:PASSWORD@HOST:PORT/VHOST of the broker (default: as in the settings)',
    managementUrl: 'its management API (default: as in the settings)',
    ca: 'PEM file with the authority of its certificate (default: as in the settings)',
  },
  steps: (office, { username, url, managementUrl, ca }) => {
    const { settings } = office;
    const broker = amqpBrokerSteps(() => {
      const place = brokerPlaceOf({
        amqpUrl: url === undefined ? settings.amqpUrl : brokerUrl(url),
        amqpManagementUrl:
          managementUrl ?? (url === undefined ? settings.amqpManagementUrl : undefined),
        amqpCa: ca ?? settings.amqpCa,
      });
      if (place !== undefined) return { ...place, management: managementOf(place) };
      throw new Failure('registration.invalid', { why: 'no broker is set, and no url was given' });
    });
    if (username === undefined) return broker;
    return [...broker, ...loginSteps(loginWatch(office, username))];
  },
};

/** Every kind of channel that can be tested. A new one is a line here. */
export const connectionTests: readonly ConnectionTest[] = [sftp, amqp, sftpRemote];

/**
 * Tests a channel with the values given, step by step; nothing is stored.
 *
 * @throws Failure `registration.invalid` for a channel that has no test, or a value it does not know
 */
export function testChannel(
  office: Office,
  o: { readonly channel: string; readonly values: Readonly<Record<string, string>> },
  signal: AbortSignal,
): AsyncGenerator<ConnectionStepReport, void, undefined> {
  const test = connectionTests.find(({ channel }) => channel === o.channel);
  if (test === undefined) {
    const known = connectionTests.map(({ channel }) => channel).join(', ');
    const why = `these can be tested: ${known}`;
    throw new Failure('registration.invalid', { what: 'channel', value: o.channel, why });
  }
  const unknown = Object.keys(o.values).find((name) => !(name in test.values));
  if (unknown !== undefined) {
    const why = `these are known: ${Object.keys(test.values).join(', ')}`;
    throw new Failure('registration.invalid', { what: 'value', value: unknown, why });
  }
  return testConnection(test.steps(office, o.values), signal);
}

function brokerUrl(text: string): string {
  if (/^amqps?:\/\//.test(text) && URL.canParse(text)) return text;
  // The value holds a password, and is not repeated.
  throw new Failure('registration.invalid', { what: 'url', why: 'amqp://… or amqps://…' });
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port < 65_536) return port;
  throw new Failure('registration.invalid', { what: 'port', value: text, why: '1 to 65535' });
}

function loginWatch({ identity, journal }: Office, username: string): LoginWatch {
  return {
    async account() {
      const account = await identity.logins.accountFor(username);
      if (account === undefined) return undefined;
      const user = await identity.technicalUsers.find(username);
      const keys = account.keys.length + account.certificateAuthorities.length;
      return { blocked: account.blocked, keys, hasPassword: user?.hasPassword ?? false };
    },
    async logins(signal) {
      const [last] = (await journal.read({ newest: 1 })).slice(-1);
      const filter = { username: username.toLowerCase(), afterId: last?.id ?? 0 };
      return judged(journal.follow(filter, signal));
    },
  };
}

async function* judged(events: AsyncIterable<RecordedEvent>): AsyncGenerator<JudgedLogin> {
  for await (const { code, facts, source = 'an unknown address' } of events) {
    const outcome = outcomeOf(code);
    if (outcome === undefined) continue;
    yield { outcome, reason: String(facts?.['reason'] ?? ''), source };
  }
}

function outcomeOf(code: string): 'accepted' | 'refused' | undefined {
  if (code === 'identity.login-accepted') return 'accepted';
  return code === 'identity.login-refused' ? 'refused' : undefined;
}
