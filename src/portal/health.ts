import type { FastifyInstance } from 'fastify';
import type { HealthReport } from '../operations/index.ts';

const reportAgeMsMax = 1000;

/**
 * `live`: the process answers. `ready`: it can take work; 503 when something is wrong. Probes are
 * unauthenticated, so they tell states and names, never addresses or messages.
 */
export function registerHealth(server: FastifyInstance, health: () => Promise<HealthReport>): void {
  const ask = sharing(health);
  server.get('/health/live', () => ({ state: 'ok' }));
  server.get('/health/ready', async (_request, reply) => {
    const { state, lines } = await ask();
    const checks = lines.map((line) => ({ name: line.name, state: line.state }));
    void reply.code(state === 'wrong' ? 503 : 200);
    return { state, checks };
  });
}

/** Many probes at once are one look: nobody should be able to load the database by asking. */
function sharing(health: () => Promise<HealthReport>): () => Promise<HealthReport> {
  let latest: { readonly at: number; readonly report: Promise<HealthReport> } | undefined;
  return () => {
    if (latest === undefined || performance.now() - latest.at > reportAgeMsMax) {
      latest = { at: performance.now(), report: health() };
    }
    return latest.report;
  };
}
