export { letterFields } from './letter-names.ts';
export { openMail } from './mail.ts';
export { smtpCarrier } from './smtp.ts';
export { letterTexts, writeLetter } from './write-letter.ts';
export type { LetterName } from './letter-names.ts';
export type { LetterWish, Mail, MailLine } from './mail.ts';
export type {
  Carrier,
  MailRecord,
  MailState,
  MailStore,
  MailVault,
  Transaction as MailTransaction,
} from './ports.ts';
