import type { Environment, InDirectory } from '../../vocabulary/index.ts';
import { inDirectories } from '../../vocabulary/index.ts';

/** Routing keys and the ends of queue names: what integrators read, so words instead of letters. */
export const environmentWords: Readonly<Record<Environment, string>> = {
  R: 'production',
  T: 'test',
  S: 'simulation',
};

/** Where a message goes that no attempt could land, on its way to the quarantine. */
export const deadName = 'sluis.dead';
/** Where such messages rest until somebody looks at them. */
export const quarantineName = 'sluis.quarantine';
/** Topic exchange on which the turnings of every batch are told: `SENDER.ENVIRONMENT.EVENT`. */
export const eventsExchange = 'sluis.events';

/** A sender's exchange: its logins write to it, and say in `user-id` which of them they are. */
export const inboundExchange = (sender: string): string => `in.${sender}`;
/** One login's exchange, for clients that cannot set `user-id`: only that login may write to it. */
export const loginExchange = (username: string): string => `as.${username}`;
export const inboundQueue = (sender: string, environment: Environment): string =>
  `in.${sender}.${environmentWords[environment]}`;
export const outboundQueue = (sender: string, environment: Environment): string =>
  `out.${sender}.${environmentWords[environment]}`;
export const eventsQueue = (sender: string): string => `events.${sender}`;

export const eventRoutingKey = (o: {
  readonly sender: string;
  readonly environment: Environment;
  readonly event: string;
}): string => `${o.sender}.${environmentWords[o.environment]}.${o.event}`;

/** What the name of an inbound queue says; undefined for the name of anything else. */
export function inboundQueueOf(
  name: string,
): { readonly sender: string; readonly environment: Environment } | undefined {
  const [, sender, word] = /^in\.(\d{6})\.([a-z]+)$/.exec(name) ?? [];
  const environment = environments.find((letter) => environmentWords[letter] === word);
  return sender === undefined || environment === undefined ? undefined : { sender, environment };
}

/** The login that a login's exchange belongs to. */
export function loginOfExchange(name: string): string | undefined {
  return /^as\.([a-z0-9]{1,64})$/.exec(name)?.[1];
}

export const environments: readonly Environment[] = ['R', 'T', 'S'];

export function directoryOf(environment: Environment): InDirectory {
  return inDirectories[environment];
}

/** Everything sluis provisions for senders, and nothing else in the virtual host. */
export const ownNames = /^(?:in|out)\.\d{6}(?:\.[a-z]+)?$|^as\.[a-z0-9]+$|^events\.\d{6}$/;
