import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import { brusselsDate, brusselsHour, Failure, failureOf } from '../../vocabulary/index.ts';
import type {
  DeliveryReceipt,
  EventMessage,
  EventSink,
  Outlet,
  Parcel,
  ParcelPart,
} from '../contract.ts';
import { keepConnected, rest, type BrokerConnection } from './connection.ts';
import { anyForms } from './header.ts';
import * as names from './names.ts';

export interface AmqpOutletLimits {
  /** How long the broker may take to confirm one message. */
  readonly confirmMs: number;
  /** Longer answers go in numbered pieces. */
  readonly pieceBytesMax: number;
  /** How long a delivery waits for a connection. */
  readonly connectMs: number;
}

export const amqpOutletLimits: AmqpOutletLimits = {
  confirmMs: 30_000,
  pieceBytesMax: 8 * 1024 ** 2,
  connectMs: 10_000,
};

export interface AmqpOutletOptions {
  readonly url: string;
  readonly ca?: string;
  /** `files`: FO, FS and GO are a message each. `set`: one message, its signature a property. */
  readonly answers: 'files' | 'set';
  readonly failed: (error: unknown) => void;
  readonly limits?: Partial<AmqpOutletLimits>;
}

/** Brings answers to the senders' queues, and the turnings of batches to the topic exchange. */
export interface AmqpOutlet extends Outlet, EventSink {}

interface Publication {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly options: Options.Publish & { readonly messageId: string };
}

const setFileBytesMax = 4 * 1024 ** 2;
const setSignatureBytesMax = 64 * 1024;
const lookAgainMs = 50;

export function openAmqpOutlet(o: AmqpOutletOptions): AmqpOutlet {
  const limits: AmqpOutletLimits = { ...amqpOutletLimits, ...o.limits };
  const answers = keepLine({ ...o, limits, name: 'sluis outlet' });
  // Theirs alone: a queue of events that confirms nothing holds no answer up.
  const events = keepLine({ ...o, limits, name: 'sluis events' });
  return {
    async deliver(parcel, signal): Promise<DeliveryReceipt> {
      const queue = queueOf(parcel);
      const set = o.answers === 'set' ? await wholeSet(parcel, queue) : undefined;
      if (set !== undefined) {
        await answers.publish(set, signal);
        return { reference: set.options.messageId };
      }
      // In their order, each confirmed before the next: whoever sees the GO has the others.
      for (const file of parcel.files) {
        for await (const piece of piecesOf(file, limits.pieceBytesMax)) {
          await answers.publish(messageOf(parcel, file, queue, piece), signal);
        }
      }
      return { reference: parcel.id };
    },
    isAway: () => answers.isAway(),
    async publish(messages, signal) {
      await Promise.all(messages.map((message) => events.publish(eventOf(message), signal)));
    },
    async close() {
      await Promise.all([answers.close(), events.close()]);
    },
  };
}

/** A connection with one channel, that come back by themselves. */
interface KeptLine {
  publish(publication: Publication, signal: AbortSignal): Promise<void>;
  /** True from a failure until it is back. */
  isAway(): boolean;
  close(): Promise<void>;
}

function keepLine(o: {
  readonly url: string;
  readonly ca?: string;
  readonly name: string;
  readonly failed: (error: unknown) => void;
  readonly limits: AmqpOutletLimits;
}): KeptLine {
  const { limits } = o;
  const userId = decodeURIComponent(new URL(o.url).username);
  const ending = new AbortController();
  let line: Line | undefined;
  let away = false;
  const connection: BrokerConnection = keepConnected({
    ...{ url: o.url, name: o.name, ...(o.ca === undefined ? {} : { ca: o.ca }) },
    async opened(model) {
      line = await openLine(model, () => {
        connection.renew();
      });
      away = false;
    },
    failed: (error) => {
      line = undefined;
      away = true;
      if (!ending.signal.aborted) o.failed(error);
    },
  });

  async function present(signal: AbortSignal): Promise<Line> {
    const deadline = performance.now() + limits.connectMs;
    while (line?.isOpen() !== true || connection.current() === undefined) {
      if (performance.now() > deadline || signal.aborted || ending.signal.aborted) {
        throw new Failure('channel.unreachable', { what: 'broker' });
      }
      await rest(lookAgainMs, signal);
    }
    return line;
  }

  return {
    async publish(publication, signal) {
      const options = { ...publication.options, userId, persistent: true };
      const { confirmMs } = limits;
      const used = await present(signal);
      try {
        await used.publish({ ...publication, options }, { confirmMs, signal });
      } catch (error) {
        // A channel that waits for a queue that is not there takes nothing more in, for anybody.
        const deaf = failureOf(error).code === 'channel.timed-out';
        if (deaf && used === line && !ending.signal.aborted) {
          line = undefined;
          connection.renew();
        }
        throw error;
      }
    },
    isAway: () => away,
    async close() {
      ending.abort();
      await connection.stop();
    },
  };
}

/** One channel with confirms. */
interface Line {
  isOpen(): boolean;
  publish(
    publication: Publication,
    o: { readonly confirmMs: number; readonly signal: AbortSignal },
  ): Promise<void>;
}

async function openLine(model: ChannelModel, lost: () => void): Promise<Line> {
  const channel = await model.createConfirmChannel();
  const returned = new Set<string>();
  let open = true;
  channel.on('error', () => undefined);
  channel.once('close', () => {
    open = false;
    lost();
  });
  // A message that reaches no queue is returned first and confirmed after.
  channel.on('return', ({ properties }) => {
    const id: unknown = properties.messageId;
    if (typeof id === 'string') returned.add(id);
  });
  return {
    isOpen: () => open,
    async publish(publication, { confirmMs, signal }) {
      const { messageId } = publication.options;
      returned.delete(messageId);
      await confirmed(channel, publication, { confirmMs, signal });
      if (returned.delete(messageId)) {
        throw new Failure('channel.unroutable', { queue: publication.routingKey });
      }
    },
  };
}

function confirmed(
  channel: ConfirmChannel,
  { exchange, routingKey, body, options }: Publication,
  o: { readonly confirmMs: number; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (failure: Failure): void => {
      clearTimeout(late);
      o.signal.removeEventListener('abort', cut);
      reject(failure);
    };
    const late = setTimeout(() => {
      give(new Failure('channel.timed-out', { what: 'publisher confirm', ms: o.confirmMs }));
    }, o.confirmMs);
    const cut = (): void => {
      give(new Failure('channel.timed-out', { what: 'publisher confirm', reason: 'cut off' }));
    };
    if (o.signal.aborted) {
      cut();
      return;
    }
    o.signal.addEventListener('abort', cut, { once: true });
    try {
      channel.publish(exchange, routingKey, body, options, (error: unknown) => {
        if (error !== null && error !== undefined) {
          give(new Failure('channel.refused', { queue: routingKey }, error));
          return;
        }
        clearTimeout(late);
        o.signal.removeEventListener('abort', cut);
        resolve();
      });
    } catch (error) {
      give(new Failure('channel.unreachable', { what: 'broker' }, error));
    }
  });
}

function queueOf({ sender, environment, id }: Parcel): string {
  if (sender === undefined) throw new Failure('channel.unroutable', { parcel: id });
  return names.outboundQueue(sender, environment);
}

interface Piece {
  readonly body: Buffer;
  readonly number: number;
  readonly count: number;
}

/** A file in pieces of at most so many bytes; an empty file is one piece. */
async function* piecesOf(file: ParcelPart, bytesMax: number): AsyncGenerator<Piece> {
  const count = Math.max(Math.ceil(file.bytes / bytesMax), 1);
  let number = 1;
  let gathered: Buffer[] = [];
  let bytes = 0;
  for await (let data of file.open()) {
    while (bytes + data.length > bytesMax) {
      gathered.push(data.subarray(0, bytesMax - bytes));
      yield { body: Buffer.concat(gathered), number, count };
      data = data.subarray(bytesMax - bytes);
      [gathered, bytes, number] = [[], 0, number + 1];
    }
    gathered.push(data);
    bytes += data.length;
  }
  if (bytes > 0 || number === 1) yield { body: Buffer.concat(gathered), number, count };
}

function messageOf(parcel: Parcel, file: ParcelPart, queue: string, piece: Piece): Publication {
  const { body, number, count } = piece;
  const pieces = count > 1 ? { Piece: number, Pieces: count } : {};
  const messageId = `${parcel.id}/${file.name}${count > 1 ? `/${String(number)}` : ''}`;
  return {
    exchange: '',
    routingKey: queue,
    body,
    options: {
      messageId,
      mandatory: true,
      correlationId: parcel.ticket,
      type: parcel.kind,
      contentType: contentTypeOf(file.name),
      timestamp: Math.floor(parcel.createdAt.getTime() / 1000),
      headers: { ...headersOf(parcel, file, body.length), ...pieces },
    },
  };
}

/** One message with its signature as a property, when both are short enough for one. */
async function wholeSet(parcel: Parcel, queue: string): Promise<Publication | undefined> {
  const [answer, signature] = parcel.files;
  if (answer === undefined || signature === undefined) return undefined;
  if (answer.bytes > setFileBytesMax || signature.bytes > setSignatureBytesMax) return undefined;
  const body = await wholeOf(answer);
  const message = messageOf(parcel, answer, queue, { body, number: 1, count: 1 });
  const headers = {
    ...(message.options.headers as object),
    Signature: (await wholeOf(signature)).toString('utf8'),
  };
  return { ...message, options: { ...message.options, headers } };
}

async function wholeOf(file: ParcelPart): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of file.open()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The same fields as a sender's header, so that one reader serves both ways. */
function headersOf(
  { kind, environment, ticket, createdAt }: Parcel,
  { name, sha256, bytes }: ParcelPart,
  length: number,
): Readonly<Record<string, string | number>> {
  const compressed = name.startsWith('CO.');
  return {
    FileName: name,
    Identification: identifications[kind],
    Environment: environment,
    FileReferenceNbr: ticket.slice(0, 13).padEnd(13, '0'),
    WebChannel: 0,
    DirectoryEnvironment: 0,
    UserId: '999999',
    FormReferenceNbr: anyForms,
    ContentsStatus: 0,
    SectorPointId: '0',
    DataFormat: 0,
    MessageCreationDate: brusselsDate(createdAt),
    MessageCreationHour: brusselsHour(createdAt),
    ErrorId: '',
    Compressed: compressed ? 1 : 0,
    LengthNonCompressed: compressed ? 0 : length,
    LengthCompressed: compressed ? length : 0,
    FileSha256: sha256,
    FileBytes: bytes,
  };
}

const identifications: Readonly<Record<Parcel['kind'], string>> = {
  ACRF: 'ACRF001',
  NOTI: 'NOTI001',
  STAT: 'STAT001',
  ROUT: 'ROUT001',
};

function contentTypeOf(name: string): string {
  if (name.startsWith('CO.')) return 'application/zip';
  if (name.startsWith('FO.')) return 'application/xml';
  return name.startsWith('FS.') ? 'text/plain' : 'application/octet-stream';
}

function eventOf(event: EventMessage): Publication {
  return {
    exchange: names.eventsExchange,
    routingKey: names.eventRoutingKey(event),
    body: Buffer.from(JSON.stringify(event)),
    options: {
      messageId: event.id,
      contentType: 'application/json',
      type: event.event,
      correlationId: event.ticket,
      timestamp: Math.floor(Date.parse(event.at) / 1000),
    },
  };
}
