import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A line between a client and a server on loopback, that can be cut and can lose what is said. */
export interface LineProxy {
  readonly port: number;
  /** Cuts every connection and takes no new one until `comeBack`. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** The next thing the server says in answer to the client is lost, and the line with it. */
  loseNextAnswer(): void;
  /** From now on nothing the client says reaches the server. */
  holdBack(): void;
  /** Of every connection, so many bytes of what the client says reach the server, and no more. */
  holdAfter(bytes: number): void;
  /** From now on nothing the server says reaches the client, on connections there are. */
  unhear(): void;
  /** Connections there are fall silent, both ways, and stay; those made later are whole. */
  silence(): void;
  /** How many times clients have said something that reached the server. */
  passed(): number;
  /** Resolves once a client has said something that was held back. */
  asked(): Promise<void>;
  close(): Promise<void>;
}

export async function lineProxy(target: { readonly port: number }): Promise<LineProxy> {
  const sockets = new Set<Socket>();
  const silent = new Set<Socket>();
  const unheard = new Set<Socket>();
  let losing = false;
  let heldAfter = Infinity;
  let holding = false;
  let passed = 0;
  let heard = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const join = (client: Socket): void => {
    const server = connect({ host: '127.0.0.1', port: target.port, noDelay: true });
    const cut = (): void => {
      client.destroy();
      server.destroy();
    };
    let waits = false;
    let said = 0;
    client.on('data', (data) => {
      if (silent.has(client) || said >= heldAfter) return;
      if (holding) {
        heard();
        return;
      }
      waits = losing;
      const passing = data.subarray(0, heldAfter - said);
      said += passing.length;
      passed += 1;
      server.write(passing);
    });
    server.on('data', (data) => {
      if (silent.has(server) || unheard.has(server)) return;
      if (losing && waits) {
        losing = false;
        cut();
        return;
      }
      client.write(data);
    });
    for (const socket of [client, server]) {
      sockets.add(socket);
      // Lines that break are what this is for.
      socket.on('error', cut);
      socket.once('close', () => {
        sockets.delete(socket);
        silent.delete(socket);
        unheard.delete(socket);
        cut();
      });
    }
  };
  let listening: Server = await listenOn(0, join);
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  const goAway = async (): Promise<void> => {
    if (!listening.listening) return;
    const closed = once(listening, 'close');
    listening.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port,
    goAway,
    async comeBack() {
      listening = await listenOn(port, join);
    },
    loseNextAnswer() {
      losing = true;
    },
    holdBack() {
      holding = true;
    },
    holdAfter(bytes) {
      heldAfter = bytes;
    },
    unhear() {
      for (const socket of sockets) unheard.add(socket);
    },
    silence() {
      for (const socket of sockets) silent.add(socket);
    },
    passed: () => passed,
    asked: () => asked,
    close: goAway,
  };
}

async function listenOn(port: number, join: (client: Socket) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, join).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
