import { homedir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { readCertificates, readPrivateKey, type TrustList } from '../seal/index.ts';
import {
  composeSet,
  knownHostKey,
  openSender,
  pinnedHostKey,
  readLoginKey,
  type HostKeyTrust,
  type OutgoingSet,
  type Sender,
  type SigningKey,
} from '../sender/index.ts';
import { parseDuration } from '../settings.ts';
import { Failure, type Environment } from '../vocabulary/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { readNamedFile, repeated } from './named-file.ts';
import { secretInput, type SecretInput } from './secret-input.ts';
import { awaitAnswers, showAnswers } from './send-answers.ts';

export interface SendFlags {
  readonly to: string;
  readonly identity?: string;
  readonly passwordStdin?: boolean;
  readonly passphraseStdin?: boolean;
  readonly signKey?: string;
  readonly signCertificate?: string;
  readonly type: string;
  readonly sender: string;
  readonly environment: Environment;
  readonly sequence?: string;
  readonly date?: string;
  readonly parts: boolean;
  readonly hostKey?: readonly string[];
  readonly knownHosts?: string;
  readonly replace?: boolean;
  readonly wait?: boolean;
  readonly waitFor: string;
  readonly answers?: string;
  readonly trust?: readonly string[];
  readonly collect?: boolean;
}

/** `sluis send`: names, signs and uploads a set, and waits for what becomes of it. */
export const registerSend: RegisterCommand = (program, frame) => {
  program
    .command('send')
    .description('signs a set of declarations, uploads it over SFTP and waits for the answers')
    .argument('<file...>', 'the declaration, or its parts in order (at most 9)')
    .requiredOption('--to <url>', 'sftp://USER@HOST:PORT')
    .requiredOption('--type <type>', 'four letters, e.g. MEDC')
    .requiredOption('--sender <number>', 'sender number, six digits')
    .addOption(
      new Option('--environment <letter>', 'R production, T circuit test, S simulation')
        .choices(['R', 'T', 'S'])
        .makeOptionMandatory(),
    )
    .option('--identity <file>', 'private SSH key of the login')
    .option('--password-stdin', 'reads the password of the login from stdin')
    .option(
      '--passphrase-stdin',
      'reads the passphrase of the keys from stdin (after the password)',
    )
    .option('--sign-key <file>', 'private key to sign with, PEM (not needed in S)')
    .option('--sign-certificate <file>', 'its certificate, and those above it; PEM, DER or p7b')
    .option('--sequence <text>', 'five of 0-9 A-Z, unique a day (default 00001)')
    .option('--date <yyyymmdd>', 'date in the names (default today)')
    .option('--no-parts', 'the older layout of names, without the number of parts')
    .option('--host-key <fingerprint>', 'SHA256:… of the server (repeatable)', repeated)
    .option('--known-hosts <file>', 'default ~/.config/sluis/known_hosts')
    .option('--replace', 'replaces files that an attempt broken off left in IN')
    .option('--wait', 'waits for receipt and notification')
    .option('--wait-for <duration>', 'how long for each answer', '10m')
    .option('--answers <dir>', 'keeps the answers there')
    .option('--trust <file>', 'certificate the answers must be signed by (repeatable)', repeated)
    .option('--collect', 'deletes the answers in OUT once they were read')
    .addHelpText('after', examples)
    .action(async (files: readonly string[], flags: SendFlags) => {
      await send(frame, files, flags);
    });
};

async function send(
  frame: CommandFrame,
  files: readonly string[],
  flags: SendFlags,
): Promise<void> {
  const secrets = await readSecrets(flags);
  const set = await composeSet({
    type: flags.type,
    sender: flags.sender,
    environment: flags.environment,
    ...(flags.sequence === undefined ? {} : { sequence: flags.sequence }),
    ...(flags.date === undefined ? {} : { date: flags.date }),
    withoutParts: !flags.parts,
    parts: files.map((path) => ({ path })),
    ...(secrets.signing === undefined ? {} : { signing: secrets.signing }),
    at: frame.clock.now(),
  });
  const sender = await connect(frame, flags, secrets);
  try {
    await exchange(frame, { flags, set, sender });
  } finally {
    await sender.close();
  }
}

async function exchange(
  frame: CommandFrame,
  o: { readonly flags: SendFlags; readonly set: OutgoingSet; readonly sender: Sender },
): Promise<void> {
  const { flags, set, sender } = o;
  const timeoutMs = parseDuration(flags.waitFor);
  if (timeoutMs === undefined) {
    throw new Failure('cli.usage', { waitFor: flags.waitFor, expected: '30s, 10m, 4h' });
  }
  const sent = await sender.send(set);
  if (flags.wait !== true) {
    frame.out.print(`${sent.fileName}: sent, ${String(sent.declarations)} declarations`);
    frame.out.json({ fileName: sent.fileName, receipt: null, notification: null });
    return;
  }
  const answers = await awaitAnswers(frame, { set, sender, timeoutMs });
  showAnswers(frame, answers);
  if (!answers.receipt.accepted || (answers.notification?.refused ?? 0) > 0) frame.sayNo();
}

interface Secrets {
  readonly privateKey?: string;
  readonly password?: string;
  readonly signing?: SigningKey;
}

async function readSecrets(flags: SendFlags): Promise<Secrets> {
  const input = secretInput();
  const password = flags.passwordStdin === true ? await input.line('the password') : undefined;
  const passphrase =
    flags.passphraseStdin === true ? await input.line('the passphrase') : undefined;
  if (flags.identity === undefined && password === undefined) {
    throw new Failure('cli.usage', { missing: '--identity or --password-stdin' });
  }
  const signing = await readSigning(flags, input, passphrase);
  return {
    ...(flags.identity === undefined
      ? {}
      : { privateKey: await readIdentity(flags.identity, input, passphrase) }),
    ...(password === undefined ? {} : { password }),
    ...(signing === undefined ? {} : { signing }),
  };
}

async function readIdentity(
  path: string,
  input: SecretInput,
  passphrase: string | undefined,
): Promise<string> {
  const file = await readNamedFile(path);
  return await unlocked(path, input, passphrase, (secret) => readLoginKey(file, secret));
}

async function readSigning(
  { signKey, signCertificate }: SendFlags,
  input: SecretInput,
  passphrase: string | undefined,
): Promise<SigningKey | undefined> {
  if (signKey === undefined && signCertificate === undefined) return undefined;
  if (signKey === undefined || signCertificate === undefined) {
    throw new Failure('cli.usage', { missing: '--sign-key and --sign-certificate go together' });
  }
  const file = await readNamedFile(signKey);
  const key = await unlocked(signKey, input, passphrase, (secret) => readPrivateKey(file, secret));
  const [own, ...others] = readCertificates(await readNamedFile(signCertificate));
  if (own === undefined) throw new Failure('seal.unreadable', { file: signCertificate });
  return { key, certificate: own.der, chain: others.map(({ der }) => der) };
}

/** Reads a key; when it turns out to be locked, asks the person at the terminal once. */
async function unlocked<T>(
  path: string,
  input: SecretInput,
  passphrase: string | undefined,
  read: (passphrase: string | undefined) => T,
): Promise<T> {
  try {
    return read(passphrase);
  } catch (error) {
    if (passphrase !== undefined) throw error;
    const answer = await input.ask(`Passphrase of ${path}: `);
    if (answer === undefined) throw error;
    return read(answer);
  }
}

async function connect(frame: CommandFrame, flags: SendFlags, secrets: Secrets): Promise<Sender> {
  const { host, port, username } = destinationOf(flags.to);
  return await openSender({
    host,
    port,
    username,
    ...(secrets.privateKey === undefined ? {} : { privateKey: secrets.privateKey }),
    ...(secrets.password === undefined ? {} : { password: secrets.password }),
    hostKey: await hostKeyTrust(frame, flags, { host, port }),
    ...(flags.answers === undefined ? {} : { answers: flags.answers }),
    ...(flags.trust === undefined ? {} : { trust: await trustOf(flags.trust) }),
    replace: flags.replace ?? false,
    collect: flags.collect ?? false,
    onProgress: (text) => {
      frame.out.progress(text);
    },
    signal: frame.stopped,
    clock: frame.clock,
  });
}

const portUsual = 22;

function destinationOf(text: string): {
  readonly host: string;
  readonly port: number;
  readonly username: string;
} {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'sftp:' || url.username === '' || url.hostname === '') {
    throw new Failure('cli.usage', { to: text, expected: 'sftp://USER@HOST:PORT' });
  }
  // Every process of the machine can read a command line.
  if (url.password !== '') throw new Failure('cli.usage', { to: 'holds a password' });
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? portUsual : Number(url.port),
    username: decodeURIComponent(url.username),
  };
}

async function hostKeyTrust(
  frame: CommandFrame,
  flags: SendFlags,
  where: { readonly host: string; readonly port: number },
): Promise<HostKeyTrust> {
  if (flags.hostKey !== undefined) return pinnedHostKey(flags.hostKey);
  const file = flags.knownHosts ?? join(homedir(), '.config', 'sluis', 'known_hosts');
  return await knownHostKey({
    file,
    ...where,
    onFirst: ({ fingerprint }) => {
      frame.out.progress(`new host ${where.host}: ${fingerprint} stored in ${file}`);
    },
  });
}

async function trustOf(files: readonly string[]): Promise<TrustList> {
  const read = await Promise.all(files.map((file) => readNamedFile(file)));
  const anchors = read.flatMap((bytes) => readCertificates(bytes));
  return { anchors: anchors.map(({ der }) => ({ der, crls: [] })), allowSha1: false };
}

const examples = `
Examples:
  $ sluis send batch.xml --to sftp://secretariat1@gateway.example:8022 --identity login.key \\
      --sign-key sign.key --sign-certificate sign.pem --type MEDC --sender 123456 --environment R --wait
  $ sluis send part1.xml part2.xml --to sftp://secretariat1@gateway.example:8022 --identity login.key \\
      --type MEDC --sender 123456 --environment S --host-key SHA256:… --wait --json`;
