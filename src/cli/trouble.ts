import { failures, type Failure, type FailureCode } from '../vocabulary/index.ts';

/** What to do, in one line; `docs/failures.md` says more. */
const remedies: Partial<Record<FailureCode, string>> = {
  'settings.invalid': 'correct the settings named; `sluis config` shows what is in force',
  'cli.usage': '`sluis COMMAND --help` has examples',
  'cli.unreadable': 'check the path and its permissions',
  'storage.unavailable': '`sluis doctor`; check the server and SLUIS_DATABASE_URL',
  'storage.embedded':
    'choose a SLUIS_DATA that other users may pass through, or a server by SLUIS_DATABASE_URL',
  'storage.newer-schema': 'run the newer release, or restore the back-up made before the upgrade',
  'storage.disk-full': 'free space or enlarge the volume; nothing that was confirmed is lost',
  'storage.blob-missing': 'check SLUIS_BLOBS; restore database and blobs from one back-up',
  'registration.exists': 'look at it with `list`',
  'registration.unknown': 'register it first, or correct the number',
  'registration.invalid': 'correct the value named',
  'identity.refused': '`sluis log` says why',
  'seal.unreadable': 'give a PEM, DER or p7b file without a passphrase',
  'schema.refused': 'complete the pack as the facts say and add it again',
  'batch.unknown': '`sluis batch list`',
  'batch.not-replayable': '`sluis batch show` tells its state',
  'computation.no-parameters': '`sluis parameters check`',
  'computation.invalid-input': 'correct the field named',
  'channel.unreachable': 'check the address and what lies between',
  'channel.host-key':
    'ask the other side whether its key was replaced; only then take the old one out where it is pinned',
  'channel.listen': 'choose another port; 0 takes any free one',
  'sender.refused': "check user, key and password; the gateway's operator sees why in `sluis log`",
  'sender.no-answer': 'look in OUT later; do not send the same content under another sequence',
  'gateway.defect': 'report it with the log; --log-level debug adds the stack',
};

const factCharactersMax = 500;

/**
 * A failure for people: what happened with its code and facts, then the remedy. The stack comes
 * only when asked for, since it tells an operator nothing and an onlooker too much.
 */
export function explain(failure: Failure, { stack }: { readonly stack: boolean }): string[] {
  const { says } = failures[failure.code];
  const facts = Object.entries(failure.facts).map(([key, value]) => `${key}=${written(value)}`);
  const remedy = remedies[failure.code] ?? `see docs/failures.md under ${failure.code}`;
  const lines = [[`sluis: ${says} (${failure.code})`, ...facts].join(' '), `  ${remedy}`];
  return stack ? [...lines, ...stacksOf(failure)] : lines;
}

function written(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const text = value.slice(0, factCharactersMax);
  // Quoting also keeps line breaks and control characters of foreign text off the terminal.
  return /^[\w./:@+,-]+$/.test(text) ? text : JSON.stringify(text);
}

const causesMax = 8;

function stacksOf(failure: Failure): string[] {
  const stacks: string[] = [];
  let error: unknown = failure;
  for (let depth = 0; depth < causesMax && error instanceof Error; depth += 1) {
    stacks.push(error.stack ?? String(error));
    error = error.cause;
  }
  return stacks;
}
