import { createHash } from 'node:crypto';
import { RequestRefused } from './problem.ts';

/**
 * A record with the version that a change must repeat in `If-Match`: a digest of what was shown, so
 * that whoever changes it has seen it as it is.
 */
export function versioned<T extends object>(record: T): T & { readonly version: string } {
  return { ...record, version: versionOf(record) };
}

/** @throws RequestRefused `request.stale` when the record is another than the caller saw */
export function checkVersion(record: object, version: string | undefined): void {
  if (versionOf(record) !== version) throw new RequestRefused('request.stale');
}

const versionCharacters = 22;

function versionOf(record: object): string {
  const sorted = Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
  const text = JSON.stringify(sorted);
  return createHash('sha256').update(text).digest('base64url').slice(0, versionCharacters);
}
