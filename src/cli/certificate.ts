import { Failure } from '../vocabulary/index.ts';
import { readNamedFile } from './named-file.ts';
import { operator } from './operator.ts';
import type { CertificateRecord, Identity, OwnedCertificate } from '../identity/index.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';

const rowsMax = 10_000;

/** `sluis certificate`: what technical users sign with. */
export const registerCertificate: RegisterCommand = (program, frame) => {
  const group = program
    .command('certificate')
    .description('certificates for signatures; the key of each is a login key too');

  group
    .command('add')
    .description('links a certificate to a technical user; one already there stays valid beside it')
    .requiredOption('--username <name>', 'technical user')
    .argument('<file>', 'certificate in PEM, DER or p7b')
    .addHelpText('after', addExamples)
    .action(async (path: string, { username }: { readonly username: string }) => {
      const file = await readNamedFile(path);
      const { identity } = await frame.office();
      const record = await identity.certificates.add({ username, file, by: operator() });
      frame.out.json({ username, ...certificateShown(record) });
      frame.out.print(`certificate linked to ${username}`);
      printCertificate(frame, record);
    });

  group
    .command('list')
    .description('certificates in use')
    .option('--username <name>', 'of this technical user only')
    .option('--retired', 'those retired as well')
    .action(async (options: { readonly username?: string; readonly retired?: boolean }) => {
      const { identity } = await frame.office();
      const records = await identity.certificates.list({
        ...(options.username === undefined ? {} : { username: options.username }),
        retired: options.retired ?? false,
        max: rowsMax,
      });
      frame.out.json(records.map(ownedShown));
      frame.out.table(
        ['username', 'sender', 'valid until', 'state', 'fingerprint', 'subject'],
        records.map((record) => [
          ...[record.username, record.sender, day(record.notAfter)],
          ...[stateOf(record, frame.clock.now()), record.fingerprint, record.subject],
        ]),
      );
    });

  group
    .command('retire')
    .description('ends a certificate: signatures made with it are refused from now on')
    .option('--username <name>', 'technical user (default: whoever it is linked to)')
    .argument('<fingerprint>', 'SHA-256 of the certificate, as `list` shows it')
    .action(async (fingerprint: string, options: { readonly username?: string }) => {
      const { identity } = await frame.office();
      const username =
        options.username ?? (await ownerOf(identity, fingerprint, frame.clock.now()));
      const record = await identity.certificates.retire({
        ...{ username, fingerprint, by: operator() },
      });
      frame.out.json({ username, ...certificateShown(record) });
      frame.out.print(`certificate ${record.fingerprint} of ${username} retired`);
    });
};

async function ownerOf(identity: Identity, fingerprint: string, now: Date): Promise<string> {
  const canonical = fingerprint.replaceAll(':', '').toLowerCase();
  const owner = await identity.certificates.ownerOf(canonical, now);
  if (owner !== undefined) return owner.username;
  throw new Failure('registration.unknown', { what: 'certificate', fingerprint });
}

/** A certificate without its bytes, for `--json`. */
export function certificateShown(record: CertificateRecord): Record<string, unknown> {
  const { fingerprint, subject, issuer, serial, notBefore, notAfter, addedAt, retiredAt } = record;
  return {
    ...{ fingerprint, subject, issuer, serial, notBefore, notAfter, addedAt },
    retiredAt: retiredAt ?? null,
  };
}

/** What the operator compares with the paper in hand. */
export function printCertificate(frame: CommandFrame, record: CertificateRecord): void {
  frame.out.print(`  subject      ${record.subject}`);
  frame.out.print(`  issuer       ${record.issuer}`);
  frame.out.print(`  serial       ${record.serial}`);
  frame.out.print(`  valid        ${day(record.notBefore)} to ${day(record.notAfter)}`);
  frame.out.print(`  fingerprint  ${record.fingerprint}`);
}

export function day(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}

function ownedShown(record: OwnedCertificate): Record<string, unknown> {
  const { username, sender, userState } = record;
  return { username, sender, userState, ...certificateShown(record) };
}

function stateOf(record: OwnedCertificate, now: Date): string {
  if (record.retiredAt !== undefined) return `retired ${day(record.retiredAt)}`;
  if (record.notAfter <= now) return 'expired';
  return record.notBefore > now ? 'not yet valid' : 'valid';
}

const addExamples = `
Examples:
  $ sluis certificate add --username secretariat1 signer.pem
  $ sluis certificate list --username secretariat1
  $ sluis certificate retire --username secretariat1 FINGERPRINT`;
