import { userInfo } from 'node:os';

/** Who answers for an administration command in the journal: the account that runs it. */
export function operator(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
