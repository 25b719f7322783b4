import { InvalidArgumentError, type Command } from 'commander';
import { Failure } from '../vocabulary/index.ts';
import { certificateShown, printCertificate } from './certificate.ts';
import { readNamedFiles, repeated } from './named-file.ts';
import { operator } from './operator.ts';
import { readPassword } from './password-input.ts';
import type { CredentialRecord, RegisteredUser, TechnicalUserRecord } from '../identity/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';

const rowsMax = 10_000;

interface KeyOptions {
  readonly username: string;
  readonly sshKey?: readonly string[];
  readonly sshCa?: readonly string[];
}

interface AddOptions extends KeyOptions {
  readonly sender: string;
  readonly certificate?: readonly string[];
  readonly passwordStdin?: boolean;
  readonly auth?: string;
  readonly allowSshRsa?: boolean;
}

/** `sluis technical-user`: the logins of senders. */
export const registerTechnicalUser: RegisterCommand = (program, frame) => {
  const group = program
    .command('technical-user')
    .description("a sender's logins, with their keys and passwords");
  registerAdd(group, frame);
  registerList(group, frame);
  registerKeys(group, frame);
  registerStates(group, frame);
};

function registerAdd(group: Command, frame: CommandFrame): void {
  group
    .command('add')
    .description('registers a login')
    .requiredOption('--username <name>', '8 to 30 letters a-z and digits')
    .requiredOption('--sender <number>', 'sender number')
    .option('--ssh-key <file>', 'SSH public key, FILE.pub (repeatable)', repeated)
    .option('--certificate <file>', 'certificate in PEM, DER or p7b (repeatable)', repeated)
    .option('--ssh-ca <file>', 'authority whose SSH certificates log in (repeatable)', repeated)
    .option('--password-stdin', 'reads a password from stdin, 10 to 128 characters')
    .option('--auth <how>', 'publickey, publickey+password or password (default: by what is given)')
    .option('--allow-ssh-rsa', 'takes RSA signatures over SHA-1, for clients that know no better')
    .addHelpText('after', addExamples)
    .action(async (options: AddOptions) => {
      const { username, sender, auth, allowSshRsa } = options;
      const files = {
        sshKeys: await readNamedFiles(options.sshKey),
        sshAuthorities: await readNamedFiles(options.sshCa),
        certificates: await readNamedFiles(options.certificate),
      };
      const password = options.passwordStdin === true ? { password: await readPassword() } : {};
      const { identity } = await frame.office();
      const registered = await identity.technicalUsers.register({
        ...{ username, sender, ...files, ...password, by: operator() },
        ...(auth === undefined ? {} : { auth }),
        allowSshRsa: allowSshRsa ?? false,
      });
      // An operator who lets somebody in means it: no activation has to follow.
      await identity.channels.open({ sender, channel: 'sftp', actor: { by: operator() } });
      showRegistered(frame, registered);
    });
}

function showRegistered(frame: CommandFrame, registered: RegisteredUser): void {
  const { user, credentials, certificates } = registered;
  frame.out.json({
    ...userShown(user),
    keys: credentials.map(keyShown),
    certificates: certificates.map(certificateShown),
  });
  frame.out.print(`technical user ${user.username} of sender ${user.sender}: ${user.auth}`);
  printKeys(frame, credentials);
  for (const certificate of certificates) printCertificate(frame, certificate);
  if (user.auth !== 'password' && credentials.length === 0) {
    frame.out.progress('note: no key yet; add one with `technical-user add-key`');
  }
}

function registerList(group: Command, frame: CommandFrame): void {
  group
    .command('list')
    .description('logins, removed ones too')
    .option('--sender <number>', 'of this sender only')
    .action(async ({ sender }: { readonly sender?: string }) => {
      const { identity } = await frame.office();
      const page = sender === undefined ? { max: rowsMax } : { sender, max: rowsMax };
      const users = await identity.technicalUsers.list(page);
      frame.out.json(users.map(userShown));
      frame.out.table(
        ['username', 'sender', 'state', 'auth', 'password', 'ssh-rsa'],
        users.map((user) => [
          ...[user.username, user.sender, user.state, user.auth],
          ...[user.hasPassword ? 'set' : '-', user.allowSshRsa ? 'allowed' : '-'],
        ]),
      );
    });
  group
    .command('show')
    .description('a login with its keys')
    .requiredOption('--username <name>', 'technical user')
    .action(async ({ username }: { readonly username: string }) => {
      const { identity } = await frame.office();
      const user = await identity.technicalUsers.show(username);
      const keys = await identity.technicalUsers.keysOf(user);
      frame.out.json({ ...userShown(user), keys: keys.map(keyShown) });
      frame.out.print(`${user.username} of sender ${user.sender}: ${user.state}, ${user.auth}`);
      printKeys(frame, keys);
    });
}

function registerKeys(group: Command, frame: CommandFrame): void {
  group
    .command('add-key')
    .description('adds keys; those already there stay valid beside them')
    .requiredOption('--username <name>', 'technical user')
    .option('--ssh-key <file>', 'SSH public key, FILE.pub (repeatable)', repeated)
    .option('--ssh-ca <file>', 'authority whose SSH certificates log in (repeatable)', repeated)
    .action(async ({ username, sshKey, sshCa }: KeyOptions) => {
      const sshKeys = await readNamedFiles(sshKey);
      const sshAuthorities = await readNamedFiles(sshCa);
      const { identity } = await frame.office();
      const keys = await identity.technicalUsers.addKeys({
        ...{ username, sshKeys, sshAuthorities, by: operator() },
      });
      frame.out.json(keys.map(keyShown));
      printKeys(frame, keys);
    });
  group
    .command('retire-key')
    .description('ends a key')
    .requiredOption('--username <name>', 'technical user')
    .argument('<fingerprint>', 'SHA256:…, as `show` writes it')
    .action(async (fingerprint: string, { username }: { readonly username: string }) => {
      const { identity } = await frame.office();
      await identity.technicalUsers.retireKey({ username, fingerprint, by: operator() });
      frame.out.json({ username, fingerprint, retired: true });
      frame.out.print(`key ${fingerprint} of ${username} retired`);
    });
  group
    .command('revoke-serial')
    .description('refuses SSH certificates with this serial')
    .requiredOption('--username <name>', 'technical user')
    .argument('<serial>', 'serial of the SSH certificate', readSerial)
    .action(async (serial: bigint, { username }: { readonly username: string }) => {
      const { identity } = await frame.office();
      await identity.technicalUsers.revokeSerial({ username, serial, by: operator() });
      frame.out.json({ username, serial });
      frame.out.print(`SSH certificates of ${username} with serial ${serial} are refused`);
    });
  group
    .command('set-password')
    .description('replaces the password by one from stdin')
    .requiredOption('--username <name>', 'technical user')
    .requiredOption('--password-stdin', 'reads the password from stdin')
    .action(async ({ username }: { readonly username: string }) => {
      const password = await readPassword();
      const { identity } = await frame.office();
      await identity.technicalUsers.setPassword({ username, password, by: operator() });
      frame.out.json({ username, password: 'set' });
      frame.out.print(`password of ${username} replaced`);
    });
}

const states = [
  ['block', 'blocked', 'refuses every login from now on'],
  ['unblock', 'active', 'lets the login in again, and ends its locks'],
  ['remove', 'removed', 'for good: its keys and certificates retire, its name is never reused'],
] as const;

function registerStates(group: Command, frame: CommandFrame): void {
  for (const [verb, state, says] of states) {
    group
      .command(verb)
      .description(says)
      .argument('[username]', 'technical user; --username names it as well')
      .option('--username <name>', 'technical user')
      .action(async (named: string | undefined, options: { readonly username?: string }) => {
        const username = options.username ?? named;
        if (username === undefined) throw new Failure('cli.usage', { missing: '--username' });
        const { identity } = await frame.office();
        await identity.technicalUsers[verb]({ username, by: operator() });
        frame.out.json({ username, state });
        frame.out.print(`technical user ${username} is ${state}`);
      });
  }
}

function readSerial(text: string): bigint {
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('a serial is a whole number');
}

function userShown(user: TechnicalUserRecord): Record<string, unknown> {
  const { username, sender, state, auth, allowSshRsa, hasPassword, createdAt } = user;
  return { username, sender, state, auth, allowSshRsa, hasPassword, createdAt };
}

function keyShown(key: CredentialRecord): Record<string, unknown> {
  const { kind, algorithm, fingerprint, comment, addedAt } = key;
  return { kind, algorithm, fingerprint, comment, addedAt };
}

function printKeys(frame: CommandFrame, keys: readonly CredentialRecord[]): void {
  frame.out.table(
    ['kind', 'algorithm', 'fingerprint', 'comment'],
    keys.map(({ kind, algorithm, fingerprint, comment }) => [
      ...[kind, algorithm, fingerprint, comment || '-'],
    ]),
  );
}

const addExamples = `
Examples:
  $ sluis technical-user add --username secretariat1 --sender 123456 --ssh-key id_ed25519.pub --certificate signer.pem
  $ printf '%s\\n' "$SECRET" | sluis technical-user add --username secretariat2 --sender 123456 --password-stdin`;
