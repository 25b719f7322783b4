import { mayEver, type Action, type Caller } from '../../identity/index.ts';
import type { Language } from '../../vocabulary/index.ts';

interface Entry {
  readonly id: string;
  readonly action: Action;
  readonly path: string;
  readonly labels: Readonly<Record<Language, string>>;
}

/** Of a role that is about the whole enterprise, or about all of them. */
const enterpriseEntries: readonly Entry[] = [
  {
    id: 'enterprise-details',
    action: 'enterprise.read',
    path: '/api/v1/enterprise',
    labels: {
      nl: 'Gegevens van de onderneming raadplegen',
      fr: "Consulter les données de l'entreprise",
      de: 'Unternehmensdaten einsehen',
      en: 'Consult the enterprise',
    },
  },
  {
    id: 'chief-access-manager',
    action: 'cam.appoint',
    path: '/api/v1/appointments/chief-access-manager/plans',
    labels: {
      nl: 'Hoofdtoegangsbeheerder aanstellen',
      fr: "Désigner le gestionnaire d'accès principal",
      de: 'Hauptzugangsverwalter bestellen',
      en: 'Appoint the chief access manager',
    },
  },
  {
    id: 'service-providers',
    action: 'service-provider.appoint',
    path: '/api/v1/appointments/service-provider/plans',
    labels: {
      nl: 'Dienstverrichter aanstellen',
      fr: 'Désigner un prestataire de services',
      de: 'Dienstleister bestellen',
      en: 'Appoint a service provider',
    },
  },
  {
    id: 'e-box',
    action: 'ebox.activate',
    path: '/api/v1/enterprise/ebox',
    labels: {
      nl: 'e-Box activeren',
      fr: "Activer l'e-Box",
      de: 'e-Box aktivieren',
      en: 'Activate the e-Box',
    },
  },
  {
    id: 'close-access',
    action: 'enterprise.close',
    path: '/api/v1/enterprise/closing-plans',
    labels: {
      nl: 'Toegang van de onderneming beëindigen',
      fr: "Mettre fin à l'accès de l'entreprise",
      de: 'Zugang des Unternehmens beenden',
      en: 'End the access of the enterprise',
    },
  },
  {
    id: 'co-chief-access-managers',
    action: 'cocam.manage',
    path: '/api/v1/persons?role=COCAM',
    labels: {
      nl: 'Co-hoofdtoegangsbeheerders beheren',
      fr: "Gérer les co-gestionnaires d'accès principaux",
      de: 'Co-Hauptzugangsverwalter verwalten',
      en: 'Manage co-chief access managers',
    },
  },
  {
    id: 'search-users',
    action: 'people.search-enterprise',
    path: '/api/v1/persons',
    labels: {
      nl: 'Gebruikers zoeken',
      fr: 'Rechercher des utilisateurs',
      de: 'Benutzer suchen',
      en: 'Search users',
    },
  },
  {
    id: 'activate-quality',
    action: 'quality.activate',
    path: '/api/v1/qualities/offered',
    labels: {
      nl: 'Hoedanigheid activeren',
      fr: 'Activer une qualité',
      de: 'Eigenschaft aktivieren',
      en: 'Activate a quality',
    },
  },
  {
    id: 'cases',
    action: 'case.manage',
    path: '/api/v1/cases',
    labels: {
      nl: 'Dossiers behandelen',
      fr: 'Traiter les dossiers',
      de: 'Fälle bearbeiten',
      en: 'Handle cases',
    },
  },
];

/** Of a role in a quality, or of a manager of the enterprise who selected one. */
const qualityEntries: readonly Entry[] = [
  {
    id: 'users',
    action: 'user.register',
    path: '/api/v1/persons',
    labels: {
      nl: 'Gebruikers beheren',
      fr: 'Gérer les utilisateurs',
      de: 'Benutzer verwalten',
      en: 'Manage users',
    },
  },
  {
    id: 'e-box-documents',
    action: 'ebox.use',
    path: '/api/v1/ebox/documents',
    labels: { nl: 'e-Box', fr: 'e-Box', de: 'e-Box', en: 'e-Box' },
  },
  {
    id: 'quality-details',
    action: 'quality.edit',
    path: '/api/v1/qualities/{quality}',
    labels: {
      nl: 'Gegevens van de hoedanigheid',
      fr: 'Données de la qualité',
      de: 'Daten der Eigenschaft',
      en: 'Details of the quality',
    },
  },
  {
    id: 'co-access-managers',
    action: 'coam.manage',
    path: '/api/v1/persons?role=COAM',
    labels: {
      nl: 'Co-toegangsbeheerders beheren',
      fr: "Gérer les co-gestionnaires d'accès",
      de: 'Mit-Zugangsverwalter verwalten',
      en: 'Manage co-access managers',
    },
  },
  {
    id: 'routing',
    action: 'routing.manage',
    path: '/api/v1/qualities/{quality}/routing',
    labels: {
      nl: 'Routing-module',
      fr: 'Module de routage',
      de: 'Routing-Modul',
      en: 'Routing module',
    },
  },
  {
    id: 'structured-messages',
    action: 'messages.manage',
    path: '/api/v1/technical-users',
    labels: {
      nl: 'Gestructureerde berichten',
      fr: 'Messages structurés',
      de: 'Strukturierte Berichte',
      en: 'Structured messages',
    },
  },
];

/** Of everybody, about himself. */
const ownEntries: readonly Entry[] = [
  {
    id: 'own-data',
    action: 'self.read',
    path: '/api/v1/me',
    labels: {
      nl: 'Mijn gegevens',
      fr: 'Mes données',
      de: 'Meine Daten',
      en: 'My data',
    },
  },
  {
    id: 'password',
    action: 'self.change',
    path: '/api/v1/me/password',
    labels: {
      nl: 'Mijn wachtwoord',
      fr: 'Mon mot de passe',
      de: 'Mein Passwort',
      en: 'My password',
    },
  },
  {
    id: 'certificate',
    action: 'self.certificate',
    path: '/api/v1/me/certificates',
    labels: {
      nl: 'Mijn certificaten',
      fr: 'Mes certificats',
      de: 'Meine Zertifikate',
      en: 'My certificates',
    },
  },
];

export interface MenuLine {
  readonly id: string;
  readonly label: string;
  readonly path: string;
}

/**
 * The entries of a caller, by his role and level: a manager of the enterprise who selected a quality
 * gets the menu of its access manager. What the matrix gives nobody in the role is not there.
 */
export function menuOf(caller: Caller, language: Language): readonly MenuLine[] {
  const { qualityId } = caller;
  const level = qualityId === undefined ? enterpriseEntries : qualityEntries;
  return [...level, ...ownEntries]
    .filter(({ action }) => mayEver(caller.role, action))
    .map(({ id, labels, path }) => ({
      id,
      label: labels[language],
      path: path.replace('{quality}', qualityId ?? ''),
    }));
}
