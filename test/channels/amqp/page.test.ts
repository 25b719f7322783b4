import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from '@jest/globals';
import { amqpSettings, provisioned, switchOn, takeAll } from '../../make/amqp.ts';
import { needsProgram, run } from '../../make/amqp-clients.ts';
import { manualClock } from '../../make/clock.ts';
import { anExchange, aSet, type Exchange } from '../../make/exchange.ts';
import { jarDirectory, needsJava } from '../../make/java.ts';
import { medcEmployer, medcFile } from '../../make/medc-file.ts';
import { hasRabbitMq, testBroker, type TestBroker } from '../../make/rabbitmq.ts';

const startMs = 400_000;
const testMs = 400_000;
const page = readFileSync('docs/channels.md', 'utf8');
const password = 'correct horse battery';
const out = 'out.123456.production';

(hasRabbitMq ? describe : describe.skip)('the lines of the page for AMQP', () => {
  let broker: TestBroker;
  let exchange: Exchange;
  let folder: string;
  let sets = 0;
  let go: string;

  beforeAll(async () => {
    broker = await testBroker({ questions: true });
    exchange = await anExchange({
      clock: manualClock('2026-01-15T12:00:00Z'),
      settings: { ...amqpSettings(broker), amqpCertificates: 'no' },
    });
    await switchOn(exchange);
    const { technicalUsers } = exchange.office.identity;
    const { sender } = exchange.secretariat;
    await technicalUsers.register({ username: 'payroll01', sender, by: 'test', password });
    await provisioned(broker, 'payroll01');
  }, startMs);
  afterAll(async () => {
    await exchange.close();
    await broker.drop();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluis-page-'));
    sets += 1;
    const content = medcFile([{ employer: medcEmployer(sets) }]);
    const set = aSet(exchange.secretariat, content, { sequence: `0000${String(sets)}` });
    for (const [name, body] of Object.entries(set.files)) writeFileSync(join(folder, name), body);
    go = set.go;
    await takeAll(broker.url, out);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** The block of a client, for this broker and the set of this test. */
  function blockOf(client: string, language: string): string {
    const from = page.indexOf(`\n**${client}**`);
    const fence = `\`\`\`${language}\n`;
    const start = page.indexOf(fence, from) + fence.length;
    if (from < 0 || start < fence.length) throw new Error(`no ${language} of ${client}`);
    return page
      .slice(start, page.indexOf('\n```', start))
      .replaceAll(/amqps?:\/\/payroll01:PASSWORD@[^'"\s]*/g, broker.urlFor('payroll01', password))
      .replaceAll('20260115.00001.R', `20260115.0000${String(sets)}.R`);
  }

  async function expectAnswers(output: string): Promise<void> {
    const batch = await exchange.batchOf(go);
    expect(batch.receipt).toEqual({ result: 'accepted', errors: [] });
    const row: { username: string } | undefined = await exchange.office.database
      .knex('batch')
      .where('ticket', batch.ticket)
      .first('username');
    expect(row?.username).toBe('payroll01');
    const stored = output.split('\n').filter((line) => line.startsWith('stored '));
    expect(stored).toHaveLength(9);
    expect(stored[0]).toContain('FO.ACRF');
    expect(stored.at(-1)).toContain('GO.STAT');
  }

  needsProgram('pika')(
    'bring a set with pika, and its answers',
    async () => {
      const store = `
had = []
def store(identifier, file_name, body):
    had.append(identifier)
    print('stored', file_name)
    if len(had) == 9:
        connection.close()
        raise SystemExit
`;
      writeFileSync(join(folder, 'send.py'), `${store}${blockOf('pika', 'python')}\n`);

      const { code, output } = await run('sh', ['-c', `cd ${folder} && /usr/bin/python3 send.py`]);

      expect(code === 0 ? '' : output).toBe('');
      await expectAnswers(output);
    },
    testMs,
  );

  needsProgram('amqp-publish')(
    'bring a set with amqp-tools, and its answers',
    async () => {
      const store = join(folder, 'store-one-answer');
      writeFileSync(store, `#!/bin/sh\necho "stored $(head -c 400 | tr '\\n' ' ')"\n`);
      chmodSync(store, 0o755);
      const lines = blockOf('amqp-tools', 'sh');

      const { code, output } = await run('sh', ['-ec', `cd ${folder}\n${lines}`]);

      expect(code === 0 ? '' : output).toBe('');
      expect((await exchange.batchOf(go)).receipt).toEqual({ result: 'accepted', errors: [] });
      const stored = output.split('\n').filter((line) => line.startsWith('stored '));
      expect(stored).toHaveLength(9);
      expect(stored[0]).toContain('<ACRF');
    },
    testMs,
  );

  needsJava('amqp-client.jar')(
    'bring a set with the Java client, and its answers',
    async () => {
      const program = `
import com.rabbitmq.client.*;
import java.nio.file.*;
import java.util.*;
public class Send {
  static int had = 0;
  static void returned(String id, String text) { System.out.println("returned " + text); }
  static void store(String id, Map<String, Object> headers, byte[] body) {
    System.out.println("stored " + headers.get("FileName"));
    had += 1;
    if (had == 9) System.exit(0);
  }
  public static void main(String[] none) throws Exception {
${blockOf('amqp-client', 'java')}
  }
}
`;
      writeFileSync(join(folder, 'Send.java'), program);
      const jars = ['amqp-client', 'slf4j-api', 'slf4j-nop']
        .map((name) => join(jarDirectory, `${name}.jar`))
        .filter((path) => existsSync(path));
      const classes = [folder, ...jars].join(':');

      const { code, output } = await run('sh', [
        '-c',
        `cd ${folder} && javac -cp ${classes} Send.java && java -cp ${classes} Send`,
      ]);

      expect(code === 0 ? '' : output).toBe('');
      await expectAnswers(output);
    },
    testMs,
  );
});
