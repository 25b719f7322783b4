export { dimn } from './dimn.ts';
