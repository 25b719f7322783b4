import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { bytesOf, fileOf, millisecondsOf } from './setting-kinds.ts';
import { settingsTable } from './settings-table.ts';
import { Failure } from './vocabulary/index.ts';

export { parseBytes, parseDuration, type Setting } from './setting-kinds.ts';
export { settingsTable, type LogLevel, type Role } from './settings-table.ts';

/** The directory a `file:` blob address names. */
export function blobDirectoryOf(settings: Pick<SettingValues, 'blobs'>): string {
  return fileOf(settings.blobs);
}

type Table = typeof settingsTable;
export type SettingName = keyof Table;
type ValueOf<S> = S extends { readonly read: (text: string) => infer R }
  ? S extends { readonly fallback: string }
    ? Exclude<R, undefined>
    : R
  : never;
export type SettingValues = { readonly [Name in SettingName]: ValueOf<Table[Name]> };

/** Where a value came from: a flag, an environment variable, the settings file, or built in. */
export type Origin = 'flag' | 'environment' | 'file' | 'default';

export interface Settings extends SettingValues {
  readonly origins: Readonly<Record<SettingName, Origin>>;
  /** The file that was read, if any. */
  readonly file: string | undefined;
  /** What is no error but deserves a look: environment names we do not know. */
  readonly warnings: readonly string[];
}

export const settingNames = Object.keys(settingsTable) as SettingName[];

/** `sftpHost` for `SLUIS_SFTP_HOST`: the key in the settings file. */
export function fileKeyOf(name: SettingName): string {
  return settingsTable[name].env
    .slice('SLUIS_'.length)
    .toLowerCase()
    .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `--sftp-host` for `SLUIS_SFTP_HOST`; undefined for a secret. */
export function flagOf(name: SettingName): `--${string}` | undefined {
  const { env, secret } = settingsTable[name];
  return secret ? undefined : `--${env.slice('SLUIS_'.length).toLowerCase().replaceAll('_', '-')}`;
}

export interface SettingSources {
  /** Texts of flags given, by setting. */
  readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
  /** `--config`: must exist. Without it `config/default.yaml` is read if it is there. */
  readonly configFile?: string;
  /** Handed in by tests; the process's own otherwise. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const defaultFile = 'config/default.yaml';

/**
 * Flags beat the environment, the environment beats the file, the file beats what is built in.
 * Throws one Failure `settings.invalid` that names everything wrong at once.
 */
export function resolveSettings(sources: SettingSources = {}): Settings {
  const environment = sources.environment ?? process.env;
  const file = sources.configFile ?? (existsSync(defaultFile) ? defaultFile : undefined);
  const problems: Record<string, string> = {};
  const inFile = file === undefined ? {} : readFile(file, problems);
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const name of settingNames) {
    const { text, origin } = textOf(name, { flags: sources.flags ?? {}, environment, inFile });
    origins[name] = origin;
    const data = typeof values['data'] === 'string' ? values['data'] : './var';
    const value = text === undefined ? undefined : readText(name, text.replace('{data}', data));
    if (text !== undefined && value === undefined) problems[name] = problemOf(name, text, origin);
    values[name] = Array.isArray(value) ? Object.freeze(value) : value;
  }
  if (Object.keys(problems).length > 0) throw new Failure('settings.invalid', problems);
  return Object.freeze({
    ...(values as unknown as SettingValues),
    origins: Object.freeze(origins),
    file,
    warnings: Object.freeze(unknownNames(environment)),
  });
}

function readText(name: SettingName, text: string): unknown {
  return settingsTable[name].read(text);
}

function problemOf(name: SettingName, text: string, origin: Origin): string {
  const { env, secret, type } = settingsTable[name];
  const where = { flag: flagOf(name) ?? env, environment: env, file: fileKeyOf(name), default: '' };
  const shown = secret ? 'the value' : `'${text.slice(0, 80)}'`;
  return `${shown} (${origin} ${where[origin]}) is not a ${type}`;
}

interface Texts {
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly inFile: Readonly<Record<string, string>>;
}

function textOf(name: SettingName, texts: Texts): { text: string | undefined; origin: Origin } {
  const { env, fallback } = settingsTable[name];
  const candidates = [
    { origin: 'flag', text: texts.flags[name] },
    // An empty variable is how compose files and shells spell "not set".
    {
      origin: 'environment',
      text: texts.environment[env] === '' ? undefined : texts.environment[env],
    },
    { origin: 'file', text: texts.inFile[fileKeyOf(name)] },
  ] as const;
  const found = candidates.find(({ text }) => text !== undefined);
  return found ?? { text: fallback, origin: 'default' };
}

const fileCharactersMax = 1_000_000;

function readFile(file: string, problems: Record<string, string>): Record<string, string> {
  let content: unknown;
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > fileCharactersMax) throw new RangeError('it is too long for a settings file');
    content = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    problems[file] = String((error as { readonly message?: unknown }).message).split('\n')[0] ?? '';
    return {};
  }
  if (content === null) return {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    problems[file] = 'is not a list of settings';
    return {};
  }
  return textsOf(file, content as Record<string, unknown>, problems);
}

function textsOf(
  file: string,
  content: Readonly<Record<string, unknown>>,
  problems: Record<string, string>,
): Record<string, string> {
  const known = new Set(settingNames.map(fileKeyOf));
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(content)) {
    if (!known.has(key)) problems[key] = `is not a setting (in ${file})`;
    else if (Array.isArray(value)) texts[key] = value.map(String).join(',');
    else if (typeof value === 'string') texts[key] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') texts[key] = String(value);
    else if (value !== null) problems[key] = `is not a plain value (in ${file})`;
  }
  return texts;
}

function unknownNames(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set<string>(settingNames.map((name) => settingsTable[name].env));
  return Object.keys(environment)
    .filter((name) => name.startsWith('SLUIS_') && !name.startsWith('SLUIS_TEST_'))
    .filter((name) => !known.has(name))
    .map((name) => `${name} is not a setting`);
}

export interface SettingLine {
  readonly name: string;
  readonly env: string;
  readonly flag: string | undefined;
  /** As text; a secret only tells whether it is set. */
  readonly value: string | undefined;
  readonly origin: Origin;
  readonly says: string;
}

/** Every value with where it came from, for people; secrets masked. */
export function describeSettings(settings: Settings): readonly SettingLine[] {
  return settingNames.map((name) => {
    const { env, secret, says } = settingsTable[name];
    const value = settings[name];
    return {
      name: fileKeyOf(name),
      env,
      flag: flagOf(name),
      value: value === undefined ? undefined : secret ? '********' : textOfValue(name, value),
      origin: settings.origins[name],
      says,
    };
  });
}

function textOfValue(
  name: SettingName,
  value: string | number | boolean | readonly string[],
): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'object') return value.join(',');
  if (typeof value === 'string') return value;
  const { type } = settingsTable[name];
  if (type.startsWith('duration')) return writeUnits(value, millisecondsOf, 'ms');
  return type.startsWith('size') ? writeUnits(value, bytesOf, '') : String(value);
}

function writeUnits(value: number, units: Readonly<Record<string, number>>, least: string): string {
  const whole = Object.entries(units).filter(([, factor]) => value > 0 && value % factor === 0);
  const [unit, factor] = whole.at(-1) ?? [least, 1];
  return `${String(value / factor)}${unit}`;
}

/** Whether the environment asks for debugging, known even when the settings cannot be resolved. */
export function debugAsked(): boolean {
  return process.env[settingsTable.logLevel.env] === 'debug';
}

/** Reads the notation of our own files; other rooms get it handed in. Throws YAMLParseError. */
export function parseYaml(text: string): unknown {
  return parse(text);
}
