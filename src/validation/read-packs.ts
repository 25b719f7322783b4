import { XmlParseError, XmlValidateError } from 'libxml2-wasm';
import { compileSchema, judgeDocument } from './engine.ts';
import type { CompiledSchema } from './engine.ts';
import type { SchemaFile, SchemaPack } from './schema-pack.ts';
import { packsIn, refusalOf } from './schema-shape.ts';

/** Why there is no pack: facts of a Failure, with the file and the reason. */
export interface PackRefusal {
  readonly refused: Readonly<Record<string, string>>;
}

export type PackAnswer = { readonly packs: readonly SchemaPack[] } | PackRefusal;

export function refused(file: string, reason: string): PackRefusal {
  return { refused: file === '' ? { reason } : { file, reason } };
}

/** The packs that schema documents make, by what stands in them: nothing is compiled. */
export function readPacks(
  files: readonly SchemaFile[],
  validity: { readonly validFrom?: string; readonly validTo?: string } = {},
): PackAnswer {
  for (const { name, content } of files) {
    if (!judgeDocument(content).wellFormed) return refused(name, 'not well-formed');
  }
  const refusal = refusalOf(files);
  if (refusal !== undefined) return refused(refusal.file, refusal.reason);
  const packs = packsIn(files, validity);
  if (packs.length === 0) return refused('', 'no document has a root element with Form children');
  return { packs };
}

/** Characters of an engine's own words that an operator is shown. */
export const messageCharactersMax = 300;

/** Compiles a pack, or says why libxml2 does not. */
export function compileOrRefuse(pack: SchemaPack): CompiledSchema | PackRefusal {
  try {
    return compileSchema(pack);
  } catch (error) {
    if (!(error instanceof XmlValidateError || error instanceof XmlParseError)) throw error;
    const message = error.message.trim().slice(0, messageCharactersMax);
    return refused(pack.main, `libxml2 does not compile it: ${message}`);
  }
}

/** Buffers arrive from another thread as plain byte arrays. */
export function asBuffer({ name, content }: SchemaFile): SchemaFile {
  return { name, content: Buffer.from(content.buffer, content.byteOffset, content.byteLength) };
}
