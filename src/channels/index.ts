export type * from './contract.ts';
export type * from './ports.ts';
export {
  reasonOf,
  testConnection,
  type ConnectionStep,
  type ConnectionStepReport,
  type ConnectionStepState,
} from './connection-test.ts';
export { sftpInletSteps, type LoginWatch } from './sftp-server/connection-steps.ts';
export { refusalOf } from './refusal.ts';
export { ensureHostKeys, fingerprintOf, type HostKey } from './sftp-server/host-keys.ts';
export { defaultLimits, type SftpLimits } from './sftp-server/limits.ts';
export { ed25519KeyPair, type SshKeyPair } from './sftp-server/ssh-key-pair.ts';
export { sftpInlet, type SftpInletOptions } from './sftp-server/sftp-inlet.ts';
export {
  startSftpServer,
  type SftpServer,
  type SftpServerOptions,
} from './sftp-server/sftp-server.ts';
