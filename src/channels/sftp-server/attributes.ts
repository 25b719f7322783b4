import type { Attributes } from 'ssh2';
import type { Entry } from '../ports.ts';

const directoryMode = 0o040750;
const fileMode = 0o100640;

export function directoryAttributes(now: Date): Attributes {
  const seconds = secondsOf(now);
  return { mode: directoryMode, uid: 0, gid: 0, size: 0, atime: seconds, mtime: seconds };
}

export function fileAttributes(entry: Pick<Entry, 'bytes' | 'modifiedAt'>): Attributes {
  const seconds = secondsOf(entry.modifiedAt);
  return { mode: fileMode, uid: 0, gid: 0, size: entry.bytes, atime: seconds, mtime: seconds };
}

function secondsOf(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const recentMs = 182 * 24 * 3_600_000;

/** The line `ls -l` prints. Several clients read size and date from it and not from the attributes. */
export function longName(options: {
  readonly name: string;
  readonly directory: boolean;
  readonly bytes: number;
  readonly modifiedAt: Date;
  readonly now: Date;
}): string {
  const { name, directory, bytes, modifiedAt, now } = options;
  const month = months[modifiedAt.getUTCMonth()] ?? '';
  const day = String(modifiedAt.getUTCDate()).padStart(2);
  const recent = Math.abs(now.getTime() - modifiedAt.getTime()) < recentMs;
  const tail = recent
    ? modifiedAt.toISOString().slice(11, 16)
    : ` ${String(modifiedAt.getUTCFullYear())}`;
  const rights = directory ? 'drwxr-x---' : '-rw-r-----';
  return `${rights}    1 sluis    sluis    ${String(bytes).padStart(12)} ${month} ${day} ${tail} ${name}`;
}
