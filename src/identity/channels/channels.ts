import {
  Failure,
  parseSenderNumber,
  type Clock,
  type Environment,
  type SenderNumber,
} from '../../vocabulary/index.ts';
import type { IdentityJournal, SenderRecord, SenderStore } from '../ports.ts';
import { senderNumber } from '../senders.ts';
import { oneLine } from '../text.ts';
import { channelProblem, hearsLogins, type Exchanged } from './admission.ts';
import { readContact } from './contact.ts';
import { openings, typesOf } from './openings.ts';
import {
  channelNames,
  everyType,
  type Actor,
  type ChannelAct,
  type ChannelChange,
  type ChannelKey,
  type ChannelName,
  type ChannelRecord,
  type ChannelState,
  type ChannelStore,
  type ContactRecord,
} from './ports.ts';
import { stepOf } from './transitions.ts';

/** What an act is about; without type or environment, every line of the channel it applies to. */
export interface ChannelWish {
  readonly sender: string;
  readonly channel: string;
  readonly type?: string;
  readonly environment?: string;
  readonly actor: Actor;
  readonly reason?: string;
}

/** Which channels a sender may use, for what, and how far each has come. */
export interface Channels {
  list(o: {
    readonly sender?: string;
    readonly channel?: string;
    readonly state?: ChannelState;
    readonly max: number;
  }): Promise<readonly ChannelRecord[]>;
  /** Newest first. */
  history(o: { readonly sender: string; readonly max: number }): Promise<readonly ChannelChange[]>;
  /**
   * Asks for a channel: for one type or all, one environment or all that the sender has.
   *
   * @throws Failure `registration.invalid`, `registration.unknown` (the sender),
   * `registration.step-refused` when it is registered already
   */
  request(o: ChannelWish): Promise<readonly ChannelRecord[]>;
  /**
   * From requested to test, from test to production.
   *
   * @throws Failure as `request`; `registration.untested` when production is asked before a circuit
   * test of the type was accepted over the channel
   */
  advance(o: ChannelWish): Promise<readonly ChannelRecord[]>;
  /** Nothing is taken and no login heard; answers that wait are kept. @throws as `request` */
  suspend(o: ChannelWish): Promise<readonly ChannelRecord[]>;
  /** Goes on where it was suspended. @throws as `request` */
  resume(o: ChannelWish): Promise<readonly ChannelRecord[]>;
  /** For good; it may be asked for anew. @throws as `request` */
  close(o: ChannelWish): Promise<readonly ChannelRecord[]>;
  /**
   * An operator's act: whatever the sender may exchange is in production over the channel, unless it
   * was registered before, in whatever state. Gives the lines it made.
   */
  open(o: {
    readonly sender: string;
    readonly channel: ChannelName;
    readonly actor: Actor;
  }): Promise<readonly ChannelRecord[]>;
  contactOf(sender: string): Promise<ContactRecord>;
  /** @throws Failure `registration.invalid`, `registration.unknown` */
  setContact(o: {
    readonly sender: string;
    readonly contact: { readonly name: string; readonly email: string; readonly phone?: string };
    readonly actor: Actor;
  }): Promise<ContactRecord>;
  /** Without a channel, answers leave by the channel their set came by. @throws as `setContact` */
  setAnswers(o: {
    readonly sender: string;
    readonly channel?: string;
    readonly actor: Actor;
  }): Promise<ContactRecord>;
  /** Why a set may not come in this way (reception check 12); undefined when it may. */
  problem(o: Exchanged & { readonly sender: string }): Promise<ReturnType<typeof channelProblem>>;
  /** Whether the sender's logins are heard over the channel. */
  hears(o: { readonly sender: string; readonly channel: string }): Promise<boolean>;
  /** The channel that the answers on a set leave by. */
  answersBy(o: { readonly sender: string; readonly cameBy: string }): Promise<string>;
}

interface Tools {
  readonly store: ChannelStore;
  readonly senders: Pick<SenderStore, 'find'>;
  readonly journal: IdentityJournal;
  readonly clock: Clock;
}

export function openChannels(tools: Tools): Channels {
  const { store } = tools;
  const acts = (act: ChannelAct) => (o: ChannelWish) => change(tools, act, o);
  const linesOf = async (sender: string): Promise<readonly ChannelRecord[]> => {
    const number = parseSenderNumber(sender);
    return number === undefined ? [] : store.of(number);
  };
  return {
    list: ({ sender, channel, state, max }) =>
      store.list({
        ...(sender === undefined ? {} : { sender: senderNumber(sender) }),
        ...(channel === undefined ? {} : { channel: channelName(channel) }),
        ...(state === undefined ? {} : { state }),
        max,
      }),
    history: ({ sender, max }) => store.history({ sender: senderNumber(sender), max }),
    request: acts('request'),
    advance: acts('advance'),
    suspend: acts('suspend'),
    resume: acts('resume'),
    close: acts('close'),
    open: (o) => openAtOnce(tools, o),
    async contactOf(sender) {
      const record = await knownSender(tools, sender);
      return (await store.contactOf(record.number)) ?? { sender: record.number };
    },
    setContact: (o) =>
      saveContact(tools, o, (before) => ({ ...before, contact: readContact(o.contact) })),
    setAnswers: (o) =>
      saveContact(tools, o, ({ sender, contact }) => ({
        sender,
        ...(contact === undefined ? {} : { contact }),
        ...(o.channel === undefined ? {} : { answersBy: channelName(o.channel) }),
      })),
    problem: async (o) => channelProblem(await linesOf(o.sender), o),
    hears: async ({ sender, channel }) => hearsLogins(await linesOf(sender), channel),
    async answersBy({ sender, cameBy }) {
      const number = parseSenderNumber(sender);
      const record = number === undefined ? undefined : await store.contactOf(number);
      return record?.answersBy ?? cameBy;
    },
  };
}

async function change(
  tools: Tools,
  act: ChannelAct,
  wish: ChannelWish,
): Promise<readonly ChannelRecord[]> {
  const { store, clock } = tools;
  const sender = await knownSender(tools, wish.sender);
  const channel = channelName(wish.channel);
  const lines = await store.of(sender.number);
  const keys = keysOf(act, { sender, channel, lines, wish });
  const { by, as = 'operator' } = wish.actor;
  const reason = wish.reason === undefined ? {} : { reason: oneLine(wish.reason) };
  const changes: Parameters<ChannelStore['change']>[0][number][] = [];
  for (const key of keys) {
    const record = lines.find((line) => isOf(line, key));
    const step = stepOf({ act, record, as });
    // Of a whole channel, the lines that can take the step take it.
    if (step.kind === 'impossible' && keys.length > 1) continue;
    if (step.kind !== 'step') throw refused(act, key, record, step.kind);
    if (step.needsTest) await needTest(tools, key, record);
    const from = record?.state ?? null;
    const resumesTo = step.to === 'suspended' ? { resumesTo: resumable(record) } : {};
    changes.push({
      ...key,
      act,
      from,
      to: step.to,
      at: clock.now(),
      by,
      as,
      ...reason,
      ...resumesTo,
    });
  }
  const [first] = keys;
  if (changes.length === 0) {
    const { number } = sender;
    const key = first ?? {
      sender: number,
      channel,
      type: wish.type ?? everyType,
      environment: 'R',
    };
    throw refused(act, key, undefined, 'impossible');
  }
  if (!(await store.change(changes))) {
    throw new Failure('registration.step-refused', { act, why: 'it was changed meanwhile' });
  }
  await record(tools, { act, sender: sender.number, channel, by, count: changes.length });
  const after = await store.of(sender.number);
  return after.filter((line) => changes.some((one) => isOf(line, one)));
}

/** The lines an act is about: those there are, or, for a request, those there are to be. */
function keysOf(
  act: ChannelAct,
  o: {
    readonly sender: SenderRecord;
    readonly channel: ChannelName;
    readonly lines: readonly ChannelRecord[];
    readonly wish: ChannelWish;
  },
): readonly ChannelKey[] {
  const { sender, channel, lines, wish } = o;
  const type = wish.type === undefined ? undefined : typeName(wish.type);
  const environment =
    wish.environment === undefined ? undefined : environmentOf(wish.environment, sender);
  if (act === 'request') {
    const types = type === undefined ? typesOf(sender) : [type];
    const environments = environment === undefined ? sender.environments : [environment];
    return types.flatMap((one) =>
      environments.map((other) => keyOf(sender.number, channel, one, other)),
    );
  }
  return lines
    .filter((line) => line.channel === channel)
    .filter((line) => type === undefined || line.type === type)
    .filter((line) => environment === undefined || line.environment === environment)
    .map((line) => keyOf(line.sender, line.channel, line.type, line.environment));
}

function keyOf(
  sender: SenderNumber,
  channel: ChannelName,
  type: string,
  environment: Environment,
): ChannelKey {
  return { sender, channel, type, environment };
}

function isOf(line: ChannelKey, key: ChannelKey): boolean {
  const { sender, channel, type, environment } = key;
  return (
    line.sender === sender &&
    line.channel === channel &&
    line.type === type &&
    line.environment === environment
  );
}

function resumable(record: ChannelRecord | undefined): 'requested' | 'test' | 'production' {
  const state = record?.state;
  return state === 'test' || state === 'production' ? state : 'requested';
}

function refused(
  act: ChannelAct,
  key: ChannelKey,
  record: ChannelRecord | undefined,
  kind: 'impossible' | 'not-allowed',
): Failure {
  const { sender, channel, type, environment } = key;
  const why =
    kind === 'not-allowed'
      ? 'this role may not do that'
      : `it is ${record === undefined ? 'not registered' : record.state}`;
  return new Failure('registration.step-refused', {
    ...{ act, sender, channel, type, environment, why },
  });
}

async function needTest(
  { store }: Tools,
  key: ChannelKey,
  record: ChannelRecord | undefined,
): Promise<void> {
  if (key.environment !== 'R' || record === undefined) return;
  const { sender, channel, type } = key;
  const seen = await store.testTraffic({ sender, channel, type, since: record.requestedAt });
  if (seen !== undefined) return;
  throw new Failure('registration.untested', { sender, channel, type });
}

async function openAtOnce(
  tools: Tools,
  o: { readonly sender: string; readonly channel: ChannelName; readonly actor: Actor },
): Promise<readonly ChannelRecord[]> {
  const { store, clock } = tools;
  const sender = await knownSender(tools, o.sender);
  const { by, as = 'operator' } = o.actor;
  const lines = await store.of(sender.number);
  if (lines.some((line) => line.channel === o.channel)) return [];
  const changes = openings(sender, o.channel, { by, at: clock.now() });
  for (const { act } of changes) {
    if (stepOf({ act, record: undefined, as }).kind !== 'step') {
      throw new Failure('registration.step-refused', { act, why: 'this role may not do that' });
    }
  }
  // False when another command opened it at the same moment: then it is open.
  if (!(await store.change(changes))) return [];
  return store.of(sender.number);
}

async function saveContact(
  tools: Tools,
  o: { readonly sender: string; readonly actor: Actor },
  next: (before: ContactRecord) => ContactRecord,
): Promise<ContactRecord> {
  const { number } = await knownSender(tools, o.sender);
  const record = next((await tools.store.contactOf(number)) ?? { sender: number });
  await tools.store.saveContact({ ...record, at: tools.clock.now(), by: o.actor.by });
  await tools.journal.record({
    ...{ level: 'info', code: 'identity.contact-changed', sender: number },
    facts: { operator: o.actor.by },
  });
  return record;
}

async function record(
  { journal }: Tools,
  o: {
    readonly act: ChannelAct;
    readonly sender: SenderNumber;
    readonly channel: ChannelName;
    readonly by: string;
    readonly count: number;
  },
): Promise<void> {
  await journal.record({
    ...{ level: 'info', code: 'identity.channel-changed', sender: o.sender },
    facts: { act: o.act, channel: o.channel, operator: o.by, lines: o.count },
  });
}

async function knownSender({ senders }: Tools, text: string): Promise<SenderRecord> {
  const number = senderNumber(text);
  const record = await senders.find(number);
  if (record !== undefined) return record;
  throw new Failure('registration.unknown', { what: 'sender', sender: number });
}

function channelName(text: string): ChannelName {
  const found = channelNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw new Failure('registration.invalid', {
    what: 'channel',
    value: oneLine(text),
    why: `one of these is expected: ${channelNames.join(', ')}`,
  });
}

function typeName(text: string): string {
  const type = text.toUpperCase();
  if (type === everyType || /^[A-Z]{4}$/.test(type)) return type;
  throw new Failure('registration.invalid', {
    what: 'message type',
    value: oneLine(text),
    why: 'a type has four letters, such as MEDC; * is every type',
  });
}

function environmentOf(text: string, sender: SenderRecord): Environment {
  const found = sender.environments.find((one) => one === text);
  if (found !== undefined) return found;
  throw new Failure('registration.invalid', {
    what: 'environment',
    value: oneLine(text),
    why: `sender ${sender.number} has ${sender.environments.join(', ')}`,
  });
}
