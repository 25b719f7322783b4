import {
  amqpSenders,
  loginCertificates,
  rememberedPublishers,
  trustList,
  type Publishers,
} from './amqp-accounts.ts';
import { brokerPlaceOf, managementOf, type BrokerPlace } from './broker-place.ts';
import { watchBrokerAccounts } from './broker-watch.ts';
import type { ChannelOpener } from './channel-openers.ts';
import {
  openAccess,
  openAmqpInlet,
  openAmqpOutlet,
  provisionedInlet,
  publisherOf,
  topologyLimits,
  type AccessPorts,
  type AmqpStore,
  type Inlet,
  type Management,
  type ProvisionedInlet,
} from './channels/index.ts';
import type { Office } from './compose.ts';
import { messageTypes } from './messages/index.ts';
import { startBrokerListener, type BrokerAnswers } from './portal/index.ts';
import { messageLanding, openLedger, openMailbox, takenMessages } from './storage/index.ts';
import { Failure, failureOf } from './vocabulary/index.ts';

/** Below this nothing is taken from the broker, where messages are as safe as here. */
const freeBytesMin = 256 * 1024 ** 2;

/** AMQP: sets come in by senders' queues, answers and events go out by others. */
export const amqpChannel: ChannelOpener = {
  role: 'amqp',
  open(office, { nodeId }) {
    const place = brokerPlaceOf(office.settings);
    if (place === undefined) return Promise.resolve(undefined);
    if (office.settings.amqpTrustStore && office.settings.amqpCertificates) {
      throw new Failure('settings.invalid', {
        SLUIS_AMQP_TRUST_STORE: 'a list proves no key: SLUIS_AMQP_CERTIFICATES has to be no',
      });
    }
    const access: AccessPorts = {
      logins: office.identity.logins,
      certificates: loginCertificates(office),
      trustsCertificates: office.settings.amqpCertificates,
      hears: (sender) => office.identity.channels.hears({ sender, channel: 'amqp' }),
    };
    const broker = managementOf(place);
    const outlet = openAmqpOutlet({
      ...addressOf(place),
      answers: office.settings.amqpAnswers,
      failed: (error) => {
        office.log.warn('amqp.outlet-disconnected', { error });
      },
    });
    const publishers = rememberedPublishers((userId) => publisherOf(access, userId));
    const parts = { place, broker, access, publishers };
    const inlet = inletOf(office, { ...parts, nodeId });
    const guarded = guardedInlet(office, { ...parts, inlet });
    return Promise.resolve({ name: 'amqp', code: 6, inlet: guarded, outlet, events: outlet });
  },
};

function addressOf({ url, ca }: BrokerPlace): { readonly url: string; readonly ca?: string } {
  return ca === undefined ? { url } : { url, ca };
}

interface Parts {
  readonly place: BrokerPlace;
  readonly broker: Management;
  readonly access: AccessPorts;
  readonly publishers: Publishers;
}

function inletOf(office: Office, o: Parts & { readonly nodeId: string }): ProvisionedInlet {
  const { settings, journal, log } = office;
  const { host, port, vhost } = o.place;
  return provisionedInlet({
    inlet: openAmqpInlet({
      ...addressOf(o.place),
      store: storeOf(office, o.nodeId),
      logins: o.publishers,
      identifies: (type, identification) =>
        messageTypes.get(type)?.identifications.includes(identification) ?? true,
      journal,
      facts: { host, port, vhost },
      limits: { prefetch: settings.amqpPrefetch, bodyBytesMax: settings.amqpMessageBytesMax },
    }),
    broker: o.broker,
    limits: { ...topologyLimits, queueBytesMax: settings.amqpQueueBytesMax },
    senders: () => amqpSenders(office),
    journal,
    failed: (error) => {
      log.warn('amqp.not-provisioned', { reason: failureOf(error).code, error });
    },
  });
}

function storeOf(office: Office, nodeId: string): AmqpStore {
  const { database, blobs, clock, settings } = office;
  const { knex } = database;
  const { fileBytesMax } = settings;
  const parts = { blobs, clock, fileBytesMax, nodeId, knex, channel: 'amqp' };
  const ledger = openLedger({ database, nodeId, recorded: () => undefined });
  return {
    messages: takenMessages({ knex, ledger, clock }),
    land: messageLanding(parts),
    async isWaiting(account, directory, name) {
      return (await openMailbox({ ...parts, account }).stat(directory, name)) !== undefined;
    },
    async isReady() {
      try {
        await database.ping();
        const probe = await blobs.spool.create();
        await probe.write({ at: 0, data: Buffer.from('probe') });
        await probe.discard();
        return (await blobs.freeBytes()) >= freeBytesMin;
      } catch {
        // Whatever is wrong with it: it cannot take files now, and is asked again.
        return false;
      }
    },
  };
}

/** The inlet with what has to stand around it: the broker's questions, and the watch on accounts. */
function guardedInlet(office: Office, o: Parts & { readonly inlet: ProvisionedInlet }): Inlet {
  const { inlet, broker, access } = o;
  const questions = openAccess(access, o.place.vhost);
  const gatewayUser = decodeURIComponent(new URL(o.place.url).username);
  const running: { stop(): Promise<void> }[] = [];
  return {
    async start() {
      running.push(await startQuestions(office, { questions, access }));
      running.push(
        await watchBrokerAccounts(office, {
          broker,
          mayStay: async (username) =>
            username === gatewayUser || (await questions.vhost({ username, vhost: o.place.vhost })),
          changed: () => {
            o.publishers.forget();
            inlet.wake();
          },
        }),
      );
      running.push({ stop: () => inlet.stop({ drainMs: office.settings.drainMs }) });
      return inlet.start();
    },
    async stop() {
      for (const part of running.reverse()) await part.stop();
    },
  };
}

async function startQuestions(
  { settings, log, clock }: Office,
  { questions, access }: { readonly questions: BrokerAnswers; readonly access: AccessPorts },
): Promise<{ stop(): Promise<void> }> {
  const { amqpAuthHost: host, amqpAuthPort: port, amqpAuthSecret: secret } = settings;
  if (secret === undefined) {
    log.warn('amqp.no-questions', { says: 'SLUIS_AMQP_AUTH_SECRET is not set' });
    return { stop: () => Promise.resolve() };
  }
  const listener = await startBrokerListener({
    ...{ host, port, secret, answers: questions },
    ...(settings.amqpTrustStore
      ? { certificates: await trustList(() => access.certificates(), clock) }
      : {}),
    onDefect: (error) => {
      log.error('amqp.question-failed', { reason: failureOf(error).code, error });
    },
  });
  return { stop: () => listener.close() };
}
