import { timingSafeEqual } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { Failure } from '../vocabulary/index.ts';
import { brokerCertificates, type BrokerCertificate } from './broker-certificates.ts';
import type { RegisterEndpoints } from './portal.ts';

/** What the broker may ask, and how it is decided. */
export interface BrokerAnswers {
  user(o: { readonly username: string; readonly password: string | undefined }): Promise<boolean>;
  vhost(o: { readonly username: string; readonly vhost: string }): Promise<boolean>;
  resource(o: {
    readonly username: string;
    readonly vhost: string;
    readonly resource: string;
    readonly name: string;
    readonly permission: string;
  }): Promise<boolean>;
}

export interface BrokerListener {
  readonly url: string;
  close(): Promise<void>;
}

const bodyBytesMax = 16 * 1024;
const requestMs = 10_000;
const fieldsMax = 32;

/**
 * Answers RabbitMQ's `rabbitmq_auth_backend_http`, and its `rabbitmq_trust_store` where a list is
 * given, on a listener of its own: whoever may ask here without a password is taken for the broker,
 * which has seen a certificate. Hence the secret in the path, and an address that only the broker
 * reaches.
 */
export async function startBrokerListener(o: {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly answers: BrokerAnswers;
  /** The list of the trust store; without it there is none under that path. */
  readonly certificates?: () => Promise<readonly BrokerCertificate[]>;
  readonly onDefect: (error: unknown) => void;
}): Promise<BrokerListener> {
  const { host, port } = o;
  const server = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestMs,
    requestIdHeader: false,
    forceCloseConnections: true,
  });
  // A broker that is not answered refuses: no is the safe word for whatever goes wrong.
  server.setErrorHandler((error, _request, reply) => {
    o.onDefect(error);
    return word(reply, false);
  });
  brokerQuestions(o.secret, o.answers)(server);
  if (o.certificates !== undefined) {
    void server.register(brokerCertificates(o.certificates, o.onDefect));
  }
  try {
    const url = await server.listen({ host, port });
    return { url, close: () => server.close() };
  } catch (error) {
    await server.close();
    throw new Failure('channel.listen', { host, port, what: 'questions of the broker' }, error);
  }
}

function brokerQuestions(secret: string, answers: BrokerAnswers): RegisterEndpoints {
  return (server: FastifyInstance) => {
    server.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: bodyBytesMax },
      (_request, body, done) => {
        done(null, fieldsOf(String(body)));
      },
    );
    server.addHook('onRequest', async (request, reply) => {
      const [, given = ''] = request.url.split('/');
      if (!isSame(given, secret)) await reply.code(404).send();
    });
    server.post('/:secret/user', async ({ body }, reply) => {
      const { username = '', password } = body as Fields;
      return word(reply, await answers.user({ username, password }));
    });
    server.post('/:secret/vhost', async ({ body }, reply) => {
      const { username = '', vhost = '' } = body as Fields;
      return word(reply, await answers.vhost({ username, vhost }));
    });
    server.post('/:secret/resource', async ({ body }, reply) => {
      const {
        username = '',
        vhost = '',
        resource = '',
        name = '',
        permission = '',
      } = body as Fields;
      return word(reply, await answers.resource({ username, vhost, resource, name, permission }));
    });
    // No technical user uses a topic exchange; the gateway's own user is not asked about here.
    server.post('/:secret/topic', (_request, reply) => word(reply, false));
  };
}

type Fields = Readonly<Partial<Record<string, string>>>;

/** A field that is given twice counts once, as first given. */
function fieldsOf(body: string): Fields {
  const pairs = [...new URLSearchParams(body)].slice(0, fieldsMax).toReversed();
  return Object.fromEntries(pairs);
}

function isSame(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function word(reply: FastifyReply, allowed: boolean): FastifyReply {
  return reply.type('text/plain').send(allowed ? 'allow' : 'deny');
}
