export * from './answer-name.ts';
export * from './answer-schemas.ts';
export * from './notification.ts';
export * from './receipt.ts';
export * from './stated-form.ts';
export * from './statement.ts';
export * from './zip-single.ts';
export * from './answer-files.ts';
