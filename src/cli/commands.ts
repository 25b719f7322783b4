import { registerConfig } from './config.ts';
import type { RegisterCommand } from './frame.ts';

/** Every command, in the order of the help page. A new command is a file and a line here. */
export const commands: readonly RegisterCommand[] = [registerConfig];
