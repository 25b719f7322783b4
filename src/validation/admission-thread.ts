import { memoryPages, validateXML } from 'xmllint-wasm';
import type { AdmissionTask } from './admission.ts';
import { judgeDocument } from './engine.ts';
import type { CompiledSchema } from './engine.ts';
import {
  asBuffer,
  compileOrRefuse,
  messageCharactersMax,
  readPacks,
  refused,
} from './read-packs.ts';
import type { PackAnswer, PackRefusal } from './read-packs.ts';
import type { SchemaFile, SchemaPack } from './schema-pack.ts';
import { localNameOf, readTree } from './xml-tree.ts';

type Verdict = 'valid' | 'not valid' | 'not well-formed';

/** Judges schema documents in the thread made for them. */
export async function judgeAdmission(task: AdmissionTask): Promise<PackAnswer> {
  const answer = readPacks(task.files.map(asBuffer), task.validity);
  if ('refused' in answer) return answer;
  const { packs } = answer;
  const samples = task.samples.map(asBuffer);
  const judged = new Set<string>();
  for (const pack of packs) {
    const own = samples.filter((sample) => rootOf(sample) === pack.root);
    for (const { name } of own) judged.add(name);
    const refusal = await disagreement(pack, own);
    if (refusal !== undefined) return refusal;
  }
  const stray = samples.find(({ name }) => !judged.has(name));
  if (stray !== undefined) return refused(stray.name, 'the sample belongs to no root of the pack');
  return { packs };
}

function rootOf({ content }: SchemaFile): string {
  const tree = readTree(content);
  return tree.count === 0 ? '' : localNameOf(tree, 0);
}

async function disagreement(
  pack: SchemaPack,
  samples: readonly SchemaFile[],
): Promise<PackRefusal | undefined> {
  const schema = compileOrRefuse(pack);
  if ('refused' in schema) return schema;
  try {
    const probe = await secondOpinion(pack, {
      name: 'probe.xml',
      content: Buffer.from('<probe/>'),
    });
    if (typeof probe !== 'string') {
      return refused(pack.main, `xmllint does not compile it: ${probe.message}`);
    }
    for (const sample of samples) {
      const first = firstOpinion(schema, sample);
      const second = await secondOpinion(pack, sample);
      if (first !== second) {
        const other = typeof second === 'string' ? second : second.message;
        return refused(sample.name, `libxml2 says ${first}, xmllint says ${other}`);
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
