import { readFile, stat } from 'node:fs/promises';
import {
  passwordPolicy,
  readRefusedPasswords,
  type RefusedPasswords,
  type SignInRules,
} from './identity/index.ts';
import type { Settings } from './settings.ts';
import { Failure } from './vocabulary/index.ts';

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
    helpDeskLanguage: settings.helpDeskLanguage,
  };
}

const refusedBytesMax = 32 * 1024 ** 2;

/**
 * The passwords of the operator's own list; it is read once, when the gateway or a command starts.
 *
 * @throws Failure `settings.invalid` when it cannot be read or is larger than 32 MiB
 */
export async function refusedPasswords({
  passwordRefused: file,
}: Pick<Settings, 'passwordRefused'>): Promise<RefusedPasswords> {
  if (file === undefined) return new Set();
  try {
    if ((await stat(file)).size > refusedBytesMax) {
      throw new Failure('settings.invalid', { passwordRefused: 'larger than 32 MiB', file });
    }
    return readRefusedPasswords(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('settings.invalid', { passwordRefused: 'cannot be read', file }, error);
  }
}
