export type { Misbehaviour, Moment } from './misbehaviour.ts';
export {
  startPartner,
  type Partner,
  type PartnerOptions,
  type PartnerRequest,
  type PartnerUser,
} from './partner.ts';
