import type { AddressFacts, Inlet } from '../contract.ts';
import { startSftpServer, type SftpServer, type SftpServerOptions } from './sftp-server.ts';

export interface SftpInletOptions extends SftpServerOptions {
  /** Told of the server once it listens; what it returns is stopped before the server is. */
  readonly opened?: (server: SftpServer) => Promise<{ stop(): Promise<void> }>;
}

/** The SFTP server as an inlet. Its address facts are `host`, `port` and `hostKeys`. */
export function sftpInlet(options: SftpInletOptions): Inlet {
  let server: SftpServer | undefined;
  let beside: { stop(): Promise<void> } | undefined;
  return {
    async start(): Promise<AddressFacts> {
      const started = await startSftpServer(options);
      server = started;
      beside = await options.opened?.(started);
      return { host: started.host, port: started.port, hostKeys: started.hostKeys };
    },
    async stop({ drainMs }) {
      await beside?.stop();
      await server?.stop({ drainMs });
    },
  };
}
