import type { FastifyRequest } from 'fastify';
import type { Caller, OpenSession } from '../../identity/index.ts';
import { Failure } from '../../vocabulary/index.ts';
import { bearerTokenOf, sessionTokenOf } from './cookies.ts';
import { isForeign, isUnsafe, repeatsToken } from './csrf.ts';
import { actionsOf, type Endpoint } from './endpoint.ts';
import type { Access } from './ports.ts';
import { RequestRefused } from './problem.ts';
import type { Rates } from './rates.ts';

/** Who a request is from, as far as the endpoint wants to know. */
export interface Admitted {
  readonly session?: OpenSession | undefined;
  readonly caller?: Caller | undefined;
}

export interface AdmitOptions {
  readonly access: Access;
  readonly rates: Rates;
  readonly origin: string | undefined;
}

/**
 * Decides, before a byte of the body is read, whether a request may go on: how often, from where,
 * by whom, at which stage of his login, in which role.
 *
 * @throws RequestRefused, Failure `access.denied`
 */
export async function admit(
  request: FastifyRequest,
  endpoint: Endpoint,
  { access, rates, origin }: AdmitOptions,
): Promise<Admitted> {
  await rates.bySource[endpoint.rate ?? 'usual'](request);
  const bearer = bearerTokenOf(request);
  if (bearer !== undefined && endpoint.action !== 'public') {
    return admitBearer(request, endpoint, { access, rates, bearer });
  }
  // A login that another site starts would put its own account under the victim's hands.
  if (isUnsafe(request.method) && isForeign(request, origin)) {
    throw new RequestRefused('request.foreign');
  }
  const session = await sessionOf(request, access);
  // From here on refusals too are told in the language of the person.
  request.spoken = session?.language;
  if (endpoint.action === 'public') return { session };
  if (session === undefined) throw new RequestRefused('request.no-session');
  await rates.bySession(request);
  if (isUnsafe(request.method) && !repeatsToken(request, session.csrfHash)) {
    throw new RequestRefused('request.csrf');
  }
  if (!(endpoint.stages ?? ['open']).includes(session.stage)) {
    throw new RequestRefused('request.stage', { stage: session.stage });
  }
  const { caller } = session;
  if (endpoint.action !== 'own') await admitRole(caller, endpoint, access);
  return { session, caller };
}

async function sessionOf(
  request: FastifyRequest,
  access: Access,
): Promise<OpenSession | undefined> {
  const token = sessionTokenOf(request);
  return token === undefined ? undefined : access.openSession(token, { source: request.ip });
}

/** Browsers never send this header by themselves, so nothing of CSRF applies. */
async function admitBearer(
  request: FastifyRequest,
  endpoint: Endpoint,
  { access, rates, bearer }: Omit<AdmitOptions, 'origin'> & { readonly bearer: string },
): Promise<Admitted> {
  const caller = await access.openToken(bearer, { source: request.ip });
  const byToken = endpoint.byToken ?? endpoint.action !== 'own';
  if (caller === undefined || !byToken) throw new RequestRefused('request.no-session');
  request.spoken = caller.language;
  await rates.bySession(request);
  if (endpoint.action !== 'own') await admitRole(caller, endpoint, access);
  return { caller };
}

async function admitRole(
  caller: Caller | undefined,
  endpoint: Endpoint,
  access: Access,
): Promise<void> {
  if (caller === undefined) throw new RequestRefused('request.no-session');
  const actions = actionsOf(endpoint);
  if (actions.some((action) => access.mayEver(caller.role, action))) return;
  const action = actions[0] ?? endpoint.id;
  await access.refused(caller, { action, target: endpoint.id });
  throw new Failure('access.denied', { action, rule: 'role' });
}
