/** The code of whatever was thrown: `ECONNREFUSED`, or the number of an SFTP status. */
export function codeOf(thrown: unknown): string | number | undefined {
  const code = fieldOf(thrown, 'code');
  return typeof code === 'string' || typeof code === 'number' ? code : undefined;
}

const messageCharactersMax = 200;

/** Its message, on one line; empty when it has none. */
export function messageOf(thrown: unknown): string {
  const message = fieldOf(thrown, 'message');
  if (typeof message !== 'string') return '';
  return message.replace(/\p{C}+/gu, ' ').slice(0, messageCharactersMax);
}

/** Errors may come from another realm, where `instanceof` fails: the field is asked for alone. */
function fieldOf(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null
    ? (thrown as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
