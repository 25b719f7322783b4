import type { Language } from '../../vocabulary/index.ts';

/** What can stand between a person and his account, each by one code of ours. */
export type SignInProblem =
  | 'AUTH_CERT_NOT_LINKED'
  | 'AUTH_CERT_MISMATCH'
  | 'AUTH_CERT_REFUSED'
  | 'AUTH_PASSWORD_NEEDED'
  | 'AUTH_CLIENT_ENV'
  | 'PAGE_BLOCKED'
  | 'SENDER_UNKNOWN'
  | 'ENTERPRISE_NUMBER_MISSING'
  | 'CERT_REUPLOAD_NEEDED'
  | 'ACCOUNT_LOCKED'
  | 'ACCESS_NOT_GRANTED';

export interface ProblemArticle {
  readonly code: SignInProblem;
  /** As the older systems wrote it; the first is the one to show. */
  readonly aliases: readonly string[];
  readonly title: Readonly<Record<Language, string>>;
  readonly advice: Readonly<Record<Language, string>>;
}

const failed = {
  nl: 'Authenticatie mislukt',
  fr: "Échec de l'authentification",
  de: 'Authentifizierung fehlgeschlagen',
  en: 'Authentication failed',
} as const;

/** Every problem with the spellings under which people look for it. */
export const problemArticles: readonly ProblemArticle[] = [
  {
    code: 'AUTH_CERT_NOT_LINKED',
    aliases: [
      'user_no_certificat_in_LDAP',
      'user_no_certificat_in-LDAP',
      'User_egov_no_certifcat_in _LDAP',
    ],
    title: failed,
    advice: {
      nl: 'Er is geen certificaat aan uw gebruikersnaam gekoppeld. Meld u aan met uw wachtwoord en laad het certificaat op.',
      fr: "Aucun certificat n'est lié à votre nom d'utilisateur. Connectez-vous avec votre mot de passe et chargez le certificat.",
      de: 'Mit Ihrem Benutzernamen ist kein Zertifikat verknüpft. Melden Sie sich mit dem Passwort an und laden Sie das Zertifikat hoch.',
      en: 'No certificate is linked to your user name. Log in with your password and upload the certificate.',
    },
  },
  {
    code: 'AUTH_CERT_MISMATCH',
    aliases: ['user_wrong_certificat', 'User_wrong_certificat'],
    title: failed,
    advice: {
      nl: 'Dit is een ander certificaat dan het gekoppelde. Na elke vernieuwing moet het nieuwe certificaat opgeladen worden.',
      fr: "Ce certificat n'est pas celui qui est lié. Après chaque renouvellement, le nouveau certificat doit être chargé.",
      de: 'Das ist ein anderes Zertifikat als das verknüpfte. Nach jeder Erneuerung muss das neue Zertifikat hochgeladen werden.',
      en: 'This certificate is not the one that is linked. After every renewal the new one must be uploaded.',
    },
  },
  {
    code: 'AUTH_CERT_REFUSED',
    aliases: [],
    title: failed,
    advice: {
      nl: 'Dit certificaat wordt niet aanvaard: het is geblokkeerd, niet geldig of van een uitgever die niet erkend is.',
      fr: "Ce certificat n'est pas accepté : il est bloqué, n'est pas valable ou vient d'un émetteur non reconnu.",
      de: 'Dieses Zertifikat wird nicht angenommen: Es ist gesperrt, ungültig oder von einem nicht anerkannten Aussteller.',
      en: 'This certificate is not accepted: it is blocked, not valid, or of an issuer that is not recognised.',
    },
  },
  {
    code: 'AUTH_PASSWORD_NEEDED',
    aliases: [],
    title: failed,
    advice: {
      nl: 'Geef bij het certificaat ook uw gebruikersnaam en wachtwoord.',
      fr: "Donnez aussi votre nom d'utilisateur et votre mot de passe avec le certificat.",
      de: 'Geben Sie zum Zertifikat auch Benutzernamen und Passwort an.',
      en: 'Give your user name and password beside the certificate.',
    },
  },
  {
    code: 'AUTH_CLIENT_ENV',
    aliases: ['Authentication_200'],
    title: failed,
    advice: {
      nl: 'De browser of de kaartlezer heeft de verbinding niet kunnen beveiligen. Gebruik een andere manier om aan te melden.',
      fr: "Le navigateur ou le lecteur de cartes n'a pas pu sécuriser la connexion. Utilisez une autre méthode.",
      de: 'Der Browser oder das Kartenlesegerät konnte die Verbindung nicht absichern. Verwenden Sie einen anderen Anmeldeweg.',
      en: 'The browser or the card reader could not secure the connection. Use another way to log in.',
    },
  },
  {
    code: 'PAGE_BLOCKED',
    aliases: ['Page cannot be displayed', 'Pagina kan niet worden weergegeven'],
    title: {
      nl: 'De pagina kan niet worden getoond',
      fr: 'La page ne peut pas être affichée',
      de: 'Die Seite kann nicht angezeigt werden',
      en: 'The page cannot be shown',
    },
    advice: {
      nl: 'De browser moet TLS 1.2 of 1.3 kunnen; instellingen van zones zijn niet nodig.',
      fr: 'Le navigateur doit prendre en charge TLS 1.2 ou 1.3 ; aucun réglage de zones n’est nécessaire.',
      de: 'Der Browser muss TLS 1.2 oder 1.3 beherrschen; Zoneneinstellungen sind nicht nötig.',
      en: 'The browser needs TLS 1.2 or 1.3; no zone settings are asked for.',
    },
  },
  {
    code: 'SENDER_UNKNOWN',
    aliases: [
      'De afzender is niet gekend in het systeem Belcotax',
      'De afzender is niet gekend in het systeem',
    ],
    title: {
      nl: 'Eerste aanmelding',
      fr: 'Première connexion',
      de: 'Erste Anmeldung',
      en: 'First login',
    },
    advice: {
      nl: 'Kijk naam en adres na, verbeter wat niet klopt, en ga verder.',
      fr: 'Vérifiez le nom et l’adresse, corrigez au besoin, et continuez.',
      de: 'Prüfen Sie Name und Anschrift, berichtigen Sie sie und fahren Sie fort.',
      en: 'Check name and address, correct what is wrong, and go on.',
    },
  },
  {
    code: 'ENTERPRISE_NUMBER_MISSING',
    aliases: ['00000null', 'KBO 00000null'],
    title: {
      nl: 'Geen ondernemingsnummer',
      fr: "Pas de numéro d'entreprise",
      de: 'Keine Unternehmensnummer',
      en: 'No enterprise number',
    },
    advice: {
      nl: 'Aan deze account hangt geen ondernemingsnummer. De helpdesk kan er een toevoegen.',
      fr: "Aucun numéro d'entreprise n'est lié à ce compte. Le support peut en ajouter un.",
      de: 'Mit diesem Konto ist keine Unternehmensnummer verknüpft. Der Helpdesk kann eine ergänzen.',
      en: 'This account has no enterprise number. The help desk can add one.',
    },
  },
  {
    code: 'CERT_REUPLOAD_NEEDED',
    aliases: ['Error 404'],
    title: failed,
    advice: {
      nl: 'Het certificaat moet (opnieuw) opgeladen worden.',
      fr: 'Le certificat doit être chargé (à nouveau).',
      de: 'Das Zertifikat muss (erneut) hochgeladen werden.',
      en: 'The certificate must be uploaded (again).',
    },
  },
  {
    code: 'ACCOUNT_LOCKED',
    aliases: ['geblokkeerd vanwege meerdere inlogpogingen'],
    title: failed,
    advice: {
      nl: 'Na te veel pogingen is aanmelden een tijd niet mogelijk. Uw toegangsbeheerder of de helpdesk kan dat opheffen.',
      fr: "Après trop de tentatives, la connexion est suspendue un moment. Votre gestionnaire d'accès ou le support peut lever le blocage.",
      de: 'Nach zu vielen Versuchen ist die Anmeldung eine Zeit lang nicht möglich. Ihr Zugangsverwalter oder der Helpdesk kann das aufheben.',
      en: 'After too many attempts logging in is not possible for a while. Your access manager or the help desk can lift this.',
    },
  },
  {
    code: 'ACCESS_NOT_GRANTED',
    aliases: [],
    title: {
      nl: 'Geen toegang tot deze toepassing',
      fr: "Pas d'accès à cette application",
      de: 'Kein Zugang zu dieser Anwendung',
      en: 'No access to this application',
    },
    advice: {
      nl: 'Vraag uw toegangsbeheerder om deze toepassing voor u aan te vinken.',
      fr: "Demandez à votre gestionnaire d'accès de cocher cette application pour vous.",
      de: 'Bitten Sie Ihren Zugangsverwalter, diese Anwendung für Sie anzukreuzen.',
      en: 'Ask your access manager to tick this application for you.',
    },
  },
];

const searchCharactersMax = 200;

/** Neither case nor `-`, `_` and blanks tell spellings apart. */
function bare(text: string): string {
  return text
    .slice(0, searchCharactersMax)
    .toLowerCase()
    .replace(/[-_\s]+/g, '');
}

const byText: ReadonlyMap<string, ProblemArticle> = new Map(
  problemArticles.flatMap((article) =>
    [article.code, ...article.aliases].map((text) => [bare(text), article] as const),
  ),
);

/** The article for a code in any spelling, ours or an older one. */
export function findProblem(text: string): ProblemArticle | undefined {
  return byText.get(bare(text));
}

/** The article of one of our codes. */
export function problemArticle(code: SignInProblem): ProblemArticle {
  const article = problemArticles.find((one) => one.code === code);
  if (article === undefined) throw new TypeError(`no article for ${code}`);
  return article;
}
