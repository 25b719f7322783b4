/** Registers senders on a gateway, as an operator does: with the commands for it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selfSignedCertificate } from '../dist/seal/index.js';
import { enterpriseNumberOf } from '../dist/vocabulary/index.js';
import { makeLoginKey } from './openssh.mjs';

const firstSecretariat = 2_067_316;
const validDays = 30;

/** Registers secretariats, each with a sender number, a login and a certificate. */
export async function registerSenders(gateway, { scratch, count }) {
  const senders = [];
  for (let index = 0; index < count; index += 1) {
    senders.push(await registerSender(gateway, { scratch, index }));
  }
  const bundle = join(scratch, 'signers.pem');
  await writeFile(bundle, senders.map(({ certificatePem }) => certificatePem).join(''));
  await gateway.sluisHere(['trust', 'add', bundle]);
  return senders;
}

async function registerSender({ sftp, sluisHere: sluis }, { scratch, index }) {
  const enterprise = enterpriseNumberOf(firstSecretariat + index);
  const sender = String(123_001 + index);
  const username = `benchsender${index}`;
  const key = await makeLoginKey(join(scratch, username));
  const made = await selfSignedCertificate({
    commonName: `Bench sender ${index}`,
    keyPair: { type: 'rsa', bits: 2048 },
    from: new Date(Date.now() - 86_400_000),
    to: new Date(Date.now() + validDays * 86_400_000),
  });
  const certificate = join(scratch, `${username}.pem`);
  await writeFile(certificate, made.certificatePem);
  await sluis(['enterprise', 'add', '--number', enterprise, '--name', `Secretariat ${index}`]);
  await sluis([
    ...['sender', 'add', '--number', sender, '--enterprise', enterprise],
    ...['--quality', 'social-secretariat'],
  ]);
  await sluis([
    ...['technical-user', 'add', '--username', username, '--sender', sender],
    ...['--ssh-key', `${key}.pub`, '--certificate', certificate],
  ]);
  return {
    enterprise,
    sender,
    username,
    key,
    port: sftp.port,
    certificatePem: made.certificatePem,
    signing: { key: made.key, certificate: made.certificate },
  };
}
