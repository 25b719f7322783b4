/** Text below this size is gathered before it is handed on. */
export const chunkCharacters = 65_536;

const suspect = /[&<>]|[^\t\n -\uD7FF\uE000-\uFFFD]/;
const replaceable = /[&<>\r]|[^\t\n -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#13;',
};

/**
 * Text as element content. What XML 1.0 cannot carry (control characters, lone surrogates) becomes
 * U+FFFD; a carriage return is written as a reference, as a reader would turn it into a line feed.
 */
export function escapeText(text: string): string {
  if (!suspect.test(text)) return text;
  return text.replace(replaceable, (character) => replacements[character] ?? '\uFFFD');
}

/**
 * At most `unitsMax` UTF-16 units, never half a surrogate pair. Units and not code points, because
 * some schema processors count the former and some the latter: so both find it short enough.
 */
export function cutText(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  const last = text.charCodeAt(unitsMax - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? unitsMax - 1 : unitsMax);
}
