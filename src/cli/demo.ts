import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openOffice, type Office } from '../compose.ts';
import { startGateway, type Gateway } from '../gateway.ts';
import { composeSet, mandateCsv, medcBatch, openSender, type Sender } from '../sender/index.ts';
import { resolveSettings } from '../settings.ts';
import { findBatch, showBatch, type ShownBatch } from '../storage/index.ts';
import { Failure, formatEuro, systemClock } from '../vocabulary/index.ts';
import { registerSecretariat, type Secretariat } from './demo-secretariat.ts';
import { brokerFlags, demoBroker, exchangeOverAmqp } from './demo-amqp.ts';
import type { PrivateBroker } from './private-broker.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';

const declarationsDefault = 10_000;
const declarationsMax = 1_000_000;
const invalidPercent = 0.5;
const waitMs = 10 * 60_000;
const findingsShown = 5;

interface DemoOptions {
  readonly declarations: string;
  readonly keep?: boolean;
  readonly amqp?: boolean;
}

/** `sluis demo`: the whole exchange on temporary data, as a sender lives it. */
export const registerDemo: RegisterCommand = (program, frame) => {
  program
    .command('demo')
    .description(
      'a gateway, a secretariat and a batch on temporary data: what comes in, what goes out',
    )
    .option('--declarations <n>', 'declarations in the batch', String(declarationsDefault))
    .option('--amqp', 'shows a small batch over AMQP as well, with a RabbitMQ of its own')
    .option('--keep', 'leaves the gateway running, and says how to reach it')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluis demo\n  $ sluis demo --declarations 100 --keep\n  $ sluis demo --json',
    )
    .action((options: DemoOptions) => runDemo(frame, options));
};

interface Stage {
  readonly directory: string;
  readonly office: Office;
  readonly gateway: Gateway;
  readonly secretariat: Secretariat;
  readonly declarations: number;
}

async function runDemo(frame: CommandFrame, options: DemoOptions): Promise<void> {
  const declarations = countOf(options.declarations);
  const directory = await mkdtemp(join(tmpdir(), 'sluis-demo-'));
  const say = (text: string): void => {
    frame.out.progress(text);
  };
  let office: Office | undefined;
  let gateway: Gateway | undefined;
  let broker: PrivateBroker | undefined;
  try {
    broker = options.amqp === true ? await demoBroker(directory, say) : undefined;
    say('starting a gateway on temporary data');
    const settings = resolveSettings({
      flags: {
        data: directory,
        sftpPort: '0',
        httpPort: '0',
        logLevel: 'error',
        ...flagsOf(broker),
      },
      environment: {},
    });
    office = await openOffice({ settings, clock: systemClock });
    gateway = await startGateway(office);
    say(`listening on sftp ${place(gateway)}`);
    const secretariat = await registerSecretariat(office, directory);
    await importMandates(office, secretariat, declarations);
    say(`registered sender ${secretariat.sender} with ${String(declarations)} mandates`);
    const stage = { directory, office, gateway, secretariat, declarations };
    await exchange(frame, stage, say);
    if (broker !== undefined) await exchangeOverAmqp({ ...stage, broker }, say);
    if (options.keep === true) await keepRunning(frame, stage);
  } finally {
    await gateway?.stop();
    await office?.close();
    await broker?.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function flagsOf(broker: PrivateBroker | undefined): Readonly<Record<string, string>> {
  return broker === undefined ? {} : brokerFlags(broker);
}

function countOf(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > declarationsMax) {
    throw new Failure('cli.usage', { option: '--declarations', given: text, max: declarationsMax });
  }
  return count;
}

async function importMandates(
  { mandates }: Office,
  { enterprise: mandatary }: Secretariat,
  declarations: number,
): Promise<void> {
  const lines = Readable.from(mandateCsv({ declarations, mandatary }));
  await mandates.importCsv(lines, { by: 'demo' });
}

/** Sends one batch over SFTP and waits for its answers. */
async function exchange(
  frame: CommandFrame,
  stage: Stage,
  say: (text: string) => void,
): Promise<void> {
  const { directory, declarations, secretariat } = stage;
  const file = join(directory, 'batch.xml');
  await pipeline(
    Readable.from(medcBatch({ declarations, invalidPercent })),
    createWriteStream(file),
  );
  const { size } = await stat(file);
  say(`made a batch of ${String(declarations)} declarations, ${mebibytes(size)}`);
  const sender = await connect(stage, say);
  try {
    const started = performance.now();
    const set = await composeSet({
      type: 'MEDC',
      environment: 'R',
      sender: secretariat.sender,
      parts: [{ path: file }],
      signing: secretariat.signing,
      at: systemClock.now(),
    });
    const sent = await sender.send(set);
    say(`sent ${sent.fileName}`);
    const receipt = await sender.waitForReceipt(sent.fileName, { timeoutMs: waitMs });
    say(`receipt ${receipt.ticket}: ${receipt.accepted ? 'accepted' : 'refused'}`);
    const verdicts = await sender.waitForNotification(receipt.ticket, {
      declarations: sent.declarations,
      timeoutMs: waitMs,
    });
    const statement = await sender.waitForAnswer(receipt.ticket, { timeoutMs: waitMs });
    const seconds = (performance.now() - started) / 1000;
    const { knex } = stage.office.database;
    const shown = await showBatch(knex, await findBatch(knex, receipt.ticket), findingsShown);
    report(frame, shown, { seconds, statement: statement.split('/').at(-1) ?? '', ...verdicts });
  } finally {
    await sender.close();
  }
}

function connect({ gateway, secretariat }: Stage, say: (text: string) => void): Promise<Sender> {
  const { sftp } = gateway.address;
  if (sftp === null) throw new Failure('gateway.defect', { sftp: 'not started' });
  return openSender({
    host: sftp.host,
    port: sftp.port,
    username: secretariat.username,
    privateKey: secretariat.sshKey,
    hostKey: sftp.hostKeys,
    trust: { anchors: [{ der: secretariat.gatewayCertificate, crls: [] }], allowSha1: false },
    pollIntervalMs: 100,
    onProgress: say,
  });
}

interface Outcome {
  readonly seconds: number;
  readonly statement: string;
  readonly accepted: number;
  readonly refused: number;
}

function report(frame: CommandFrame, shown: ShownBatch, outcome: Outcome): void {
  const { accepted, refused, seconds } = outcome;
  const totals = totalsOf(shown);
  frame.out.json({
    ...{ fileName: shown.fileName, ticket: shown.ticket, receipt: shown.receipt },
    ...{ declarations: shown.declarations, totals, seconds: Number(seconds.toFixed(2)) },
    ...{ findings: shown.findings, answers: shown.parcels.map(({ files }) => files[0]) },
  });
  frame.out.print('');
  frame.out.table(
    ['', 'result'],
    [
      ['set', shown.fileName],
      ['receipt (ACRF)', `${shown.receipt.result ?? '-'}, ticket ${shown.ticket}`],
      ['notification (NOTI)', `${String(accepted)} accepted, ${String(refused)} refused`],
      ['statement', outcome.statement],
      ['activity tax', `EUR ${totals.activityTax}`],
      ['levy', `EUR ${totals.levy}`],
      ['total', `EUR ${totals.total}`],
      ['from upload to answers', `${seconds.toFixed(1)} s`],
    ],
  );
  if (shown.findings.length === 0) return;
  frame.out.print('\nwhy declarations were refused, the first of them:');
  for (const { declaration, errorId, tag, line, detail } of shown.findings) {
    frame.out.print(
      `  #${String(declaration)}, line ${String(line ?? 0)}: ${errorId} ${tag ?? ''} ${detail ?? ''}`,
    );
  }
}

function totalsOf({ totals }: ShownBatch): {
  readonly activityTax: string;
  readonly levy: string;
  readonly total: string;
} {
  const amount = (name: string): string => {
    const cents = totals?.[name];
    return formatEuro(BigInt(typeof cents === 'string' ? cents : 0));
  };
  return { activityTax: amount('activityTax'), levy: amount('levy'), total: amount('total') };
}

async function keepRunning(frame: CommandFrame, { gateway, secretariat }: Stage): Promise<void> {
  const { sftp } = gateway.address;
  frame.out.progress(
    [
      '\nThe gateway runs until Ctrl-C. To look around as the secretariat:',
      `  sftp -P ${String(sftp?.port ?? 0)} -i ${secretariat.sshKeyFile} -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no ${secretariat.username}@${sftp?.host ?? ''}`,
    ].join('\n'),
  );
  if (!frame.stopped.aborted) await once(frame.stopped, 'abort');
}

function place({ address }: Gateway): string {
  return address.sftp === null ? '-' : `${address.sftp.host}:${String(address.sftp.port)}`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
