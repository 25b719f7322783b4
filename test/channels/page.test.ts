import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { needs, run, type Outcome } from '../make/clients.ts';
import { jarDirectory, needsJava } from '../make/java.ts';
import { anSftpServer, type TestServer } from '../make/sftp-server.ts';

jest.setTimeout(300_000);

const page = readFileSync('docs/channels.md', 'utf8');
const names = [
  'FI.MEDC.123456.20260115.00001.R.1.1',
  'FS.MEDC.123456.20260115.00001.R.1.1',
  'GO.MEDC.123456.20260115.00001.R.1',
] as const;
const answer = 'FO.ACRF.999999.20260115.00001.R';

let gate: TestServer;
beforeEach(async () => {
  gate = await anSftpServer();
  for (const name of names) writeFileSync(join(gate.folder, name), `content of ${name}`);
  writeFileSync(join(gate.mailbox.path, 'OUT', answer), 'the answer');
});
afterEach(async () => {
  await gate.close();
});

/** The first block of a language after a client's name in bold, for a gateway on this machine. */
function blockOf(client: string, language: string): string {
  const from = page.indexOf(`\n**${client}**`);
  const fence = `\`\`\`${language}\n`;
  const start = page.indexOf(fence, from) + fence.length;
  const block = page.slice(start, page.indexOf('\n```', start));
  if (from < 0 || start < fence.length) throw new Error(`the page has no ${language} of ${client}`);
  return block
    .replaceAll('gateway.example', '127.0.0.1')
    .replaceAll('2222', String(gate.login.port));
}

/** A shell whose OpenSSH knows no host yet, and takes the first key that is shown. */
async function shell(script: string): Promise<Outcome> {
  const { folder } = gate;
  const bin = join(folder, 'bin');
  const config = join(folder, 'ssh_config');
  mkdirSync(bin);
  writeFileSync(
    config,
    `StrictHostKeyChecking accept-new\nUserKnownHostsFile ${folder}/known_hosts\nIdentitiesOnly yes\n`,
  );
  for (const program of ['ssh', 'sftp', 'scp']) {
    writeFileSync(join(bin, program), `#!/bin/sh\nexec /usr/bin/${program} -F ${config} "$@"\n`);
    chmodSync(join(bin, program), 0o755);
  }
  const path = `${bin}:${process.env['PATH'] ?? ''}`;
  return run('sh', ['-c', `cd ${folder}\n${script}`], { env: { HOME: folder, PATH: path } });
}

function landed(): readonly string[] {
  return gate.mailbox.events.filter((event) => event.startsWith('land '));
}

function content(name: string): string {
  return gate.mailbox.landed(`IN/${name}`).toString();
}

needs('sftp')('the commands of the page for OpenSSH', () => {
  it('send a set, the GO last, and fetch an answer', async () => {
    const { code, output } = await shell(blockOf('OpenSSH', 'sh'));

    expect({ code, output }).toMatchObject({ code: 0 });
    expect(landed().slice(0, 3)).toEqual(names.map((name) => `land IN/${name}`));
    expect(names.map(content)).toEqual(names.map((name) => `content of ${name}`));
    expect(readFileSync(join(gate.folder, answer), 'utf8')).toBe('the answer');
  });
});

needs('lftp')('the commands of the page for lftp', () => {
  it('send under temporary names, and mirror the answers', async () => {
    const { code, output } = await shell(blockOf('lftp', 'sh'));

    expect({ code, output }).toMatchObject({ code: 0 });
    expect([names[0], names[2]].map(content)).toEqual([
      `content of ${names[0]}`,
      `content of ${names[2]}`,
    ]);
    expect(readFileSync(join(gate.folder, 'answers', answer), 'utf8')).toBe('the answer');
  });
});

needs('paramiko')('the lines of the page for paramiko', () => {
  it('send a file', async () => {
    const script = join(gate.folder, 'send.py');
    const lines = blockOf('paramiko', 'python');
    writeFileSync(script, `import paramiko\n${lines}\nsftp.close()\ntransport.close()\n`);

    const { code, output } = await shell(`/usr/bin/python3 ${script}`);

    expect({ code, output }).toMatchObject({ code: 0 });
    expect(landed()).toEqual([`land IN/${names[0]}`]);
    expect(content(names[0])).toBe(`content of ${names[0]}`);
  });
});

describe('the lines of the page for JSch', () => {
  needsJava('jsch.jar')('are Java, and end as the page says with the old library', async () => {
    const { folder } = gate;
    const program = `
import com.jcraft.jsch.*;
public class Send {
  public static void main(String[] none) throws Exception {
${blockOf('JSch', 'java')}
  }
}
`;
    writeFileSync(join(folder, 'Send.java'), program);
    // Of a kind the old library reads, so that it comes as far as the gateway.
    const make = `ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f ${folder}/rsa && mv ${folder}/rsa login`;
    const classes = `${folder}:${join(jarDirectory, 'jsch.jar')}`;
    const script = `javac -cp ${classes} Send.java && touch known_hosts && ${make}
      java -cp ${classes} Send`;

    const { code, output } = await shell(script);

    expect(code).not.toBe(0);
    expect(output).toContain('Algorithm negotiation fail');
    expect(landed()).toEqual([]);
  });
});
