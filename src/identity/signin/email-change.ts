import { randomUUID } from 'node:crypto';
import { Failure } from '../../vocabulary/index.ts';
import { passwordPoints } from '../throttle.ts';
import { codeFailuresMax, lockName, nameOf, requirePassword } from './proof.ts';
import { canonicalCode, newCode } from './secret-codes.ts';
import { callerOf, type OpenSession } from './sessions.ts';
import { requireStage } from './stages.ts';
import type { SignInTools } from './tools.ts';

/** A person's own address: a new one counts once a code sent there has come back. */
export interface EmailChange {
  /**
   * Sends a code to the new address. Asks for the password again.
   *
   * @throws Failure `registration.invalid` (no address), `identity.refused`
   */
  request(
    session: OpenSession,
    o: { readonly address: string; readonly password?: string },
  ): Promise<void>;
  /** Stores the address, and tells the old one. @throws Failure `signin.code-refused` */
  confirm(session: OpenSession, o: { readonly code: string }): Promise<{ readonly email: string }>;
}

const codeMs = 24 * 3_600_000;
const addressCharactersMax = 254;

/** One address and nothing else: no name beside it, no second one, nothing that ends a header line. */
export function isAddress(text: string): boolean {
  if (text.length > addressCharactersMax) return false;
  return /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i.test(
    text,
  );
}

export function openEmailChange(tools: SignInTools): EmailChange {
  return {
    request: (session, o) => request(tools, session, o),
    confirm: (session, { code }) => confirm(tools, session, code),
  };
}

async function request(
  tools: SignInTools,
  session: OpenSession,
  o: { readonly address: string; readonly password?: string },
): Promise<void> {
  requireStage(session, 'open');
  const address = o.address.trim();
  if (!isAddress(address)) {
    throw new Failure('registration.invalid', { what: 'email', why: 'it is no e-mail address' });
  }
  const person = await requirePassword(tools, session, o.password);
  const code = newCode();
  const createdAt = tools.clock.now();
  const hash = await tools.hash.make(canonicalCode(code) ?? code);
  await tools.store.atomically(async (store, trx) => {
    await store.codes.insert({
      ...{ id: randomUUID(), personId: person.id, purpose: 'email-change', hash },
      ...{ facts: { address }, failures: 0, createdBy: person.username, createdAt },
      expiresAt: new Date(createdAt.getTime() + codeMs),
    });
    const data = { name: nameOf(person), code, address };
    const letter = { template: 'email-confirm', to: address, language: session.language } as const;
    await tools.letters.send({ ...letter, data, secret: true }, trx);
  });
}

async function confirm(
  tools: SignInTools,
  session: OpenSession,
  typed: string,
): Promise<{ readonly email: string }> {
  requireStage(session, 'open');
  const { personId, username, source } = session;
  const attempt = { username: lockName('email-code', username), source };
  if (!(await tools.throttle.admits({ ...attempt, passwordAlone: false }))) {
    throw new Failure('signin.code-refused');
  }
  const now = tools.clock.now();
  const code = await tools.store.codes.current(personId, ['email-change'], now, codeFailuresMax);
  const text = canonicalCode(typed);
  const right =
    code !== undefined && text !== undefined && (await tools.hash.matches(code.hash, text));
  if (!right) {
    if (code !== undefined) await tools.store.codes.fail(code.id);
    await tools.throttle.punish({
      ...{ ...attempt, points: passwordPoints, passwordAlone: false, accountExists: true },
    });
    throw new Failure('signin.code-refused');
  }
  const email = code.facts['address'] ?? '';
  await store(tools, session, { codeId: code.id, email });
  return { email };
}

async function store(
  tools: SignInTools,
  session: OpenSession,
  o: { readonly codeId: string; readonly email: string },
): Promise<void> {
  const at = tools.clock.now();
  await tools.store.atomically(async (inside, trx) => {
    const person = await inside.persons.byId(session.personId);
    const mine = await inside.codes.use(o.codeId, at);
    if (!mine || person === undefined) throw new Failure('signin.code-refused');
    await inside.persons.setEmail(person.id, o.email, at);
    await tools.audit.record(
      callerOf(session),
      {
        ...{ event: 'user_updated', action: 'email.change', target: person.username },
        ...{ result: 'done', before: { email: person.email ?? '' }, after: { email: o.email } },
      },
      trx,
    );
    if (person.email === undefined) return;
    const data = { name: nameOf(person), username: person.username };
    const { language } = person;
    await tools.letters.send({ template: 'email-changed', to: person.email, language, data }, trx);
  });
}
