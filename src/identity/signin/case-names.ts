import type { Language } from '../../vocabulary/index.ts';
import type { CaseKind } from './ports.ts';

/** What a case is about, for letters. */
export const caseNames: Readonly<Record<CaseKind, Readonly<Record<Language, string>>>> = {
  'new-codes': {
    en: 'new codes',
    nl: 'nieuwe codes',
    fr: 'nouveaux codes',
    de: 'neue Codes',
  },
  username: {
    en: 'a forgotten user name',
    nl: 'een vergeten gebruikersnaam',
    fr: "un nom d'utilisateur oublié",
    de: 'ein vergessener Benutzername',
  },
  'second-factor': {
    en: 'reset of a second factor',
    nl: 'een tweede factor herinstellen',
    fr: "réinitialisation d'un second facteur",
    de: 'Zurücksetzen eines zweiten Faktors',
  },
  'enterprise-number': {
    en: 'an enterprise number that is missing',
    nl: 'een ontbrekend ondernemingsnummer',
    fr: "un numéro d'entreprise manquant",
    de: 'eine fehlende Unternehmensnummer',
  },
  'representative-access': {
    en: 'access of a representative',
    nl: 'toegang van een vertegenwoordiger',
    fr: "l'accès d'un représentant",
    de: 'Zugang eines Vertreters',
  },
  conversion: {
    en: 'another kind of account',
    nl: 'een ander soort account',
    fr: 'un autre type de compte',
    de: 'eine andere Art von Konto',
  },
  other: { en: 'a question', nl: 'een vraag', fr: 'une question', de: 'eine Frage' },
};
