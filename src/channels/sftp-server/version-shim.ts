import type { Socket } from 'node:net';
import type { Connection, Server, SFTPWrapper } from 'ssh2';
import { packetBytesMax, transferBytesMax } from './limits.ts';

/*
 * Everything that reaches into ssh2 past its documented face, for version 1.17.0 exactly: its
 * server half sends a constant VERSION packet, has no EXTENDED_REPLY, no exit status for SFTP
 * channels, and tells nobody how much it holds back for a client that does not read. A test fails
 * when a release changes any of this.
 */

interface Wire {
  channelData(channel: number, data: Buffer): void;
  exitStatus(channel: number, status: number): void;
}

interface Internals {
  _protocol: Wire;
  readonly _buffer: readonly Buffer[];
  readonly outgoing: { readonly id: number; readonly state: string; window: number };
}

function internalsOf(sftp: SFTPWrapper): Internals {
  return sftp as unknown as Internals;
}

/** Extensions we answer, as OpenSSH names and versions them (its PROTOCOL file, section 4). */
const extensions: readonly (readonly [string, string])[] = [
  ['limits@openssh.com', '1'],
  ['posix-rename@openssh.com', '1'],
  ['fsync@openssh.com', '1'],
];

const plainVersion = Buffer.from([0, 0, 0, 5, 2, 0, 0, 0, 3]);
const extendedReplyType = 201;

/** Makes the coming VERSION packet name our extensions. Call before the client's INIT is read. */
export function announceExtensions(sftp: SFTPWrapper): void {
  const inner = internalsOf(sftp);
  const wire = inner._protocol;
  const packet = versionPacket();
  const extra = packet.length - plainVersion.length;
  const once = Object.create(wire) as Wire;
  once.channelData = (channel, data) => {
    inner._protocol = wire;
    const fits = plainVersion.equals(data) && inner.outgoing.window >= extra;
    if (fits) inner.outgoing.window -= extra;
    wire.channelData(channel, fits ? packet : data);
  };
  inner._protocol = once;
}

function versionPacket(): Buffer {
  const texts = extensions.flat().map(sshString);
  const packet = Buffer.concat([plainVersion, ...texts]);
  packet.writeUInt32BE(packet.length - 4, 0);
  return packet;
}

function sshString(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/**
 * Answers `limits@openssh.com`. False when the client's window has no room for it, which no client
 * that asks it first can bring about: then the request is to be answered as unsupported.
 */
export function replyLimits(sftp: SFTPWrapper, id: number, handlesMax: number): boolean {
  const inner = internalsOf(sftp);
  const packet = Buffer.alloc(4 + 1 + 4 + 4 * 8);
  if (holdsBack(sftp) || inner.outgoing.window < packet.length) return false;
  packet.writeUInt32BE(packet.length - 4, 0);
  packet[4] = extendedReplyType;
  packet.writeUInt32BE(id, 5);
  [packetBytesMax, transferBytesMax, transferBytesMax, handlesMax].forEach((value, index) => {
    packet.writeBigUInt64BE(BigInt(value), 9 + index * 8);
  });
  inner.outgoing.window -= packet.length;
  inner._protocol.channelData(inner.outgoing.id, packet);
  return true;
}

/** Whether answers wait for the client to open its window. */
export function holdsBack(sftp: SFTPWrapper): boolean {
  const inner = internalsOf(sftp);
  return inner._buffer.length > 0 || inner.outgoing.window === 0;
}

/** How many answers wait for the client to open its window. */
export function answersHeldBack(sftp: SFTPWrapper): number {
  return internalsOf(sftp)._buffer.length;
}

/**
 * Ends the channel as a program that went well. Without the status scp reports failure; without
 * the close every OpenSSH client waits for ever.
 */
export function exitWell(sftp: SFTPWrapper): void {
  const inner = internalsOf(sftp);
  if (inner.outgoing.state === 'open') inner._protocol.exitStatus(inner.outgoing.id, 0);
  sftp.end();
}

/** The socket beneath a connection, which ssh2 keeps to itself. */
export function socketOf(connection: Connection): Socket {
  return (connection as unknown as { readonly _sock: Socket })._sock;
}

/** Hands a socket accepted elsewhere to the server; it has this method and its types do not. */
export function injectSocket(server: Server, socket: Socket): void {
  (server as unknown as { injectSocket(socket: Socket): void }).injectSocket(socket);
}
