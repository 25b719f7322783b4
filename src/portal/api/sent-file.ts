import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import type { SentFile } from './ports.ts';

/** The answer of an endpoint that sends a file and no JSON. */
export const sentFile = z.custom<SentFile>();

export function sendsFile({ answer }: Pick<Endpoint, 'answer'>): boolean {
  return answer === sentFile;
}

/**
 * Sends a file for the client to keep: never as a page of ours, whatever it holds. The digest (RFC
 * 9530) lets the client see that it is whole.
 */
export function sendFile(reply: FastifyReply, file: SentFile): FastifyReply {
  const digest = Buffer.from(file.sha256, 'hex').toString('base64');
  return reply
    .headers({
      'content-type': 'application/octet-stream',
      'content-length': file.bytes,
      'content-disposition': dispositionOf(file.name),
      'content-security-policy': "default-src 'none'; sandbox",
      'repr-digest': `sha-256=:${digest}:`,
    })
    .send(Readable.from(file.content, { objectMode: false }));
}

/** RFC 6266: a plain name for everybody, and the whole one as RFC 8187 writes it. */
export function dispositionOf(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._-]/g, '_');
  const whole = encodeURIComponent(name.replace(/\p{Cs}/gu, '_')).replace(
    /['()*!]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}
