import type { Command } from 'commander';
import type { Office } from '../compose.ts';
import { flagOf, resolveSettings, settingNames, type SettingName } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { systemClock, type Clock } from '../vocabulary/index.ts';
import { output, type Output, type Streams } from './output.ts';

export type { Output } from './output.ts';

/** What a command gets to work with. Nothing is read or opened before it is asked for. */
export interface CommandFrame {
  /** The effective settings; throws `settings.invalid`. */
  settings(): Settings;
  /** The composed office, opened once and closed by the frame when the command has ended. */
  office(): Promise<Office>;
  readonly out: Output;
  readonly clock: Clock;
  /** Aborted by SIGINT and SIGTERM. A second signal ends the process at once. */
  readonly stopped: AbortSignal;
  /** Ends the command with exit code 1, "the answer is no", after what it still prints. */
  sayNo(): void;
}

/** One file a command: adds it to the program. `index.ts` of the folder has a line for each. */
export type RegisterCommand = (program: Command, frame: CommandFrame) => void;

export interface Framed {
  readonly frame: CommandFrame;
  readonly saidNo: () => boolean;
  readonly close: () => Promise<void>;
}

export interface FrameOptions {
  readonly program: Command;
  readonly streams: Streams;
  readonly stopped: AbortSignal;
}

/** The frame around one run of the program. */
export function frameFor({ program, streams, stopped }: FrameOptions): Framed {
  let settings: Settings | undefined;
  let office: Promise<Office> | undefined;
  let no = false;
  const resolveOnce = (): Settings => (settings ??= settingsOf(program));
  const opened = async (): Promise<Office> => {
    const settings = resolveOnce();
    const { openOffice } = await import('../compose.ts');
    return openOffice({ settings, clock: systemClock });
  };
  const frame: CommandFrame = {
    settings: resolveOnce,
    office: () => (office ??= opened()),
    out: output({ streams, wantsJson: () => program.opts()['json'] === true }),
    clock: systemClock,
    stopped,
    sayNo: () => {
      no = true;
    },
  };
  const close = async (): Promise<void> => {
    // An office that failed to open has told its command so already.
    const opened = await office?.catch(() => undefined);
    await opened?.close();
  };
  return { frame, saidNo: () => no, close };
}

function settingsOf(program: Command): Settings {
  const given = program.opts<Record<string, unknown>>();
  const flags: Partial<Record<SettingName, string>> = {};
  for (const name of settingNames) {
    const text = given[optionNameOf(name)];
    if (typeof text === 'string') flags[name] = text;
  }
  const configFile = given['config'];
  return resolveSettings({ flags, ...(typeof configFile === 'string' ? { configFile } : {}) });
}

/** How commander names the value of a flag: `--sftp-host` is `sftpHost`. */
export function optionNameOf(name: SettingName): string {
  const flag = flagOf(name) ?? '';
  return flag.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
