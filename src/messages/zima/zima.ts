import { socialRiskType } from '../social-risk.ts';

/** ZIMA: declarations of social risk to the sickness funds; scenario 4 does not exist. */
export const zima = socialRiskType({
  code: 'ZIMA',
  scenarios: ['001', '002', '003', '005', '006'],
});
