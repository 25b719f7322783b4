import type { RegisteredUser, TechnicalUsers } from '../technical-users.ts';
import type { SenderStore, TechnicalUserRecord } from '../ports.ts';
import type { Caller } from './caller.ts';
import { emailIn, nameIn, openForm } from './form.ts';
import type { QualityRecord } from './qualities.ts';
import { act, isId, unknown } from './tools.ts';
import type { PeopleTools } from './tools.ts';

/** Whom to ask about what a technical user sends. */
export interface TechnicalContact {
  readonly name: string;
  readonly email: string;
  readonly phone?: string;
}

type RegisterWish = Omit<Parameters<TechnicalUsers['register']>[0], 'sender' | 'by'> & {
  /** Without: the caller's. */
  readonly qualityId?: string;
  readonly contact: TechnicalContact;
};

/**
 * Technical users as acts of access managers: logins of the channels of one quality, never of the
 * portal. The credentials themselves are the business of `technicalUsers`.
 */
export interface TechnicalAccounts {
  /** @throws Failure `registration.unknown` when the quality has no sender number yet */
  register(caller: Caller, wish: RegisterWish): Promise<RegisteredUser>;
  list(caller: Caller, qualityId?: string): Promise<readonly TechnicalUserRecord[]>;
  /** Its open connections are cut. */
  block(caller: Caller, username: string): Promise<void>;
  unblock(caller: Caller, username: string): Promise<void>;
  remove(caller: Caller, username: string): Promise<void>;
  setPassword(
    caller: Caller,
    o: { readonly username: string; readonly password: string },
  ): Promise<void>;
}

const listMax = 1_000;

export function openTechnicalAccounts(
  tools: PeopleTools,
  o: {
    readonly technicalUsers: TechnicalUsers;
    readonly senders: SenderStore;
  },
): TechnicalAccounts {
  const { technicalUsers, senders } = o;
  const change = async (
    caller: Caller,
    username: string,
    verb: 'block' | 'unblock' | 'remove',
  ): Promise<void> => {
    const { user, quality } = await managed(caller, username);
    await technicalUsers[verb]({ username: user.username, by: caller.name });
    await noteOn(tools, caller, quality, { verb, username: user.username });
  };
  const managed = async (
    caller: Caller,
    username: string,
  ): Promise<{ readonly user: TechnicalUserRecord; readonly quality: QualityRecord }> => {
    const user = await technicalUsers.find(username);
    const sender = user === undefined ? undefined : await senders.find(user.sender);
    const quality =
      sender === undefined
        ? undefined
        : await tools.store.qualityOf(sender.enterprise, sender.quality);
    if (user === undefined || quality === undefined) throw unknown('technical user');
    await demand(tools, caller, quality);
    return { user, quality };
  };
  return {
    register: (caller, wish) => register(tools, caller, o, wish),
    async list(caller, qualityId) {
      const quality = await qualityOf(tools, caller, qualityId);
      const number = await senderOf(o.senders, quality);
      return number === undefined ? [] : technicalUsers.list({ sender: number, max: listMax });
    },
    block: (caller, username) => change(caller, username, 'block'),
    unblock: (caller, username) => change(caller, username, 'unblock'),
    remove: (caller, username) => change(caller, username, 'remove'),
    async setPassword(caller, { username, password }) {
      const { user, quality } = await managed(caller, username);
      await technicalUsers.setPassword({ username: user.username, password, by: caller.name });
      await noteOn(tools, caller, quality, { verb: 'set-password', username: user.username });
    },
  };
}

async function register(
  tools: PeopleTools,
  caller: Caller,
  o: { readonly technicalUsers: TechnicalUsers; readonly senders: SenderStore },
  { qualityId, contact, ...wish }: RegisterWish,
): Promise<RegisteredUser> {
  const quality = await qualityOf(tools, caller, qualityId);
  const form = openForm();
  const name = nameIn(form, 'contact.name', contact.name);
  const email = emailIn(form, 'contact.email', contact.email);
  if (email === undefined) form.fault('contact.email', 'required');
  const phone = contact.phone ?? '';
  if (phone !== '' && !/^\+?[0-9 ./()-]{6,25}$/.test(phone)) form.fault('contact.phone', 'phone');
  form.settle();
  const sender = await senderOf(o.senders, quality);
  if (sender === undefined) throw unknown('sender number');
  const registered = await o.technicalUsers.register({ ...wish, sender, by: caller.name });
  const { username } = registered.user;
  const kept = { name, email: email ?? '', ...(phone === '' ? {} : { phone }) };
  await act(tools, caller, async ({ rows, note }) => {
    await rows.setContact(username, kept);
    note({
      ...{ event: 'user_created', action: 'technical-user.register' },
      ...{ target: `technical-user ${username}`, enterprise: quality.enterprise },
      ...{ qualityId: quality.id, after: { sender, contact: kept } },
    });
  });
  return registered;
}

async function qualityOf(
  tools: PeopleTools,
  caller: Caller,
  given: string | undefined,
): Promise<QualityRecord> {
  const id = given ?? caller.qualityId ?? '';
  const quality = isId(id) ? await tools.store.quality(id) : undefined;
  if (quality === undefined) {
    // Asked all the same: who may nowhere hears that, not whether the quality is there.
    await tools.authority.demand(caller, 'technical-user.manage', { what: 'quality' });
    throw unknown('quality');
  }
  await demand(tools, caller, quality);
  return quality;
}

async function senderOf(
  senders: SenderStore,
  { enterprise, type }: QualityRecord,
): Promise<string | undefined> {
  return (await senders.ofQuality(enterprise, type))?.number;
}

function demand(tools: PeopleTools, caller: Caller, quality: QualityRecord): Promise<void> {
  const { enterprise, id } = quality;
  const what = `quality ${id}`;
  return tools.authority.demand(caller, 'technical-user.manage', {
    ...{ enterprise, qualityId: id, what },
  });
}

async function noteOn(
  tools: PeopleTools,
  caller: Caller,
  { enterprise, id }: QualityRecord,
  o: { readonly verb: string; readonly username: string },
): Promise<void> {
  await tools.audit.record(caller, {
    ...{ event: 'user_updated', action: `technical-user.${o.verb}` },
    ...{ target: `technical-user ${o.username}`, enterprise, qualityId: id },
  });
}
