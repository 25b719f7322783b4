/**
 * Foreign text as one line that can be shown and written to a log: without control characters, and
 * without those that turn the direction of what follows or cannot be seen.
 */
export function oneLine(text: string, charactersMax: number): string {
  const plain = text.replace(/[\p{C}\u2028\u2029]+/gu, ' ').replace(/\s+/gu, ' ');
  return Array.from(plain.trim()).slice(0, charactersMax).join('').trim();
}

const nameCharactersMax = 120;

/**
 * A file name that is safe on every system and in every header: letters, digits, dot, hyphen and
 * underscore, no dot at its ends, never empty.
 */
export function plainName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .slice(0, nameCharactersMax)
    .replace(/^[._-]+|[._-]+$/g, '');
  return plain === '' ? 'file' : plain;
}
