import { once } from 'node:events';
import { startGateway, type GatewayAddress } from '../gateway.ts';
import type { RegisterCommand } from './frame.ts';

/** `sluis serve`: the gateway, until it is told to stop. */
export const registerServe: RegisterCommand = (program, frame) => {
  program
    .command('serve')
    .description('runs the gateway until SIGTERM or SIGINT, which let running work end')
    .addHelpText('after', examples)
    .action(async () => {
      const office = await frame.office();
      for (const warning of office.settings.warnings) {
        office.log.warn('settings.warning', { says: warning });
      }
      const gateway = await startGateway(office);
      try {
        announce(gateway.address, frame.out);
        office.log.info('gateway.ready', listeners(gateway.address));
        if (!frame.stopped.aborted) await once(frame.stopped, 'abort');
        office.log.info('gateway.stopping');
      } finally {
        await gateway.stop();
      }
      office.log.info('gateway.stopped');
    });
};

/** Not under the name `url`, which the log masks wherever it stands. */
function listeners({ sftp, http }: GatewayAddress): Readonly<Record<string, unknown>> {
  return { ...sftp, http: http?.url, mutualTls: http?.mutualTlsUrl };
}

function announce(
  address: GatewayAddress,
  out: { line(value: unknown): void; print(text: string): void },
): void {
  out.line({ event: 'ready', ...address });
  const { sftp, http } = address;
  const places = [
    ...(sftp === null ? [] : [`sftp ${sftp.host}:${String(sftp.port)} ${sftp.hostKeys.join(' ')}`]),
    ...(http === null ? [] : [`http ${http.url}`]),
  ];
  out.print(`ready ${places.join(' · ')}`.trim());
}

const examples = `
One line on stdout says that every listener is ready; the log goes to stderr as JSON.

Examples:
  $ sluis serve
  $ sluis serve --data /var/lib/sluis --sftp-host 0.0.0.0
  $ sluis serve --sftp-port 0 --http-port 0 --json`;
