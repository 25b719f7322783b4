import { readFileSync } from 'node:fs';
import { openManagement, type Management } from './channels/index.ts';
import type { HealthCheck, Verdict } from './operations/index.ts';
import type { Settings } from './settings.ts';
import { failureOf } from './vocabulary/index.ts';

/** Where the broker is, read from the settings. */
export interface BrokerPlace {
  /** Always with a virtual host. */
  readonly url: string;
  readonly managementUrl: string;
  readonly vhost: string;
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string | undefined;
}

const managementPort = 15_672;
const defaultPorts = { 'amqp:': 5_672, 'amqps:': 5_671 } as const;
const vhostDefault = 'sluis';

/** Undefined when no broker is set. */
export function brokerPlaceOf(
  settings: Pick<Settings, 'amqpUrl' | 'amqpManagementUrl' | 'amqpCa'>,
): BrokerPlace | undefined {
  if (settings.amqpUrl === undefined) return undefined;
  const address = new URL(settings.amqpUrl);
  const vhost = decodeURIComponent(address.pathname.slice(1)) || vhostDefault;
  address.pathname = `/${encodeURIComponent(vhost)}`;
  const { protocol, hostname, username, password } = address;
  const derived = `http://${username}:${password}@${hostname}:${String(managementPort)}`;
  const fallback = protocol === 'amqps:' ? defaultPorts['amqps:'] : defaultPorts['amqp:'];
  return {
    ...{ url: address.href, vhost, host: hostname },
    managementUrl: settings.amqpManagementUrl ?? derived,
    port: address.port === '' ? fallback : Number(address.port),
    ca: settings.amqpCa === undefined ? undefined : readFileSync(settings.amqpCa, 'utf8'),
  };
}

export function managementOf({ managementUrl: url, vhost }: BrokerPlace): Management {
  return openManagement({ url, vhost });
}

const pluginsNeeded = ['rabbitmq_auth_backend_http'];
const pluginsForCertificates = ['rabbitmq_auth_mechanism_ssl'];

/** What doctor and the readiness probe say of the broker. SFTP goes on without it: a warning. */
export function brokerChecks(
  settings: Pick<Settings, 'amqpUrl' | 'amqpManagementUrl' | 'amqpCa' | 'amqpAuthSecret'>,
): HealthCheck[] {
  if (settings.amqpUrl === undefined) return [];
  return [{ name: 'broker', run: () => brokerVerdicts(settings) }];
}

async function brokerVerdicts(settings: Parameters<typeof brokerChecks>[0]): Promise<Verdict[]> {
  const secret: Verdict[] =
    settings.amqpAuthSecret === undefined
      ? [
          {
            state: 'warning',
            says: 'no SLUIS_AMQP_AUTH_SECRET: no technical user can log in over AMQP',
            remedy: 'set it, and the same in rabbitmq.conf (docs/deploy.md)',
          },
        ]
      : [];
  try {
    const place = brokerPlaceOf(settings);
    if (place === undefined) return [];
    const broker = managementOf(place);
    const [version, plugins] = [await broker.version(), await broker.plugins()];
    return [
      { state: 'ok', says: `RabbitMQ ${version}, virtual host ${place.vhost}` },
      ...pluginVerdicts(plugins),
      ...secret,
    ];
  } catch (error) {
    const { code, facts } = failureOf(error);
    const says = `the broker's management API does not answer (${code} ${JSON.stringify(facts)})`;
    const remedy = 'check SLUIS_AMQP_URL, SLUIS_AMQP_MANAGEMENT_URL and rabbitmq_management';
    return [{ state: 'warning', says, remedy }, ...secret];
  }
}

function pluginVerdicts(running: readonly string[]): Verdict[] {
  // A broker tells its plugins only some seconds after its start.
  if (running.length === 0) return [];
  const absent = (names: readonly string[]): string =>
    names.filter((name) => !running.includes(name)).join(' ');
  const needed = absent(pluginsNeeded);
  const optional = absent(pluginsForCertificates);
  return [
    ...(needed === ''
      ? []
      : [
          {
            state: 'warning' as const,
            says: `${needed} is not enabled: no technical user can log in`,
            remedy: `rabbitmq-plugins enable ${needed}`,
          },
        ]),
    ...(optional === ''
      ? []
      : [{ state: 'ok' as const, says: `login by certificate is off: ${optional} not enabled` }]),
  ];
}
