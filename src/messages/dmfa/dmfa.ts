import type { MessageType } from '../message-type.ts';
import { readDmfa } from './dmfa-extract.ts';
import { checkDmfa } from './dmfa-rules.ts';

/** DMFA: quarterly declaration of an employer, original. */
export const dmfa: MessageType = {
  code: 'DMFA',
  roots: ['DmfAOriginal'],
  identifications: ['DMFA'],
  mandateObject: 'DMFA',
  socialRisk: false,
  assessed: false,
  declaredOnce: true,
  read: readDmfa,
  check: checkDmfa,
};
