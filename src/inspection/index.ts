export { checkNames, type NamedSet, type NameLimits, type Problem } from './name-checks.ts';
export {
  inspectContent,
  type ContentLimits,
  type ContentPorts,
  type ContentVerdict,
  type InspectedFile,
  type SetContent,
} from './inspect-content.ts';
export { isZip, unpack, type UnpackLimits } from './unpack.ts';
export type { SenderFacts } from './ports.ts';
