export {
  gather,
  partOf,
  shapeFault,
  type Gathered,
  type LandedFile,
  type SetFile,
} from './gather.ts';
export type { Patience, SetRef, WaitingFile } from './ports.ts';
