import { describe, it } from '@jest/globals';
import { openManagement } from '../../../src/channels/amqp/management.ts';
import { openAmqpOutlet } from '../../../src/channels/amqp/outlet.ts';
import {
  ensureCommon,
  reconcile,
  topologyLimits,
  wantedTopology,
} from '../../../src/channels/amqp/topology.ts';
import { parseSenderNumber } from '../../../src/vocabulary/index.ts';
import { sha256, takeAll } from '../../make/amqp.ts';
import { lineProxy } from '../../make/line-proxy.ts';
import { hasRabbitMq, testBroker } from '../../make/rabbitmq.ts';
import { outletContract, type OutletHarness, type Received } from '../contract/outlet.ts';

const queue = 'out.123456.production';

if (hasRabbitMq) {
  outletContract('amqp, a message for each file', () => openHarness('files'));
  outletContract('amqp, a message for each answer', () => openHarness('set'));
} else {
  describe.skip('the outlet amqp', () => {
    it('needs a RabbitMQ', () => undefined);
  });
}

async function openHarness(answers: 'files' | 'set'): Promise<OutletHarness> {
  const broker = await testBroker();
  const management = openManagement({ url: broker.managementUrl, vhost: broker.vhost });
  await ensureCommon(management, topologyLimits);
  const sender = parseSenderNumber('123456');
  if (sender === undefined) throw new Error('no sender number');
  const wanted = wantedTopology([{ sender, environments: ['R'], logins: [] }]);
  await reconcile(management, wanted, { unwanted: new Map(), nowMs: 0 });
  const line = await lineProxy({ port: broker.facts.amqpPort });
  const url = new URL(broker.url);
  url.port = String(line.port);
  const outlet = openAmqpOutlet({
    ...{ url: url.href, answers, failed: () => undefined },
    limits: { connectMs: 3_000, confirmMs: 3_000 },
  });
  const there = new Map<string, Record<string, string>>();
  return {
    outlet,
    /** As a consumer sees it that keeps the ids it has had. */
    async received(): Promise<readonly Received[]> {
      for (const { properties, content } of await takeAll(broker.url, queue)) {
        const [id = ''] = String(properties.messageId).split('/');
        const files = there.get(id) ?? {};
        const headers = properties.headers ?? {};
        const name = String(headers['FileName']);
        files[name] = sha256(content);
        const signature: unknown = headers['Signature'];
        if (typeof signature === 'string') {
          // The signature came as a property, and the GO goes without saying.
          files[name.replace('FO.', 'FS.')] = sha256(signature);
          files[name.replace('FO.', 'GO.')] = sha256('');
        }
        there.set(id, files);
      }
      return [...there].map(([id, files]) => ({ id, files }));
    },
    loseNextConfirmation() {
      line.loseNextAnswer();
      return Promise.resolve();
    },
    goAway: () => line.goAway(),
    comeBack: () => line.comeBack(),
    async close() {
      await outlet.close();
      await line.close();
      await broker.drop();
    },
  };
}
