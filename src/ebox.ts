import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDocumentTypes, type DocumentTypes } from './channels/index.ts';
import { parseYaml, type Settings } from './settings.ts';
import { Failure } from './vocabulary/index.ts';

const shipped = join(import.meta.dirname, '..', 'config', 'ebox.yaml');

/**
 * What is known of documents by their type: as shipped, or as the settings name another file.
 *
 * @throws Failure `cli.unreadable`, `settings.invalid`
 */
export async function openDocumentTypes({
  eboxTypes,
}: Pick<Settings, 'eboxTypes'>): Promise<DocumentTypes> {
  const file = eboxTypes ?? shipped;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure('cli.unreadable', { file }, error);
  }
  return readDocumentTypes(parsed(file, text));
}

function parsed(file: string, text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw new Failure('settings.invalid', { [file]: 'YAML' }, error);
  }
}
