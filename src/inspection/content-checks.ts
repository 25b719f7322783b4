import type { SealVerdict } from '../seal/index.ts';
import type { Problem } from './name-checks.ts';
import type { SenderFacts } from './ports.ts';

/** Check 12: may this sender use this type, environment and channel at all? */
export function checkRights(
  facts: SenderFacts,
  set: { readonly type: string; readonly environment: string },
): readonly Problem[] {
  if (!facts.active) return [{ code: '103', detail: `sender ${facts.number} is not active` }];
  if (facts.types.length > 0 && !facts.types.includes(set.type)) {
    return [{ code: '154', detail: `sender ${facts.number} is not registered for ${set.type}` }];
  }
  if (!facts.environments.includes(set.environment)) {
    const detail = `sender ${facts.number} is not admitted to environment ${set.environment}`;
    return [{ code: '168', detail }];
  }
  return [];
}

/**
 * Check 11: a signature that holds (125), by a certificate of this sender (153).
 *
 * `owner` is the sender the certificate was registered for at reception.
 */
export function checkSignature(
  verdict: SealVerdict,
  o: { readonly sender: string; readonly owner: string | undefined },
): readonly Problem[] {
  if (!verdict.ok) return [{ code: '125', detail: `${verdict.code}: ${verdict.detail}` }];
  if (o.owner === o.sender) return [];
  const detail = `certificate ${verdict.signer.serial} (${verdict.signer.subject}) is not registered for sender ${o.sender}`;
  return [{ code: '153', detail }];
}

export interface SizeLimits {
  /** One FI after unpacking. */
  readonly fileBytesMax: number;
  /** FI and FS of a set together as they were sent, and its FI together when they are unpacked. */
  readonly setBytesMax: number;
  readonly signatureBytesMax: number;
}

/** Check 10, the part that sizes alone decide: 184 and 509. */
export function checkSizes(
  files: readonly { readonly name: string; readonly prefix: string; readonly bytes: number }[],
  limits: SizeLimits,
): readonly Problem[] {
  const max = (prefix: string): number =>
    prefix === 'FS' ? limits.signatureBytesMax : limits.fileBytesMax;
  const problems = files
    .filter(({ prefix, bytes }) => (prefix === 'FI' || prefix === 'FS') && bytes > max(prefix))
    .map(({ name, prefix, bytes }) => ({
      code: '184',
      detail: `${String(bytes)} bytes, at most ${String(max(prefix))} are taken`,
      fileName: name,
    }));
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > limits.setBytesMax) {
    const detail = `${String(total)} bytes together, at most ${String(limits.setBytesMax)} are taken`;
    return [...problems, { code: '509', detail }];
  }
  return problems;
}
