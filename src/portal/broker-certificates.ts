import type { FastifyInstance } from 'fastify';

/** A certificate as the broker's list of them names and brings it. */
export interface BrokerCertificate {
  /** SHA-256 of it, 64 lowercase hex digits: another certificate is another entry. */
  readonly id: string;
  readonly pem: string;
}

/**
 * Answers the HTTP provider of RabbitMQ's `rabbitmq_trust_store`: a list under `/SECRET/certificates`,
 * and each certificate under the path the list gives. What fails is told as such, so that the broker
 * goes on with the list it has.
 */
export function brokerCertificates(
  certificates: () => Promise<readonly BrokerCertificate[]>,
  onDefect: (error: unknown) => void,
): (server: FastifyInstance, o: object, done: () => void) => void {
  return (server, _options, done) => {
    server.setErrorHandler((error, _request, reply) => {
      onDefect(error);
      return reply.code(503).send();
    });
    server.get('/:secret/certificates', async () => {
      const all = await certificates();
      return { certificates: all.map(({ id }) => ({ id, path: `/${id}` })) };
    });
    server.get('/:secret/certificates/:id', async ({ params }, reply) => {
      const { id } = params as { readonly id: string };
      const found = (await certificates()).find((one) => one.id === id);
      if (found === undefined) return reply.code(404).send();
      return reply.type('application/x-pem-file').send(found.pem);
    });
    done();
  };
}
