import {
  ParseOption,
  XmlBufferInputProvider,
  XmlDocument,
  XmlParseError,
  XmlValidateError,
  XsdValidator,
  xmlCleanupInputProvider,
  xmlRegisterInputProvider,
} from 'libxml2-wasm';
import type { ErrorDetail } from 'libxml2-wasm';
import { indexSchema } from './schema-index.ts';
import type { SchemaIndex } from './schema-index.ts';
import type { SchemaPack } from './schema-pack.ts';
import { readTree } from './xml-tree.ts';

/**
 * Line numbers past 65,535, nothing fetched, no entity substituted. IDs are left to the schema,
 * since an ID that occurs in two chunks would otherwise be found twice in the file and never in a
 * chunk; XML_PARSE_COMPACT saves an allocation for each short text.
 */
const parseOptions = (ParseOption.XML_PARSE_BIG_LINES |
  ParseOption.XML_PARSE_NONET |
  ParseOption.XML_PARSE_NO_XXE |
  ParseOption.XML_PARSE_NO_SYS_CATALOG |
  ParseOption.XML_PARSE_SKIP_IDS |
  ParseOption.XML_PARSE_COMPACT |
  ParseOption.XML_PARSE_NOWARNING) as ParseOption;

const errorLevel = 2;

/** What libxml2 said: the place is that of the bytes it was given, lines and columns from 1. */
export interface EngineError {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  /** The element concerned, as libxml2 writes paths: `/Root/Form[3]/Name`. */
  readonly path?: string;
}

export interface CompiledSchema {
  readonly validator: XsdValidator;
  readonly index: SchemaIndex;
}

/** The verdict on one document: not well-formed, or the errors against the schema (none: valid). */
export type EngineVerdict =
  | { readonly wellFormed: false; readonly error: EngineError }
  | { readonly wellFormed: true; readonly errors: readonly EngineError[] };

/** Parses, and validates when a schema is given. The document is released before it returns. */
export function judgeDocument(bytes: Uint8Array, schema?: CompiledSchema): EngineVerdict {
  let document: XmlDocument;
  try {
    document = XmlDocument.fromBuffer(bytes, { option: parseOptions });
  } catch (error) {
    if (!(error instanceof XmlParseError)) throw error;
    return { wellFormed: false, error: firstOf(error) };
  }
  try {
    schema?.validator.validate(document);
    return { wellFormed: true, errors: [] };
  } catch (error) {
    if (!(error instanceof XmlValidateError)) throw error;
    return { wellFormed: true, errors: error.details.filter(isError).map(engineError) };
  } finally {
    document.dispose();
  }
}

function isError(detail: ErrorDetail): boolean {
  return detail.level >= errorLevel;
}

function firstOf(error: XmlParseError): EngineError {
  const detail = error.details.find(isError) ?? error.details[0];
  return detail === undefined
    ? { message: error.message, line: 1, column: 1 }
    : engineError(detail);
}

function engineError(detail: ErrorDetail): EngineError {
  const place = { message: detail.message.trim(), line: detail.line, column: detail.col };
  return detail.xpath === undefined ? place : { ...place, path: detail.xpath };
}

/**
 * Compiles a pack. Its files are all that an include or an import can reach: the provider of their
 * bytes is taken away again before any declaration is judged.
 */
export function compileSchema(pack: Pick<SchemaPack, 'main' | 'files'>): CompiledSchema {
  const files = new Map(pack.files.map((file) => [file.name, Buffer.from(file.content)]));
  const main = files.get(pack.main);
  if (main === undefined) throw new RangeError(`the pack has no file ${pack.main}`);
  xmlRegisterInputProvider(new XmlBufferInputProvider(Object.fromEntries(files)));
  let document: XmlDocument | undefined;
  try {
    document = XmlDocument.fromBuffer(main, { url: pack.main, option: parseOptions });
    const validator = XsdValidator.fromDoc(document);
    return { validator, index: indexSchema([...files.values()].map((bytes) => readTree(bytes))) };
  } finally {
    document?.dispose();
    xmlCleanupInputProvider();
  }
}
