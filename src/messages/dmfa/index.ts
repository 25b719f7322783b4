export { dmfa } from './dmfa.ts';
