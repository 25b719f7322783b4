export { registerApi, type ApiOptions } from './register.ts';
export { proxiesOf, type ApiSettings, type RateLimits, type TrustedProxies } from './settings.ts';
export type { Access } from './ports.ts';
export type { ContactCentre, Endpoint } from './endpoint.ts';
