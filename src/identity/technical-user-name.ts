/** Eight to thirty of a-z and 0-9; capitals typed by people are read as small letters. */
export function canonicalUsername(text: string): string | undefined {
  const username = text.toLowerCase();
  return /^[a-z0-9]{8,30}$/.test(username) ? username : undefined;
}
