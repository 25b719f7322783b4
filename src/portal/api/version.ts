/** A record that counts its changes, with the version that the next one must repeat in `If-Match`. */
export function versioned<T extends { readonly revision: number }>(
  record: T,
): Omit<T, 'revision'> & { readonly version: string } {
  const { revision, ...rest } = record;
  return { ...rest, version: String(revision) };
}

/** Before every revision: what was never a version of ours is stale, but only to who may know. */
const noRevision = 0;

/** The revision a caller saw; the room compares it in the statement that changes the record. */
export function revisionSeen(version: string | undefined): number {
  return /^\d{1,9}$/.test(version ?? '') ? Number(version) : noRevision;
}
