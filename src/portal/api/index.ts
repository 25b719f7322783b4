export { registerApi, type ApiOptions } from './register.ts';
export { accessOf } from './access-of.ts';
export { apiEndpoints } from './endpoints/index.ts';
export { proxiesOf, type ApiSettings, type RateLimits, type TrustedProxies } from './settings.ts';
export type { Access, ApiIdentity } from './ports.ts';
export type { ContactCentre, Endpoint } from './endpoint.ts';
