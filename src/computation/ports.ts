import type { EnterpriseNumber } from '../vocabulary/index.ts';
import type { Profile } from './input.ts';

/**
 * The register of contributory activities. It answers `undefined` for a contributor it does not
 * know; then the profile that was declared counts.
 */
export interface ProfileSource {
  profileOf(contributor: EnterpriseNumber, year: number): Profile | undefined;
}
