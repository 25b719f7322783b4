import type { MessageType } from '../message-type.ts';
import { checkMedc } from './medc-rules.ts';
import { readMedc } from './medc-extract.ts';

/** MEDC: yearly declaration of an operator of the medical-device sector. */
export const medc: MessageType = {
  code: 'MEDC',
  roots: ['MedicalDeviceContribution'],
  identifications: ['MEDC001'],
  mandateObject: 'MEDC',
  socialRisk: false,
  assessed: true,
  declaredOnce: true,
  read: readMedc,
  check: checkMedc,
};
