/**
 * Measures the built gateway against well-known programs in the same run: `npm run bench`.
 * `--help` says how. What is compared, and why, stands in each benchmark's own module.
 */
import { clearTimeout } from 'node:timers';
import { parseArgs } from 'node:util';
import { endAll, endOnSignals, makeScratch } from './ending.mjs';
import { missingPrograms } from './programs.mjs';
import { renewPage } from './page.mjs';
import { judged, tableText } from './table.mjs';

/** In this order, which is that of their duration. */
const benchmarks = [
  'validation',
  'validate',
  'sftp',
  'outbox',
  'amqp',
  'gateway',
  'senders',
  'memory',
  'login',
  'search',
];
const minutesMax = 20;

const help = `Usage: npm run bench -- [name…] [options]

  validation   a batch judged by sluis alone, against xmllint
  validate     the command of that name, a process each time, against xmllint
  sftp         uploads and downloads, against OpenSSH's own server
  outbox       10,000 small files to a partner, against lftp mirror
  amqp         messages landed and acknowledged, against a consumer that only acknowledges
  gateway      from the last file landed to the notification visible, against xmllint
  senders      twenty senders at once, against one alone
  login        a login against its bare hash, and uploads beside refused logins
  search       persons by any of eight criteria among 200,000 users
  memory       peak memory of the gateway with a batch and with one ten times as large

  --quick          a tenth of the sizes: shows that everything runs, its ratios mean little
  --write          renews the tables of these benchmarks in bench/README.md
  --profile DIR    the gateway writes a CPU profile there when it stops
  --help

Ratios compare medians of three runs, taken in turns. Exit code 0: measured, whether a target was
met or not; 1: something could not be measured or gave a wrong answer; 2: usage.`;

const options = {
  quick: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  profile: { type: 'string' },
  help: { type: 'boolean', default: false },
};

function readArguments() {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const unknown = positionals.filter((name) => !benchmarks.includes(name));
    if (unknown.length > 0) throw new TypeError(`no benchmark is called ${unknown.join(', ')}`);
    if (values.quick && values.write) throw new TypeError('--quick is not worth writing down');
    const chosen = benchmarks.filter((name) => positionals.includes(name));
    return { ...values, names: chosen.length === 0 ? benchmarks : chosen };
  } catch (error) {
    console.error(`${error.message}\n\n${help}`);
    process.exit(2);
  }
}

/** Runs one benchmark within its time; undefined when it could not be measured. */
async function measure(name, given) {
  const { benchmark } = await import(`./${name}.mjs`);
  const missing = await missingPrograms(benchmark.needs);
  if (missing.length > 0) {
    console.error(`${name}: cannot be measured without ${missing.join(', ')}`);
    return undefined;
  }
  const scratch = await makeScratch();
  const context = {
    scratch,
    /** A size or a number of things, a tenth of it when in a hurry. */
    scaled: (full) => (given.quick ? Math.max(1, Math.round(full / 10)) : full),
    profile: given.profile,
    say: (text) => console.error(`  ${name}: ${text}`),
  };
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not done in ${minutesMax} minutes`));
    }, minutesMax * 60_000);
  });
  try {
    return await Promise.race([benchmark.run(context), deadline]);
  } catch (error) {
    console.error(`${name}: ${error.stack ?? error.message}`);
    return undefined;
  } finally {
    clearTimeout(timer);
    await endAll();
  }
}

const given = readArguments();
if (given.help) {
  console.log(help);
  process.exit(0);
}
endOnSignals();
let failed = false;
for (const name of given.names) {
  const report = await measure(name, given);
  if (report === undefined) {
    failed = true;
    continue;
  }
  console.log(`\n## ${report.title}\n\n${tableText(report)}\n${judged(report)}\n`);
  if (given.write) await renewPage(name, report);
}
process.exit(failed ? 1 : 0);
