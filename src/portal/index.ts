export { startPortal, type Portal, type PortalOptions, type TlsIdentity } from './portal.ts';
export {
  accessOf,
  apiEndpoints,
  proxiesOf,
  type ApiSettings,
  type TrustedProxies,
} from './api/index.ts';
