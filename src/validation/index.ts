export { admitSchemaPack, readSchemaPacks } from './admission.ts';
export type { AdmissionOptions } from './admission.ts';
export { builtInPacks } from './built-in.ts';
export type { ChunkProblem, ChunkResult } from './chunk.ts';
export { formsIn, partiesIn } from './judged-text.ts';
export type { Party } from './judged-text.ts';
export { judgeFile } from './judge-file.ts';
export type { JudgeOptions, PartFile } from './judge-file.ts';
export { ValidationPool } from './pool.ts';
export type { PoolOptions } from './pool.ts';
export type {
  ContributionYear,
  FormReader,
  FormView,
  JudgeContext,
  ReaderOf,
  SchemaPacks,
} from './ports.ts';
export type { Expected } from './root-element.ts';
export { isValidOn, packDigest, packsOf, schemaNameOf } from './schema-pack.ts';
export type { SchemaFile, SchemaName, SchemaPack } from './schema-pack.ts';
export { threadEntry } from './thread-entry.ts';
export { runThread } from './thread-loop.ts';
export type { Carry, Carried } from './thread-loop.ts';
export { judgeLimits } from './verdict.ts';
export type { FileProblem, FileVerdict, JudgedChunk, JudgeLimits } from './verdict.ts';
export {
  childrenOf,
  descendantsOf,
  find,
  integerAt,
  integerOf,
  localNameOf,
  textAt,
  textOf,
} from './xml-tree.ts';
export type { XmlTree } from './xml-tree.ts';
