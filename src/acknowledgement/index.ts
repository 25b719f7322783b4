export * from './answer-schemas.ts';
export * from './notification.ts';
export * from './receipt.ts';
