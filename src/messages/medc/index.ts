export { medc } from './medc.ts';
