import { passwordPolicy, type SignInRules } from './identity/index.ts';
import type { Settings } from './settings.ts';

/** What the settings say about signing in. */
export function signInRules(settings: Settings): SignInRules {
  const { passwordComposition: composition, portalUrl, helpDeskMail } = settings;
  return {
    policies: {
      enterprise: passwordPolicy(settings.passwordPolicy, composition),
      staff: passwordPolicy(settings.passwordPolicyStaff, composition),
    },
    secondFactor: settings.secondFactor,
    certificateLogin: settings.certificateLogin,
    idleMs: settings.sessionIdleMs,
    absoluteMs: settings.sessionAbsoluteMs,
    issuer: settings.issuerName ?? 'sluis',
    ...(portalUrl === undefined ? {} : { portalUrl }),
    ...(helpDeskMail === undefined ? {} : { helpDeskEmail: helpDeskMail }),
  };
}
