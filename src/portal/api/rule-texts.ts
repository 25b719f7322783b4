import type { Saying } from './problem-texts.ts';

/** Rules that rooms name in the fact `rule` of a failure. */
export const ruleTexts: Readonly<Record<string, Saying>> = {
  role: {
    nl: 'Deze handeling behoort niet tot uw rol.',
    fr: 'Cette opération ne relève pas de votre rôle.',
    de: 'Diese Handlung gehört nicht zu Ihrer Rolle.',
    en: 'This act does not belong to your role.',
  },
};
