export { zima } from './zima.ts';
