import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Office } from './compose.ts';
import { checkHealth } from './operations/index.ts';
import { startPortal, type Portal, type TlsIdentity } from './portal/index.ts';
import type { Settings } from './settings.ts';
import { Failure } from './vocabulary/index.ts';

/**
 * The HTTP side as the settings ask for it.
 *
 * @throws Failure `settings.invalid`, `cli.unreadable`, `seal.unreadable`, `channel.listen`
 */
export async function openPortal(office: Office): Promise<Portal> {
  const { settings, log } = office;
  const tls = await tlsOf(settings);
  return startPortal({
    host: settings.httpHost,
    port: settings.httpPort,
    health: () => checkHealth(office.checks),
    bodyBytesMax: settings.httpBodyBytesMax,
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
