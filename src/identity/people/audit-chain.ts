import { createHash } from 'node:crypto';
import type { AuditRow } from './audit-ports.ts';

/** What the first event of a trail has for the hash before it. */
export const noHash = Buffer.alloc(32);

/**
 * SHA-256 over the hash before and the event in canonical JSON: members by name, no white space,
 * instants in UTC with milliseconds. Whoever changes, drops or moves an event changes every hash
 * after it.
 */
export function hashOf(prevHash: Buffer, event: Omit<AuditRow, 'hash' | 'prevHash'>): Buffer {
  const content = { ...event, seq: String(event.seq), at: event.at.toISOString() };
  return createHash('sha256').update(prevHash).update(canonicalJson(content)).digest();
}

/** JSON with one spelling for one value, as PostgreSQL's jsonb gives it back. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
