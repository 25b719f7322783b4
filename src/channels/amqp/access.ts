import type { LoginAccount, LoginReason, Logins } from '../ports.ts';
import * as names from './names.ts';
import type { AmqpAccount } from './ports.ts';

/** What the broker asks before it lets somebody do something. */
export interface BrokerQuestions {
  /** Without a password the broker has taken the certificate of the connection for proof. */
  user(o: { readonly username: string; readonly password: string | undefined }): Promise<boolean>;
  vhost(o: { readonly username: string; readonly vhost: string }): Promise<boolean>;
  resource(o: ResourceQuestion): Promise<boolean>;
}

export interface ResourceQuestion {
  readonly username: string;
  readonly vhost: string;
  readonly resource: string;
  readonly name: string;
  readonly permission: string;
}

/** A certificate that stands for a login. */
export interface LoginCertificate {
  readonly username: string;
  /** The subject as the broker writes it, which becomes the name of the connection's user. */
  readonly subject: string;
  readonly der: Buffer;
}

export interface AccessPorts {
  readonly logins: Logins;
  /** Certificates in force that an authority issued, of active accounts. */
  certificates(): Promise<readonly LoginCertificate[]>;
  /** Whether logins of a sender are heard over AMQP: not while its channel is suspended or closed. */
  hears(sender: string): Promise<boolean>;
  /**
   * Whether the broker checks client certificates by authorities of its own (`cacertfile`), so that
   * a question without a password is proof of the subject. Its trust store does not do: it compares
   * issuer and serial number alone, which anybody can put into a certificate.
   */
  readonly trustsCertificates: boolean;
}

/** What the throttle counts attempts under: the broker does not tell where a client calls from. */
const source = 'amqp';

/**
 * Answers the broker. A login is a technical user's own, with the credential it was registered for:
 * its password where that alone is enough, its certificate where its key alone is. It may write to
 * its sender's exchange and its own, and read its sender's answers and events; nothing else.
 */
export function openAccess(ports: AccessPorts, vhost: string): BrokerQuestions {
  const { logins } = ports;

  async function byPassword(username: string, password: string): Promise<boolean> {
    const method = 'password';
    const note = async (reason: LoginReason): Promise<boolean> => {
      const outcome = reason === 'ok' ? 'accepted' : 'refused';
      await logins.note({ username, source, outcome, reason, method });
      return reason === 'ok';
    };
    if (!(await logins.admit({ username, source, method }))) return note('throttled');
    const account = await logins.accountFor(username);
    const matches = await logins.passwordMatches(account, password);
    if (account === undefined) return note('unknown-account');
    if (account.blocked) return note('blocked');
    if (!(await ports.hears(account.senderNumber))) return note('method-not-allowed');
    if (account.auth !== 'password') return note('method-not-allowed');
    return note(matches ? 'ok' : 'wrong-password');
  }

  async function byCertificate(subject: string): Promise<boolean> {
    const account = await ownerOf(ports, subject);
    const username = account?.username ?? subject;
    const heard = account !== undefined && (await ports.hears(account.senderNumber));
    const allowed = ports.trustsCertificates && (account === undefined || heard);
    const reason = allowed ? certificateReason(account) : 'method-not-allowed';
    const outcome = reason === 'ok' ? 'accepted' : 'refused';
    await logins.note({ username, source, outcome, reason, method: 'certificate' });
    return reason === 'ok';
  }

  return {
    user: ({ username, password }) =>
      password === undefined ? byCertificate(username) : byPassword(username, password),
    async vhost(o) {
      return o.vhost === vhost && (await activeAccount(ports, o.username)) !== undefined;
    },
    async resource(o) {
      if (o.vhost !== vhost) return false;
      const account = await activeAccount(ports, o.username);
      return account !== undefined && isOwn(account, o);
    },
  };
}

function certificateReason(account: LoginAccount | undefined): LoginReason {
  if (account === undefined) return 'unknown-account';
  if (account.blocked) return 'blocked';
  return account.auth === 'publickey' ? 'ok' : 'method-not-allowed';
}

function isOwn(account: LoginAccount, { resource, name, permission }: ResourceQuestion): boolean {
  const { senderNumber: sender, username } = account;
  if (resource === 'exchange') {
    const exchanges = [names.inboundExchange(sender), names.loginExchange(username)];
    return permission === 'write' && exchanges.includes(name);
  }
  const queues = [
    ...names.environments.map((environment) => names.outboundQueue(sender, environment)),
    names.eventsQueue(sender),
  ];
  return resource === 'queue' && permission === 'read' && queues.includes(name);
}

/** The account a name of the broker's belongs to: a login, or the subject of a certificate. */
async function activeAccount(
  ports: AccessPorts,
  username: string,
): Promise<LoginAccount | undefined> {
  const account = await accountOf(ports, username);
  if (account?.blocked !== false) return undefined;
  return (await ports.hears(account.senderNumber)) ? account : undefined;
}

async function accountOf(ports: AccessPorts, username: string): Promise<LoginAccount | undefined> {
  return username.includes('=') ? ownerOf(ports, username) : ports.logins.accountFor(username);
}

/** Whose certificate has this subject; nobody's when those of two logins have it. */
async function ownerOf(ports: AccessPorts, subject: string): Promise<LoginAccount | undefined> {
  const certificates = await ports.certificates();
  const owners = new Set(
    certificates.filter((one) => one.subject === subject).map(({ username }) => username),
  );
  const [owner, another] = owners;
  if (owner === undefined || another !== undefined) return undefined;
  return ports.logins.accountFor(owner);
}

/** Reads `user-id`, which the broker vouches for. Also of accounts blocked since they published. */
export async function publisherOf(
  ports: AccessPorts,
  userId: string,
): Promise<AmqpAccount | undefined> {
  const account = await accountOf(ports, userId);
  return account && { ...account };
}
