import { socialRiskType } from '../social-risk.ts';

/** AOAT: declarations of social risk about accidents at work. */
export const aoat = socialRiskType({ code: 'AOAT', scenarios: ['001', '002', '003'] });
