/** The code of whatever was thrown: `ECONNREFUSED`, or the number of an SFTP status. */
export function codeOf(thrown: unknown): string | number | undefined {
  const code = fieldOf(thrown, 'code');
  return typeof code === 'string' || typeof code === 'number' ? code : undefined;
}

/** What SSH libraries add to say at which stage it went wrong. */
export function levelOf(thrown: unknown): string | undefined {
  const level = fieldOf(thrown, 'level');
  return typeof level === 'string' ? level : undefined;
}

/** Its message; `unknown` when it has none. */
export function messageOf(thrown: unknown): string {
  const message = fieldOf(thrown, 'message');
  return typeof message === 'string' && message !== '' ? message : 'unknown';
}

/** Asks for the field alone: errors may come from another realm, where `instanceof` fails. */
function fieldOf(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null
    ? (thrown as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
