export { openIdentity } from './identity.ts';
export { identityKeys, keysOf } from './identity-keys.ts';
export { actions } from './people/actions.ts';
export { auditEvents, openAudit } from './people/audit.ts';
export { openAuthority } from './people/authority.ts';
export { isRole, roles } from './people/caller.ts';
export { conversionTargets } from './people/enterprise-access.ts';
export { cells } from './people/matrix.ts';
export { mayEver, permits, sees } from './people/permits.ts';
export { capacities } from './people/person.ts';
export { ruleText } from './people/rule-texts.ts';
export { lookUpNumbersMax } from './enterprises.ts';
export { argon2Hash } from './password-hash.ts';
export {
  passwordCharactersMax,
  passwordCharactersMin,
  passwordProblem,
} from './password-policy.ts';
export { channelNames, everyType } from './channels/ports.ts';
export { transitions, type Transition } from './channels/transitions.ts';
export { isQuality, qualities } from './qualities.ts';
export { mayExchange } from './senders.ts';
export { readSshBlob, sshFingerprint } from './ssh-key.ts';
export { readSshKeyFile } from './ssh-key-file.ts';
export { openTrust } from './trust.ts';
export { signInGate } from './signin/gate.ts';
export { openSigningIn } from './signin/open-sign-in.ts';
export { passwordFault, passwordPolicy } from './signin/password-policies.ts';
export { sealedBox } from './signin/sealed-box.ts';
export { tokenHash } from './signin/secret-codes.ts';
export { findProblem, problemArticle, problemArticles } from './signin/sign-in-problems.ts';
export { describePolicy, sayPasswordFault } from './signin/texts.ts';
export { loginThrottle } from './login-throttle.ts';
export type { Caller, Role } from './people/caller.ts';
export type { ApiTokens, ApiTokenView } from './signin/api-tokens.ts';
export type { CertificateProblem } from './signin/certificate-login.ts';
export type { Cases } from './signin/cases.ts';
export type { EmailChange } from './signin/email-change.ts';
export type {
  CertificateCard,
  LinkedCard,
  PersonCertificates,
} from './signin/person-certificates.ts';
export type { Recovery } from './signin/recovery.ts';
export { addWorkingDays, isWorkingDay, publicHolidays } from './signin/working-days.ts';
export { isAddress } from './signin/email-change.ts';
export type { BackupSheet, Factors, FactorState } from './signin/factors.ts';
export type { Composition, PasswordPolicy, PolicyName } from './signin/password-policies.ts';
export type { Passwords } from './signin/passwords.ts';
export type * from './signin/ports.ts';
export type { SecondFactorWish } from './signin/second-factor.ts';
export type { OpenSession, SessionKeys, Sessions, SessionView } from './signin/sessions.ts';
export type { SignIn, SignInOutcome } from './signin/sign-in.ts';
export type { ProblemArticle, SignInProblem } from './signin/sign-in-problems.ts';
export type { SigningIn } from './signin/open-sign-in.ts';
export type { Origin, SignInRules, SignInTools } from './signin/tools.ts';
export type { TotpSheet } from './signin/totp.ts';
export type { Channels, ChannelWish } from './channels/channels.ts';
export type * from './channels/ports.ts';
export type { Certificates } from './certificates.ts';
export type { Enterprises } from './enterprises.ts';
export type { Identity } from './identity.ts';
export type { LoginAccount, LoginReason, Logins } from './logins.ts';
export type * from './ports.ts';
export { readRefusedPasswords, type RefusedPasswords } from './refused-passwords.ts';
export type { Quality } from './qualities.ts';
export type { Senders } from './senders.ts';
export type { SshPublicKey } from './ssh-key.ts';
export type { RegisteredUser, TechnicalUsers } from './technical-users.ts';
export type { ThrottleState } from './throttle.ts';
export type { Anchor, Trust } from './trust.ts';
export type { IdentityKeys, KeyPurpose } from './identity-keys.ts';
export type { Action } from './people/actions.ts';
export type * from './people/applications.ts';
export type { Audit, AuditActor, AuditEvent, AuditEventName, Verdict } from './people/audit.ts';
export type * from './people/audit-ports.ts';
export type { Authority } from './people/authority.ts';
export type { PeopleRoom } from './people/open-people-room.ts';
export type { TechnicalAccounts, TechnicalContact } from './people/technical-accounts.ts';
export type {
  ConversionTarget,
  EnterpriseAccess,
  EnterpriseView,
} from './people/enterprise-access.ts';
export type { Cell, MatrixRole, Within } from './people/matrix.ts';
export type * from './people/people.ts';
export type * from './people/people-ports.ts';
export type { Asker, DenialRule, Permission, Target } from './people/permits.ts';
export type * from './people/person.ts';
export type * from './people/qualities.ts';
export type * from './people/roles.ts';
export { roleNames } from './people/role-names.ts';
export type {
  SenderAddress,
  SenderContact,
  SenderForm,
  SenderFormView,
} from './people/sender-form.ts';
