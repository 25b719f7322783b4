export { wech } from './wech.ts';
