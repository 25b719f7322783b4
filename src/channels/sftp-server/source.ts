import type { Socket } from 'node:net';

/** Where a connection comes from: IPv4 in dotted form, also when it arrived over IPv6. */
export function sourceOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}
