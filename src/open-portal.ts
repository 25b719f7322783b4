import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Office } from './compose.ts';
import { eboxDesk } from './ebox-access.ts';
import { checkHealth } from './operations/index.ts';
import {
  accessOf,
  apiEndpoints,
  proxiesOf,
  startPortal,
  type ApiSettings,
  type Portal,
  type TlsIdentity,
} from './portal/index.ts';
import type { Settings } from './settings.ts';
import { Failure } from './vocabulary/index.ts';

/**
 * The HTTP side as the settings ask for it.
 *
 * @throws Failure `settings.invalid`, `cli.unreadable`, `seal.unreadable`, `channel.listen`
 */
export async function openPortal(office: Office): Promise<Portal> {
  const { settings, log, identity, clock } = office;
  const tls = await tlsOf(settings);
  const contact = contactOf(settings);
  return startPortal({
    host: settings.httpHost,
    port: settings.httpPort,
    health: () => checkHealth(office.checks),
    bodyBytesMax: settings.httpBodyBytesMax,
    api: {
      access: accessOf(identity),
      parts: {
        ...{ identity, clock, mail: office.mail, mandates: office.mandates },
        ...{ ebox: eboxDesk(office), contact },
      },
      endpoints: apiEndpoints,
      settings: apiSettingsOf(settings),
    },
    ...(tls === undefined ? {} : { tls }),
    ...(settings.httpMtlsPort === undefined
      ? {}
      : { mutualTls: { port: settings.httpMtlsPort, authorities: await authoritiesOf(office) } }),
    onDefect: (error) => {
      log.error('portal.defect', { error });
    },
  });
}

/** Browsers offer a choice among certificates of these, so that people see only those that fit. */
async function authoritiesOf({ identity }: Office): Promise<string[]> {
  const { anchors } = await identity.trust.trustList();
  return anchors.map(({ der }) => new X509Certificate(der).toString());
}

async function tlsOf(settings: Settings): Promise<TlsIdentity | undefined> {
  const { httpTlsCert, httpTlsKey, httpMtlsPort } = settings;
  if (httpTlsCert === undefined && httpTlsKey === undefined) {
    if (httpMtlsPort === undefined) return undefined;
    throw new Failure('settings.invalid', { httpMtlsPort: 'needs httpTlsCert and httpTlsKey' });
  }
  if (httpTlsCert === undefined || httpTlsKey === undefined) {
    const missing = httpTlsCert === undefined ? 'httpTlsCert' : 'httpTlsKey';
    throw new Failure('settings.invalid', { [missing]: 'a certificate and its key go together' });
  }
  return { certificate: await readable(httpTlsCert), key: await readable(httpTlsKey) };
}

async function readable(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new Failure('cli.unreadable', { file }, error);
  }
}

function apiSettingsOf(settings: Settings): ApiSettings {
  const { httpProxySecret: secret, portalUrl } = settings;
  const origin = portalUrl === undefined ? undefined : new URL(portalUrl).origin;
  const list = (settings.httpTrustedProxies ?? '').split(/[\s,]+/).filter((one) => one !== '');
  return {
    ...(origin === undefined ? {} : { origin }),
    limits: {
      sourceRequestsPerMinuteMax: settings.httpSourceRequestsMax,
      sessionRequestsPerMinuteMax: settings.httpSessionRequestsMax,
      loginRequestsPerMinuteMax: settings.httpLoginRequestsMax,
      recoveryRequestsPerMinuteMax: settings.httpRecoveryRequestsMax,
    },
    proxies: { ...proxiesOf(list), ...(secret === undefined ? {} : { secret }) },
  };
}

function contactOf(settings: Settings): {
  readonly phone?: string;
  readonly email?: string;
  readonly url?: string;
  readonly hours: string;
} {
  const { contactPhone: phone, contactEmail: email, contactUrl: url, contactHours } = settings;
  return {
    ...(phone === undefined ? {} : { phone }),
    ...(email === undefined ? {} : { email }),
    ...(url === undefined ? {} : { url }),
    hours: contactHours,
  };
}
