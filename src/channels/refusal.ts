import type { MailboxRefusal } from './ports.ts';

const statuses: readonly string[] = [
  'no-such-file',
  'permission-denied',
  'failure',
  'exists',
  'unsupported',
] satisfies MailboxRefusal['status'][];

const causesMax = 8;

/** The refusal an error carries, itself or through its causes; undefined for any other error. */
export function refusalOf(thrown: unknown): MailboxRefusal | undefined {
  let error = thrown;
  for (let depth = 0; depth < causesMax && error instanceof Error; depth += 1) {
    if ('refusal' in error && isRefusal(error.refusal)) return error.refusal;
    error = error.cause;
  }
  return undefined;
}

function isRefusal(value: unknown): value is MailboxRefusal {
  if (typeof value !== 'object' || value === null) return false;
  const { status, text } = value as Partial<Record<keyof MailboxRefusal, unknown>>;
  return typeof status === 'string' && statuses.includes(status) && typeof text === 'string';
}
