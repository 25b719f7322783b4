/**
 * Runs the tests: `npm test`, or `npm run test:long` for the long matrices as well. Installs the
 * Debian packages the real clients come in where it may, and says what is missing where it may not.
 */
import { spawnSync } from 'node:child_process';

const long = process.argv.includes('--long');
const passed = process.argv.slice(2).filter((argument) => argument !== '--long');

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

const jest = new URL('../node_modules/jest/bin/jest.js', import.meta.url).pathname;
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', jest, ...passed],
  {
    cwd: new URL('..', import.meta.url).pathname,
    stdio: 'inherit',
    env: { ...process.env, ...(long ? { SLUIS_TEST_LONG: '1' } : {}) },
  },
);
process.exit(status ?? 1);
