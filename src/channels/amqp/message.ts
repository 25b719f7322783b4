import { createHash } from 'node:crypto';
import {
  elementsOf,
  fileName,
  isStorableName,
  isTemporaryName,
  type Environment,
  type NameElements,
} from '../../vocabulary/index.ts';
import { clipped, fault, fieldsOf, headerFaults, type HeaderFields } from './header.ts';
import type { AnnouncedFile, FileNote, HeaderFault, Identifies } from './ports.ts';

/** A message as the broker handed it over. */
export interface IncomingMessage {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, unknown>> | undefined;
  readonly messageId: string | undefined;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

/** Where it was found, and what is known of who brought it. */
export interface Arrival {
  readonly sender: string;
  readonly environment: Environment;
  /** Why the login is not accepted as the sender's own; undefined when it is. */
  readonly originFault: HeaderFault | undefined;
  readonly bodyBytesMax: number;
  readonly identifies: Identifies;
}

/** One file to land. */
export interface Piece {
  readonly name: string;
  readonly content: Buffer;
  readonly note: FileNote & { readonly messageKey: string };
}

/** What a message amounts to: files in the order they are to land, or nothing that can be answered. */
export type Reading =
  | { readonly kind: 'files'; readonly key: string; readonly pieces: readonly Piece[] }
  | { readonly kind: 'unusable'; readonly why: string };

const announcementType = 'application/json';
const announcementBytesMax = 64 * 1024;
const announcedMax = 18;

/**
 * Reads a message: one file of a set; or a whole set, when it carries its signature as a property;
 * or the announcement of files that were uploaded over SFTP. What is wrong with its header travels
 * with the file and ends in a receipt. Only a message that names no file cannot be answered.
 */
export function readMessage(message: IncomingMessage, arrival: Arrival): Reading {
  const fields = fieldsOf(message.headers);
  const name = fields.get('FileName');
  if (name === undefined) return { kind: 'unusable', why: 'it names no FileName' };
  if (!isStorableName(name) || isTemporaryName(name)) {
    return { kind: 'unusable', why: `no file can have the name ${clipped(name)}` };
  }
  const key = keyOf(message, fields, name);
  const elements = elementsOf(name);
  const announced = announcement(message, elements);
  const faults = [
    ...(arrival.originFault === undefined ? [] : [arrival.originFault]),
    ...sizeFaults(message, arrival),
    ...headerFaults(fields, {
      ...arrival,
      named: elements,
      body: message.body,
      contentEncoding: message.contentEncoding,
    }),
    ...(announced === 'unreadable' ? [fault('131', 'the announcement cannot be read')] : []),
  ];
  const tooLong = message.body.length > arrival.bodyBytesMax;
  const first: Piece = {
    name,
    // What is refused for its length is not kept: its name and its fault are all that is answered.
    content: tooLong ? Buffer.alloc(0) : message.body,
    note: {
      messageKey: key,
      faults,
      ...(announced === undefined || announced === 'unreadable' ? {} : { announced }),
    },
  };
  return { kind: 'files', key, pieces: [first, ...companions(fields, elements, key)] };
}

/** The signature and the GO of a set that came as one message. */
function companions(
  fields: HeaderFields,
  elements: NameElements | undefined,
  key: string,
): readonly Piece[] {
  const signature = fields.get('Signature');
  if (signature === undefined || elements?.prefix !== 'FI') return [];
  const { type, sender, date, sequence, parts, part } = elements;
  const set = {
    ...{ type, sender, date, sequence },
    // The letter is judged with the name; here it only has to come out as it went in.
    environment: elements.environment as Environment,
    parts: parts === undefined ? undefined : Number(parts),
  };
  const piece = (prefix: 'FS' | 'GO', content: Buffer): Piece => ({
    name: fileName(prefix, set, Number(part ?? 1)),
    content,
    note: { messageKey: `${key}/${prefix}`, faults: [] },
  });
  const signed = signature === '' ? [] : [piece('FS', Buffer.from(signature))];
  // A part of a larger set does not start it: its GO comes as a message of its own.
  const whole = parts === undefined || parts === '1';
  return whole ? [...signed, piece('GO', Buffer.alloc(0))] : signed;
}

function sizeFaults({ body }: IncomingMessage, { bodyBytesMax }: Arrival): HeaderFault[] {
  if (body.length <= bodyBytesMax) return [];
  const detail = `a message may have at most ${String(bodyBytesMax)} bytes, this one has ${String(body.length)}`;
  return [fault('184', detail)];
}

/**
 * What makes a repetition recognisable: the message id, or without one the header fields that are
 * the same only in a repetition (the published rule speaks of the same header twice).
 */
function keyOf({ messageId }: IncomingMessage, fields: HeaderFields, name: string): string {
  if (messageId !== undefined && messageId !== '') return `id:${messageId}`;
  const parts = ['FileReferenceNbr', 'MessageCreationDate', 'MessageCreationHour', 'UserId'];
  const text = [name, ...parts.map((part) => fields.get(part) ?? '')].join('\0');
  return `header:${createHash('sha256').update(text).digest('hex')}`;
}

function announcement(
  { body, contentType }: IncomingMessage,
  elements: NameElements | undefined,
): readonly AnnouncedFile[] | 'unreadable' | undefined {
  if (elements?.prefix !== 'GO' || contentType !== announcementType) return undefined;
  if (body.length > announcementBytesMax) return 'unreadable';
  try {
    const { files } = JSON.parse(body.toString('utf8')) as { readonly files?: unknown };
    if (!Array.isArray(files) || files.length === 0 || files.length > announcedMax) {
      return 'unreadable';
    }
    const read = files.map(announcedFile);
    return read.includes(undefined) ? 'unreadable' : read.flatMap((file) => file ?? []);
  } catch {
    // Not JSON: the sender is told that its announcement cannot be read.
    return 'unreadable';
  }
}

function announcedFile(value: unknown): AnnouncedFile | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, bytes, sha256 } = value as Partial<Record<keyof AnnouncedFile, unknown>>;
  if (typeof name !== 'string' || !isStorableName(name)) return undefined;
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) return undefined;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)) return undefined;
  return { name, bytes, sha256: sha256.toLowerCase() };
}
