/**
 * Runs the tests: `npm test`, or `npm run test:long` for the long forms of those tests that have one.
 * Installs the Debian packages the real clients come in where it may, and says what is missing where
 * it may not.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const long = process.argv.includes('--long');
const asked = process.argv.slice(2).filter((argument) => argument !== '--long');

/** The test files that look at SLUIS_TEST_LONG: all others have one form, and `npm test` runs it. */
function filesWithLongForm() {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(root, 'test', name))
    .filter((path) => readFileSync(path, 'utf8').includes("process.env['SLUIS_TEST_LONG']"));
}

const chosen = long && asked.length === 0 ? ['--runTestsByPath', ...filesWithLongForm()] : asked;
/** Of a test that names none of its own. */
const longTimeoutMs = 600_000;
const patience = long ? [`--testTimeout=${longTimeoutMs}`, '--maxWorkers=2'] : [];

/** command → Debian package */
const clients = {
  sftp: 'openssh-client',
  sshd: 'openssh-server',
  lftp: 'lftp',
  psftp: 'putty-tools',
  curl: 'curl',
  xmllint: 'libxml2-utils',
  openssl: 'openssl',
  '/usr/lib/rabbitmq/bin/rabbitmq-server': 'rabbitmq-server',
  'amqp-publish': 'amqp-tools',
};
/** Python module → Debian package */
const modules = { paramiko: 'python3-paramiko', pika: 'python3-pika' };

const has = (command) =>
  spawnSync('sh', ['-c', `command -v ${command}`], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  }).status === 0;
const hasModule = (name) => spawnSync('/usr/bin/python3', ['-c', `import ${name}`]).status === 0;

function missing() {
  const packages = Object.entries(clients)
    .filter(([command]) => !has(command))
    .map(([, name]) => name);
  const absent = Object.entries(modules).filter(([name]) => !hasModule(name));
  return [...packages, ...absent.map(([, name]) => name)];
}

const wanted = missing();
if (wanted.length > 0) {
  const may = process.getuid?.() === 0 && has('apt-get');
  if (may) {
    console.error(`installing for the client tests: ${wanted.join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...wanted], {
      env,
      stdio: 'ignore',
    });
  }
  const still = missing();
  if (still.length > 0) {
    console.error(
      `not installed${may ? '' : ' (needs root and apt-get)'}: ${still.join(' ')}; tests that need them are skipped`,
    );
  }
}

const jest = join(root, 'node_modules/jest/bin/jest.js');
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', jest, ...patience, ...chosen],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(long ? { SLUIS_TEST_LONG: '1' } : {}) },
  },
);
process.exit(status ?? 1);
