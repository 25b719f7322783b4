export type { CommandFrame, Output, RegisterCommand } from './frame.ts';
export { run } from './run.ts';
