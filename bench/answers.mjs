/** Looks into OUT the way senders do, over one connection that stays open. */
import { readFile } from 'node:fs/promises';
import SftpClient from 'ssh2-sftp-client';
import { atTheEnd } from './ending.mjs';

/** Logs in; the connection is closed at the end at the latest. */
export async function logIn({ username, port, key }) {
  const client = new SftpClient(username);
  await client.connect({
    host: '127.0.0.1',
    port,
    username,
    privateKey: await readFile(key),
    algorithms: { cipher: ['aes128-gcm@openssh.com'] },
    readyTimeout: 60_000,
  });
  const leave = atTheEnd(() => client.end());
  return { client, leave };
}

/** The answers of one kind that are visible: a GO is the last of its set to be shown. */
export async function answersOf(client, kind) {
  const entries = await client.list('/OUT');
  return entries.map(({ name }) => name).filter((name) => name.startsWith(`GO.${kind}.`));
}
