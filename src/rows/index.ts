export { copyText } from './copy-text.ts';
export { DeclarationTables } from './declaration-tables.ts';
export type { CopyTable } from './declaration-tables.ts';
export type { AssessmentRow, DeclarationRow } from './ports.ts';
