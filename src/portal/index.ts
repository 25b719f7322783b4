export { startPortal, type Portal, type PortalOptions, type TlsIdentity } from './portal.ts';
export { proxiesOf, type ApiSettings, type TrustedProxies } from './api/index.ts';
