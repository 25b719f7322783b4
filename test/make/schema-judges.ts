import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { XmlDocument, XmlValidateError, XsdValidator } from 'libxml2-wasm';

const root = resolve(import.meta.dirname, '../..');

/** Where the published schemas are expected; they are no part of the repository. */
export const officialSchemas = resolve(root, '../shared/official/schemas');

export const officialSchemasArePresent = existsSync(officialSchemas);

export function ownSchema(name: string): string {
  return join(root, 'schemas/answers', name);
}

export function officialSchema(name: string): string {
  return join(officialSchemas, name);
}

export const xmllintIsPresent = spawnSync('xmllint', ['--version']).error === undefined;

/** What the xmllint command says of a document; empty when it is valid. */
export function xmllintErrors(xml: string, schema: string): string {
  try {
    execFileSync('xmllint', ['--noout', '--nonet', '--schema', schema, '-'], {
      input: xml,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    return '';
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error);
  }
}

/** What the engine of the gateway says of a document; empty when it is valid. */
export function engineErrors(xml: string, schema: string): string {
  const schemaDocument = XmlDocument.fromBuffer(readFileSync(schema));
  const validator = XsdValidator.fromDoc(schemaDocument);
  const document = XmlDocument.fromString(xml);
  try {
    validator.validate(document);
    return '';
  } catch (error) {
    if (error instanceof XmlValidateError) return error.message;
    throw error;
  } finally {
    document.dispose();
    validator.dispose();
    schemaDocument.dispose();
  }
}

/** Every verdict to be had on one document; all empty when it is valid everywhere. */
export function verdictsOn(xml: string, o: { own: string; official?: string }): string[] {
  const schemas = [
    ownSchema(o.own),
    ...(o.official !== undefined && officialSchemasArePresent ? [officialSchema(o.official)] : []),
  ];
  return schemas.flatMap((schema) => [
    engineErrors(xml, schema),
    ...(xmllintIsPresent ? [xmllintErrors(xml, schema)] : []),
  ]);
}
