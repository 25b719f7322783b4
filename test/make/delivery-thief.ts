import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A line to a broker on which deliveries are lost, and nothing else. */
export interface DeliveryThief {
  readonly port: number;
  /** Deliveries that never reached the client. */
  stolen(): number;
  close(): Promise<void>;
}

const basicDeliver = 0x003c003c;
const frameMethod = 1;
const frameHeadBytes = 7;

/** Loses the first `count` deliveries: the method with the frames of its content. */
export async function deliveryThief(o: {
  readonly port: number;
  readonly count: number;
}): Promise<DeliveryThief> {
  const sockets = new Set<Socket>();
  let stolen = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const broker = connect({ host: '127.0.0.1', port: o.port, noDelay: true });
    const losing = new Set<number>();
    let rest = Buffer.alloc(0);
    const passes = (frame: Buffer): boolean => {
      const channel = frame.readUInt16BE(1);
      if (frame[0] !== frameMethod) return !losing.has(channel);
      losing.delete(channel);
      if (frame.readUInt32BE(frameHeadBytes) !== basicDeliver || stolen >= o.count) return true;
      stolen += 1;
      losing.add(channel);
      return false;
    };
    client.pipe(broker);
    broker.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      while (rest.length >= frameHeadBytes) {
        const bytes = frameHeadBytes + rest.readUInt32BE(3) + 1;
        if (rest.length < bytes) return;
        const frame = rest.subarray(0, bytes);
        rest = rest.subarray(bytes);
        if (passes(frame)) client.write(frame);
      }
    });
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        broker.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    stolen: () => stolen,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
