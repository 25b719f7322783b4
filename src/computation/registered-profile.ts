import type { EnterpriseNumber } from '../vocabulary/index.ts';
import type { AssessmentInput } from './input.ts';
import type { ProfileSource } from './ports.ts';

/**
 * The input with the profile of the register in place of the declared one, where the register knows
 * the contributor: entities are counted on what is registered, not on what is claimed (Q4).
 */
export function withRegisteredProfile(
  input: AssessmentInput,
  o: { readonly contributor: EnterpriseNumber; readonly profiles: ProfileSource },
): AssessmentInput {
  const profile = o.profiles.profileOf(o.contributor, input.year);
  return profile === undefined ? input : { ...input, profile };
}
