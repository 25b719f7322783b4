import type { Language } from '../../vocabulary/index.ts';
import type { Role } from './caller.ts';

/** Roles as people know them; docs/access.md has the same table with older names beside it. */
export const roleNames: Readonly<Record<Role, Readonly<Record<Language, string>>>> = {
  LR: {
    en: 'legal representative',
    nl: 'wettelijke vertegenwoordiger',
    fr: 'représentant légal',
    de: 'gesetzlicher Vertreter',
  },
  CAM: {
    en: 'chief access manager',
    nl: 'hoofdtoegangsbeheerder',
    fr: "gestionnaire d'accès principal",
    de: 'Hauptzugangsverwalter',
  },
  COCAM: {
    en: 'co-chief access manager',
    nl: 'co-hoofdtoegangsbeheerder',
    fr: "co-gestionnaire d'accès principal",
    de: 'Co-Hauptzugangsverwalter',
  },
  AM: {
    en: 'access manager',
    nl: 'toegangsbeheerder',
    fr: "gestionnaire d'accès",
    de: 'Zugangsverwalter',
  },
  COAM: {
    en: 'co-access manager',
    nl: 'co-toegangsbeheerder',
    fr: "co-gestionnaire d'accès",
    de: 'Mit-Zugangsverwalter',
  },
  USR: { en: 'user', nl: 'gebruiker', fr: 'utilisateur', de: 'Benutzer' },
  SP: {
    en: 'service provider',
    nl: 'dienstverrichter',
    fr: 'prestataire de services',
    de: 'Dienstleister',
  },
  CUR: { en: 'curator', nl: 'curator', fr: 'curateur', de: 'Konkursverwalter' },
  REP: { en: 'representative', nl: 'vertegenwoordiger', fr: 'représentant', de: 'Vertreter' },
  HD: { en: 'help desk', nl: 'helpdesk', fr: 'support', de: 'Helpdesk' },
  OP: { en: 'operator', nl: 'operator', fr: 'opérateur', de: 'Betreiber' },
};
