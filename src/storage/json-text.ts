/**
 * A value as JSON that a jsonb column takes. Text that quotes a sender's file may hold NUL, or half
 * of a character that was cut in two: PostgreSQL refuses both, so they become U+FFFD.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'string' ? part.replace(unstorable, '\uFFFD') : part,
  );
}

/** With the flag u, a surrogate is matched only where it stands alone. */
// eslint-disable-next-line no-control-regex -- NUL is what is looked for
const unstorable = /[\u0000\p{Surrogate}]/gu;
