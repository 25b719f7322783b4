import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ed25519KeyPair } from '../channels/index.ts';
import type { Office } from '../compose.ts';
import { readCertificates, readPrivateKey, selfSignedCertificate } from '../seal/index.ts';
import type { SigningKey } from '../sender/index.ts';
import { ensureSigningKey } from '../signing-key.ts';
import { enterpriseNumberOf, type EnterpriseNumber } from '../vocabulary/index.ts';

/** A sender with everything it needs to exchange, made for a demonstration. */
export interface Secretariat {
  readonly enterprise: EnterpriseNumber;
  readonly sender: string;
  readonly username: string;
  /** OpenSSH private key, and where it lies for other clients. */
  readonly sshKey: string;
  readonly sshKeyFile: string;
  readonly signing: SigningKey;
  /** What the gateway signs its answers with. */
  readonly gatewayCertificate: Buffer;
}

const by = 'demo';
const dayMs = 86_400_000;

/** Registers a social secretariat: enterprise, sender number, login, certificate, trust. */
export async function registerSecretariat(office: Office, directory: string): Promise<Secretariat> {
  const { identity, clock, settings } = office;
  const enterprise = enterpriseNumberOf(2_067_316);
  const [sender, username] = ['123456', 'demosecretariat'];
  await identity.enterprises.register({
    number: enterprise,
    name: 'Demonstration secretariat',
    by,
  });
  await identity.senders.register({
    number: sender,
    enterprise,
    quality: 'social-secretariat',
    by,
  });
  const ssh = await ed25519KeyPair();
  const from = clock.now();
  const made = await selfSignedCertificate({
    commonName: 'Demonstration secretariat',
    from,
    to: new Date(from.getTime() + 30 * dayMs),
  });
  const certificate = Buffer.from(made.certificatePem);
  await identity.technicalUsers.register({
    ...{ username, sender, by },
    sshKeys: [Buffer.from(ssh.public)],
    certificates: [certificate],
  });
  await identity.trust.add({ file: certificate, by });
  const sshKeyFile = join(directory, 'demo-ssh-key');
  await writeFile(sshKeyFile, ssh.private, { mode: 0o600 });
  const gateway = await ensureSigningKey(settings.keys, clock);
  return {
    ...{ enterprise, sender, username, sshKey: ssh.private, sshKeyFile },
    signing: {
      key: readPrivateKey(made.keyPem),
      certificate: readCertificates(certificate)[0]?.der ?? made.certificate,
    },
    gatewayCertificate: gateway.certificate,
  };
}
