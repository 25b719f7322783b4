/** Eight to thirty of a-z and 0-9; capitals typed by people are read as small letters. */
export function canonicalUsername(text: string): string | undefined {
  const username = text.toLowerCase();
  return /^[a-z0-9]{8,30}$/.test(username) ? username : undefined;
}

const typedCharactersMax = 128;

/**
 * What somebody typed as a name, for whoever counts guesses: the name as it is kept, or else a piece
 * of the text that no login has and every table can hold (PostgreSQL takes no NUL).
 */
export function typedUsername(text: string): string {
  const piece = text.slice(0, typedCharactersMax).replaceAll('\0', '\uFFFD');
  return canonicalUsername(text) ?? piece;
}
