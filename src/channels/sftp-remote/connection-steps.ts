import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Failure } from '../../vocabulary/index.ts';
import type { ConnectionStep } from '../connection-test.ts';
import { openPartnerLink, openSocket, type PartnerLink } from './partner-link.ts';
import { addressValues, secretsProblem, type PartnerWish } from './partner-values.ts';
import type { Directories, PartnerAddress } from './ports.ts';
import { joined, temporaryPath } from './push-file.ts';
import { hashRemote, listRemote, removeRemote, renameRemote, writeRemote } from './transfer.ts';

/** The values a partner is tested with; they need not be registered. */
export type PartnerToTest = Pick<
  PartnerWish,
  'host' | 'port' | 'username' | 'hostKeys' | 'password' | 'privateKey'
> & { readonly pull: Directories; readonly push: Directories };

const connectMs = 10_000;
const probeBytes = 64 * 1024;
const listingMs = 10_000;

/**
 * Tests a partner's server step by step: its name, the port, the host key and the login, the rights
 * in each directory, and a file there and back. What was written is removed again. The values are
 * asked for in the first step.
 */
export function sftpRemoteSteps(values: () => Promise<PartnerToTest>): readonly ConnectionStep[] {
  let wish: PartnerToTest | undefined;
  let address: PartnerAddress | undefined;
  let link: PartnerLink | undefined;
  const live = (): PartnerLink => {
    if (link !== undefined) return link;
    throw new Failure('channel.unreachable', { why: 'there is no connection' });
  };
  const hangUp = async (signal: AbortSignal, work: () => Promise<string>): Promise<string> => {
    const cut = (): void => {
      void link?.close();
    };
    signal.addEventListener('abort', cut, { once: true });
    try {
      return await work();
    } catch (error) {
      await link?.close();
      throw plain(error);
    } finally {
      signal.removeEventListener('abort', cut);
    }
  };
  return [
    {
      step: 'name',
      async run() {
        wish = await values();
        address = { ...addressValues(wish), ...secretsOf(wish) };
        return nameStep(address.host);
      },
    },
    {
      step: 'TCP',
      async run() {
        const socket = await openSocket(wanted(address), connectMs).catch((error: unknown) => {
          throw plain(error);
        });
        const { remoteAddress = '' } = socket;
        socket.destroy();
        return `connected to ${remoteAddress}`;
      },
    },
    {
      step: 'host key',
      run: (signal) => hangUp(signal, () => hostKeyStep(wanted(address), signal)),
    },
    {
      step: 'login',
      run: (signal) =>
        hangUp(signal, async () => {
          link = await openPartnerLink(wanted(address), { signal });
          return `logged in as ${wanted(address).username}`;
        }),
    },
    { step: 'rights', run: (signal) => hangUp(signal, () => rightsStep(live(), given(wish))) },
    {
      step: 'round trip',
      run: (signal) =>
        hangUp(signal, async () => {
          const found = await roundTripStep(live(), given(wish));
          await link?.close();
          return found;
        }),
    },
  ];
}

function wanted(address: PartnerAddress | undefined): PartnerAddress {
  if (address !== undefined) return address;
  throw new Failure('registration.invalid', { why: 'there is no address' });
}

function given(wish: PartnerToTest | undefined): PartnerToTest {
  if (wish !== undefined) return wish;
  throw new Failure('registration.invalid', { why: 'there are no values' });
}

function secretsOf(wish: PartnerToTest): Pick<PartnerAddress, 'password' | 'privateKey'> {
  secretsProblem(wish);
  const { password, privateKey } = wish;
  return {
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey }),
  };
}

async function nameStep(host: string): Promise<string> {
  if (isIP(host) !== 0) return 'an address, no name';
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address).join(', ');
}

/** Nobody logs in yet: a login that is refused shows that the key was the right one. */
async function hostKeyStep(address: PartnerAddress, signal: AbortSignal): Promise<string> {
  const nobody = { ...address, username: `sluis-${randomUUID().slice(0, 8)}` };
  const { host, port, hostKeys } = nobody;
  try {
    const link = await openPartnerLink({ ...nobody, password: randomUUID() }, { signal });
    await link.close();
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'channel.login-refused') throw error;
  }
  return `${host}:${String(port)} shows ${hostKeys.join(' or ')}`;
}

const rightsListed = 5;

async function rightsStep(link: PartnerLink, { pull, push }: PartnerToTest): Promise<string> {
  const found: string[] = [];
  for (const directory of new Set(Object.values(pull))) {
    let files = 0;
    for await (const page of listRemote(link, { directory, listingMs })) files += page.length;
    found.push(`${directory}: ${String(files)} files`);
  }
  for (const directory of new Set(Object.values(push))) {
    const path = temporaryPath(directory, `sluis-test-${randomUUID().slice(0, 8)}`);
    await writeRemote(link, { path, pieces: oneOf(Buffer.from('sluis')) });
    await removeRemote(link, path);
    found.push(`${directory}: writes and removes`);
  }
  return found.slice(0, rightsListed).join('; ');
}

/** A file under a temporary name, renamed to another temporary name, read back, removed. */
async function roundTripStep(link: PartnerLink, { push }: PartnerToTest): Promise<string> {
  const [directory] = Object.values(push);
  if (directory === undefined) return 'nothing is brought there: not tried';
  const content = randomBytes(probeBytes);
  const name = `sluis-test-${randomUUID().slice(0, 8)}`;
  const [first, second] = [temporaryPath(directory, name), joined(directory, `.${name}.part`)];
  const began = performance.now();
  await writeRemote(link, { path: first, pieces: oneOf(content) });
  try {
    await renameRemote(link, first, second);
  } catch (error) {
    await removeRemote(link, first);
    throw error;
  }
  const sha256 = await hashRemote(link, { path: second, bytes: content.length });
  await removeRemote(link, second);
  if (sha256 !== createHash('sha256').update(content).digest('hex')) {
    throw new Failure('channel.differs', { why: 'what came back is not what was sent' });
  }
  const ms = Math.round(performance.now() - began);
  return `64 KiB there and back in ${String(ms)} ms`;
}

// eslint-disable-next-line @typescript-eslint/require-await -- the shape of a stream, over one piece
async function* oneOf(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}

/** Words of the protocol and of the network, in words for people. */
function plain(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  // What the network says has words of its own.
  if (error.code === 'channel.unreachable' && error.cause !== undefined) return error.cause;
  const { code, facts } = error;
  const why = whyOf(code, facts);
  return why === undefined ? error : new Failure(code, { ...facts, why }, error);
}

function whyOf(code: Failure['code'], facts: Failure['facts']): string | undefined {
  const { shown = '', doing = '', reason = '' } = facts;
  if (code === 'channel.host-key') return `the server shows another key: ${String(shown)}`;
  if (code === 'channel.login-refused') return 'the server does not accept user, key or password';
  if (code === 'channel.refused') return `the server refused: ${String(doing)} (${String(reason)})`;
  if (code === 'channel.timed-out') return `no answer to: ${String(doing)}`;
  if (code === 'channel.differs') return 'the server does not hold what was written';
  return undefined;
}
