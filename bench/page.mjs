/** The tables in bench/README.md, each between two markers; the words around them stay. */
import { readFile, writeFile } from 'node:fs/promises';
import { machineFacts } from './machine.mjs';
import { judged, tableText } from './table.mjs';

const page = new URL('README.md', import.meta.url);

export async function renewPage(name, report) {
  const facts = await machineFacts();
  const body = `${tableText(report)}\n\n${judged(report)}\n\nMeasured on ${facts}.`;
  const text = await readFile(page, 'utf8');
  const between = new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`);
  if (!between.test(text)) throw new Error(`bench/README.md has no place for ${name}`);
  await writeFile(
    page,
    text.replace(between, (_, from, to) => `${from}\n\n${body}\n\n${to}`),
  );
}
