import { resolve } from 'node:path';

/**
 * One setting, as data. Its names follow from `env` alone: `SLUIS_SFTP_HOST` is `sftpHost` in the
 * file and `--sftp-host` on the command line. A secret has no flag, since every process of the
 * machine can read a command line.
 */
export interface Setting<T> {
  readonly env: `SLUIS_${string}`;
  readonly type: string;
  /** As it would be written; `{data}` stands for the data directory. Absent: no value. */
  readonly fallback: string | undefined;
  readonly secret: boolean;
  /** One sentence for operators. */
  readonly says: string;
  /** The value, or undefined when the text is not of this type. */
  readonly read: (text: string) => T | undefined;
}

/** What every kind of setting is told. */
export interface Words {
  readonly env: `SLUIS_${string}`;
  readonly fallback: string;
  readonly says: string;
}

/** The same for a setting that may have no value. */
export type OptionalWords = Omit<Words, 'fallback'> & { readonly secret?: boolean };

/** Units of a duration, ascending. */
export const millisecondsOf: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  y: 365 * 86_400_000,
};

/** Reads `500ms`, `30s`, `5m`, `4h`, `90d` or `10y` (years of 365 days) as milliseconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d|y)$/.exec(text.trim());
  if (match === null) return undefined;
  const milliseconds = Number(match[1]) * (millisecondsOf[match[2] ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}

/** Units of a size, ascending. */
export const bytesOf: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** Reads `1048576`, `512KiB`, `16MiB` or `2GiB` as bytes. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15})\s?((?:[KMGT]iB)?)$/.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Number(match[1]) * (bytesOf[match[2] ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function integerBetween(min: number, max: number): (text: string) => number | undefined {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  };
}

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

/** A setting that always has a value. */
export type Given<T> = Setting<T> & { readonly fallback: string };

/** A whole number within limits, both included. */
export const integer = (words: Words, min: number, max: number): Given<number> => ({
  ...words,
  secret: false,
  type: `number ${String(min)}..${String(max)}`,
  read: integerBetween(min, max),
});
/** Milliseconds. */
export const duration = (words: Words): Given<number> => ({
  ...words,
  secret: false,
  type: 'duration (500ms 30s 5m 4h 90d 10y)',
  read: parseDuration,
});
/** Bytes. */
export const size = (words: Words): Given<number> => ({
  ...words,
  secret: false,
  type: 'size (512KiB 16MiB 2GiB)',
  read: parseBytes,
});
/** A switch. */
export const yesNo = (words: Words): Given<boolean> => ({
  ...words,
  secret: false,
  type: 'yes or no',
  read: (text) => booleans[text.toLowerCase()],
});
/** A host name or an address to listen on. */
export const host = (words: Words): Given<string> => ({
  ...words,
  secret: false,
  type: 'host name or address',
  read: (text) => (/^[A-Za-z0-9.:_%-]{1,253}$/.test(text) ? text : undefined),
});
/** A directory, made absolute from where the command is run. */
export const folder = (words: Words): Given<string> => ({
  ...words,
  secret: false,
  type: 'directory',
  read: (text) => (text.includes('\0') ? undefined : resolve(text)),
});
/** One of several words. */
export const choice = <T extends string>(words: Words, options: readonly T[]): Given<T> => ({
  ...words,
  secret: false,
  type: `one of ${options.join(' ')}`,
  read: (text) => options.find((option) => option === text),
});
/** Some of several words, in the order of the table, at least one. */
export const choices = <T extends string>(
  words: Words,
  options: readonly T[],
): Given<readonly T[]> => ({
  ...words,
  secret: false,
  type: `list of ${options.join(' ')}`,
  read: (text) => {
    const pieces = [...new Set(text.split(/[\s,]+/).filter((piece) => piece !== ''))];
    const known = options.filter((option) => pieces.includes(option));
    return pieces.length > 0 && known.length === pieces.length ? known : undefined;
  },
});
/** A text that may be absent. */
export const optional = (
  words: OptionalWords,
  type: string,
  accepts: (text: string) => boolean,
): Setting<string> => ({
  secret: false,
  ...words,
  fallback: undefined,
  type,
  read: (text) => (accepts(text) ? text : undefined),
});

/** Whether a text is an address of one of the schemes. */
export function isUrlOf(...schemes: readonly string[]): (text: string) => boolean {
  return (text) => schemes.some((scheme) => text.startsWith(`${scheme}:`)) && URL.canParse(text);
}

/** The path of a `file:` address, also when written with slashes as `file:///srv`. */
export function fileOf(address: string): string {
  return address.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
}

/** Whether a text is one bare e-mail address. */
export function isMailAddress(text: string): boolean {
  return /^[\w.+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/.test(text);
}

/** Whether a text can name a file. */
export function isPath(text: string): boolean {
  return text !== '' && !text.includes('\0');
}
