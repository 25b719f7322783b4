export type * from './contract.ts';
export type * from './ports.ts';
export {
  reasonOf,
  testConnection,
  type ConnectionStep,
  type ConnectionStepReport,
  type ConnectionStepState,
} from './connection-test.ts';
export {
  loginSteps,
  sftpInletSteps,
  type JudgedLogin,
  type LoginWatch,
} from './sftp-server/connection-steps.ts';
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
export {
  openAccess,
  publisherOf,
  type AccessPorts,
  type BrokerQuestions,
  type LoginCertificate,
} from './amqp/access.ts';
export { amqpBrokerSteps, type BrokerToTest } from './amqp/connection-steps.ts';
export { openAmqpInlet, amqpInletLimits, type AmqpInlet } from './amqp/inlet.ts';
export { provisionedInlet, type ProvisionedInlet } from './amqp/provisioned-inlet.ts';
export { openManagement, type Management } from './amqp/management.ts';
export { openAmqpOutlet, type AmqpOutlet } from './amqp/outlet.ts';
export { subjectAsBrokerWrites } from './amqp/subject.ts';
export { inboundQueueOf } from './amqp/names.ts';
export {
  ensureCommon,
  reconcile,
  topologyLimits,
  wantedTopology,
  type Unwanted,
} from './amqp/topology.ts';
export type {
  AmqpAccount,
  AmqpLogins,
  AmqpSender,
  AmqpStore,
  KnownMessage,
  TakenMessages,
} from './amqp/ports.ts';
export { circuitBreaker, type CircuitLimits } from './sftp-remote/circuit.ts';
export type { LinkDeadlines } from './sftp-remote/partner-link.ts';
export type { PullLimits } from './sftp-remote/pull-round.ts';
export {
  pullFromPartner,
  sftpRemoteInlet,
  type RemoteInlet,
  type RemoteInletOptions,
  type RoundReport,
} from './sftp-remote/remote-inlet.ts';
export { sftpRemoteSteps, type PartnerToTest } from './sftp-remote/connection-steps.ts';
export { sftpRemoteOutlet, type RemoteOutletOptions } from './sftp-remote/remote-outlet.ts';
export {
  openPartners,
  type PartnerTools,
  type PartnerView,
  type Partners,
} from './sftp-remote/partners.ts';
export type { PartnerWish } from './sftp-remote/partner-values.ts';
export type {
  Circuit,
  CircuitStore,
  Directories,
  Landing,
  NewPartner,
  Partner,
  PartnerAddress,
  PartnerDestination,
  PartnerRow,
  PartnerState,
  PartnerStore,
  RemoteFile,
  RemoteFileState,
  RemoteFileStore,
  Run,
  RunStore,
  Schedules,
} from './sftp-remote/ports.ts';
export { eboxOutlet, type EboxOutletOptions } from './ebox/ebox-outlet.ts';
export { readDocumentTypes, type DocumentType, type DocumentTypes } from './ebox/document-types.ts';
export {
  openEboxes,
  type EboxAct,
  type EboxDownload,
  type Eboxes,
  type EboxEvent,
  type EboxReader,
  type EboxTrail,
} from './ebox/mailbox.ts';
export {
  deleteExpired,
  warnOfExpiry,
  writeDigests,
  type EboxLetters,
  type EboxNews,
  type EboxUpkeepTools,
} from './ebox/upkeep.ts';
export type * from './ebox/ports.ts';
