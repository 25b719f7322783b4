import { pino } from 'pino';
import { Failure } from '../vocabulary/index.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Writes events with fields, one JSON object a line. */
export interface Log {
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
  /** A log whose lines all carry these fields. */
  with(fields: Fields): Log;
}

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Where lines go; stderr otherwise, since stdout belongs to data. */
  readonly write?: (line: string) => void;
}

/** A log to stderr. What looks like a secret by its name is masked, whoever logged it. */
export function openLogger({ level, write }: LoggerOptions): Log {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    messageKey: 'event',
  };
  const destination = write === undefined ? pino.destination({ dest: 2, sync: true }) : { write };
  return logOn(pino(options, destination), level === 'debug');
}

function logOn(logger: pino.Logger, stacks: boolean): Log {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: Fields = {}): void => {
      logger[level](presentable(fields, stacks), event);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => logOn(logger.child(presentable(fields, stacks)), stacks),
  };
}

const secretName =
  /pass(?:word|phrase)|secret|token|authori[sz]ation|cookie|private|insz|niss|^url$/i;
const addressWithPassword = /(\w+:\/\/[^\s:@/]*):[^\s@/]*@/g;
const depthMax = 4;
const textCharactersMax = 2000;

function presentable(fields: Fields, stacks: boolean, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      secretName.test(name) ? '********' : shown(value, stacks, depth),
    ]),
  );
}

function shown(value: unknown, stacks: boolean, depth: number): unknown {
  if (typeof value === 'string') {
    return value.slice(0, textCharactersMax).replace(addressWithPassword, '$1:********@');
  }
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return errorOf(value, stacks, depth);
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return `${String(value.length)} bytes`;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= depthMax) return '…';
  if (Array.isArray(value)) return value.map((one) => shown(one, stacks, depth + 1));
  return presentable(value as Fields, stacks, depth + 1);
}

/** A Failure by code and facts; the stack of anything else is what a defect is found by. */
function errorOf(error: Error, stacks: boolean, depth: number): unknown {
  const isFailure = error instanceof Failure;
  const cause = error.cause === undefined || depth >= depthMax ? {} : { cause: error.cause };
  const own = isFailure ? { code: error.code, ...error.facts } : { message: error.message };
  const stack = stacks || !isFailure ? { stack: error.stack } : {};
  return presentable({ ...own, ...stack, ...cause }, stacks, depth + 1);
}
