import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import amqp from 'amqplib';
import { amqpChannel } from '../../../src/amqp-channel.ts';
import { systemClock } from '../../../src/vocabulary/index.ts';
import { amqpSettings, provisioned, switchOn } from '../../make/amqp.ts';
import { anExchange, eventually, type Exchange } from '../../make/exchange.ts';
import { issue } from '../../make/pki.ts';
import {
  clientName,
  hasRabbitMq,
  ownBroker,
  type KeyAndCertificate,
  type OwnBroker,
} from '../../make/rabbitmq.ts';

const startMs = 400_000;
const patienceMs = 180_000;
const password = 'correct horse battery';
const by = 'test';

(hasRabbitMq ? describe : describe.skip)("a broker's list of certificates", () => {
  let broker: OwnBroker;
  let exchange: Exchange;

  beforeAll(async () => {
    broker = await ownBroker({ list: true });
    // TLS looks at the real clock.
    exchange = await anExchange({
      clock: systemClock,
      settings: { ...amqpSettings(broker), amqpCertificates: 'no', amqpTrustStore: 'yes' },
    });
    await switchOn(exchange);
    const { technicalUsers } = exchange.office.identity;
    const sender = '123456';
    await technicalUsers.register({ username: 'payroll01', sender, by, password });
    const file = Buffer.from(broker.client.certificate);
    await technicalUsers.register({ username: 'payroll02', sender, by, certificates: [file] });
    await provisioned(broker, 'payroll01');
  }, startMs);
  afterAll(async () => {
    await exchange.close();
    await broker.drop();
  });

  const url = (userinfo = ''): string =>
    `amqps://${userinfo}127.0.0.1:${String(broker.facts.amqpsPort)}/${broker.vhost}`;

  /** `TLS`: there was no line at all. */
  async function outcome(
    shown: Partial<KeyAndCertificate>,
    by: 'password' | 'certificate' = 'password',
  ): Promise<string> {
    const options = {
      ...{ ca: broker.certificate, cert: shown.certificate, key: shown.key },
      ...{ servername: 'localhost', checkServerIdentity: () => undefined },
      ...(by === 'password' ? {} : { credentials: amqp.credentials.external() }),
    };
    const login = by === 'password' ? `payroll01:${encodeURIComponent(password)}@` : '';
    try {
      const model = await amqp.connect(url(login), options);
      await model.close();
      return 'let in';
    } catch (error) {
      const { message } = error as Error;
      return message.includes('403') ? 'login' : 'TLS';
    }
  }

  const becomes = (wanted: string, shown: KeyAndCertificate): Promise<true> =>
    eventually(
      async () => (await outcome(shown)) === wanted || undefined,
      `a certificate that is told ${wanted}`,
      patienceMs,
    );

  const asked = (path: string): Promise<Response> => {
    const { authPort, authSecret } = broker.facts;
    return fetch(`http://127.0.0.1:${String(authPort)}/${path.replace('SECRET', authSecret)}`);
  };

  it('opens the line to a registered certificate, and to no other of its authority', async () => {
    const other = await broker.issued('Payroll of 200002');

    await becomes('let in', broker.client);

    expect(await outcome(other)).toBe('TLS');
    expect(await outcome({})).toBe('TLS');
  });

  it('is no login: one that was forged comes as far as the password, and no further', async () => {
    const { serialNumber, issuer } = new X509Certificate(broker.client.certificate);
    const [name = ''] = issuer.split('\n').flatMap((line) => /^CN=(.*)$/.exec(line)?.[1] ?? []);
    const authority = await issue({ name, authority: {} });
    const { keyPem, certificatePem } = await issue({
      ...{ name: clientName, by: authority, serial: serialNumber },
    });
    const forged = { key: keyPem, certificate: certificatePem };
    await becomes('let in', broker.client);

    const withPassword = await outcome(forged);
    const alone = [
      await outcome(forged, 'certificate'),
      await outcome(broker.client, 'certificate'),
    ];

    expect(withPassword).toBe('let in');
    expect(alone).toEqual(['login', 'login']);
  });

  it('is told to whoever knows the secret, and holds no more than that', async () => {
    const { certificates } = (await (await asked('SECRET/certificates')).json()) as {
      readonly certificates: readonly { readonly id: string; readonly path: string }[];
    };
    const first = new X509Certificate(broker.client.certificate);
    const own = certificates.find(
      ({ id }) => id === first.fingerprint256.replaceAll(':', '').toLowerCase(),
    );
    const brought = await asked(`SECRET/certificates${own?.path ?? ''}`);

    expect(certificates).toHaveLength(2);
    expect(await brought.text()).toBe(first.toString());
    expect((await asked('wrong/certificates')).status).toBe(404);
    expect((await asked(`SECRET/certificates/${'0'.repeat(64)}`)).status).toBe(404);
  });

  it('loses a certificate that is retired, the last one too', async () => {
    await becomes('let in', broker.client);
    const { fingerprint256: fingerprint } = new X509Certificate(broker.client.certificate);

    await exchange.office.identity.certificates.retire({ username: 'payroll02', fingerprint, by });

    await becomes('TLS', broker.client);
  });

  it('does not go together with logins by certificate', () => {
    const { office } = exchange;
    const settings = { ...office.settings, amqpTrustStore: true, amqpCertificates: true };

    const both = (): unknown => amqpChannel.open({ ...office, settings }, { nodeId: 'one' });

    expect(both).toThrow(expect.objectContaining({ code: 'settings.invalid' }));
  });
});
