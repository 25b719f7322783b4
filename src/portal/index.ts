export { startPortal, type Portal, type PortalOptions, type TlsIdentity } from './portal.ts';
export {
  accessOf,
  apiEndpoints,
  proxiesOf,
  type ApiSettings,
  type TrustedProxies,
} from './api/index.ts';
export type { BrokerCertificate } from './broker-certificates.ts';
export {
  startBrokerListener,
  type BrokerAnswers,
  type BrokerListener,
} from './broker-questions.ts';
