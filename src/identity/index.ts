export { openIdentity } from './identity.ts';
export { lookUpNumbersMax } from './enterprises.ts';
export { argon2Hash } from './password-hash.ts';
export {
  passwordCharactersMax,
  passwordCharactersMin,
  passwordProblem,
} from './password-policy.ts';
export { isQuality, qualities } from './qualities.ts';
export { mayExchange } from './senders.ts';
export { readSshBlob, sshFingerprint } from './ssh-key.ts';
export { readSshKeyFile } from './ssh-key-file.ts';
export type { Certificates } from './certificates.ts';
export type { Enterprises } from './enterprises.ts';
export type { Identity } from './identity.ts';
export type { LoginAccount, LoginReason, Logins } from './logins.ts';
export type * from './ports.ts';
export type { Quality } from './qualities.ts';
export type { Senders } from './senders.ts';
export type { SshPublicKey } from './ssh-key.ts';
export type { RegisteredUser, TechnicalUsers } from './technical-users.ts';
export type { ThrottleState } from './throttle.ts';
export type { Anchor, Trust } from './trust.ts';
