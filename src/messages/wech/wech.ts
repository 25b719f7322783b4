import { socialRiskType } from '../social-risk.ts';

/** WECH: declarations of social risk to unemployment; scenario 4 does not exist. */
export const wech = socialRiskType({
  code: 'WECH',
  scenarios: ['001', '002', '003', '005', '006', '007', '008', '009', '010', '011'],
});
