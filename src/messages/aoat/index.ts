export { aoat } from './aoat.ts';
