const uniqueViolation = '23505';
const foreignKeyViolation = '23503';

/** The constraint a statement ran into, when it was a unique or a foreign key; else undefined. */
export function conflictOf(
  thrown: unknown,
): { readonly kind: 'taken' | 'unknown'; readonly constraint: string } | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, constraint = '' } = thrown as { readonly code?: string; constraint?: string };
  if (code === uniqueViolation) return { kind: 'taken', constraint };
  return code === foreignKeyViolation ? { kind: 'unknown', constraint } : undefined;
}
