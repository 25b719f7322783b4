import { XmlValidateError, XmlParseError } from 'libxml2-wasm';
import { memoryPages, validateXML } from 'xmllint-wasm';
import type { AdmissionAnswer, AdmissionTask } from './admission.ts';
import { compileSchema, judgeDocument } from './engine.ts';
import type { CompiledSchema } from './engine.ts';
import type { SchemaFile, SchemaPack } from './schema-pack.ts';
import { packsIn, refusalOf } from './schema-shape.ts';
import { localNameOf, readTree } from './xml-tree.ts';

type Verdict = 'valid' | 'not valid' | 'not well-formed';

/** Judges schema documents in the thread made for them. */
export async function judgeAdmission(task: AdmissionTask): Promise<AdmissionAnswer> {
  const files = task.files.map(asBuffer);
  for (const { name, content } of files) {
    if (!judgeDocument(content).wellFormed) return refused(name, 'not well-formed');
  }
  const refusal = refusalOf(files);
  if (refusal !== undefined) return refused(refusal.file, refusal.reason);
  const packs = packsIn(files, task.validity);
  if (packs.length === 0) return refused('', 'no document has a root element with Form children');
  const samples = task.samples.map(asBuffer);
  const judged = new Set<string>();
  for (const pack of packs) {
    const own = samples.filter((sample) => rootOf(sample) === pack.root);
    for (const { name } of own) judged.add(name);
    const reason = await disagreement(pack, own);
    if (reason !== undefined) return refused(reason.file, reason.reason);
  }
  const stray = samples.find(({ name }) => !judged.has(name));
  if (stray !== undefined) return refused(stray.name, 'the sample belongs to no root of the pack');
  return { packs };
}

function refused(file: string, reason: string): AdmissionAnswer {
  return { refused: file === '' ? { reason } : { file, reason } };
}

/** Buffers arrive from another thread as plain byte arrays. */
function asBuffer({ name, content }: SchemaFile): SchemaFile {
  return { name, content: Buffer.from(content) };
}

function rootOf({ content }: SchemaFile): string {
  const tree = readTree(content);
  return tree.count === 0 ? '' : localNameOf(tree, 0);
}

const messageCharactersMax = 300;

async function disagreement(
  pack: SchemaPack,
  samples: readonly SchemaFile[],
): Promise<{ file: string; reason: string } | undefined> {
  let schema: CompiledSchema;
  try {
    schema = compileSchema(pack);
  } catch (error) {
    if (!(error instanceof XmlValidateError || error instanceof XmlParseError)) throw error;
    const message = error.message.trim().slice(0, messageCharactersMax);
    return { file: pack.main, reason: `libxml2 does not compile it: ${message}` };
  }
  try {
    const probe = await secondOpinion(pack, {
      name: 'probe.xml',
      content: Buffer.from('<probe/>'),
    });
    if (typeof probe !== 'string') {
      return { file: pack.main, reason: `xmllint does not compile it: ${probe.message}` };
    }
    for (const sample of samples) {
      const first = firstOpinion(schema, sample);
      const second = await secondOpinion(pack, sample);
      if (first !== second) {
        const other = typeof second === 'string' ? second : second.message;
        return { file: sample.name, reason: `libxml2 says ${first}, xmllint says ${other}` };
      }
    }
    return undefined;
  } finally {
    schema.validator.dispose();
  }
}

function firstOpinion(schema: CompiledSchema, sample: SchemaFile): Verdict {
  const verdict = judgeDocument(sample.content, schema);
  if (!verdict.wellFormed) return 'not well-formed';
  return verdict.errors.length === 0 ? 'valid' : 'not valid';
}

/** Its exit codes do not tell an ill-formed document from an invalid one, what it prints does. */
const notWellFormed = /^document\.xml:\d+: (?:parser|namespace) error/m;

async function secondOpinion(
  pack: SchemaPack,
  sample: SchemaFile,
): Promise<Verdict | { readonly message: string }> {
  const file = ({ name, content }: SchemaFile): { fileName: string; contents: Uint8Array } => ({
    fileName: name,
    contents: content,
  });
  const main = pack.files.filter(({ name }) => name === pack.main).map(file);
  try {
    const { valid, rawOutput } = await validateXML({
      xml: { fileName: 'document.xml', contents: sample.content },
      schema: main,
      preload: pack.files.filter(({ name }) => name !== pack.main).map(file),
      maxMemoryPages: memoryPages.GiB / 4,
    });
    if (notWellFormed.test(rawOutput)) return 'not well-formed';
    return valid ? 'valid' : 'not valid';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (notWellFormed.test(error.message)) return 'not well-formed';
    return { message: error.message.trim().slice(0, messageCharactersMax) };
  }
}
