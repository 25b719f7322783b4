import type { Language } from '../../vocabulary/index.ts';

type Texts = Readonly<Record<Language, string>>;

/** The rules that acts on persons and rights refuse by, in the languages of their readers. */
const ruleTexts = {
  required: {
    nl: 'Dit veld is verplicht.',
    fr: 'Ce champ est obligatoire.',
    de: 'Dieses Feld ist auszufüllen.',
    en: 'This field is required.',
  },
  'too-long': {
    nl: 'De tekst is te lang.',
    fr: 'Le texte est trop long.',
    de: 'Der Text ist zu lang.',
    en: 'The text is too long.',
  },
  'too-short': {
    nl: 'De tekst is te kort.',
    fr: 'Le texte est trop court.',
    de: 'Der Text ist zu kurz.',
    en: 'The text is too short.',
  },
  characters: {
    nl: 'De tekst bevat tekens die hier niet mogen.',
    fr: 'Le texte contient des caractères non admis.',
    de: 'Der Text enthält unzulässige Zeichen.',
    en: 'The text has characters that are not allowed here.',
  },
  digits: {
    nl: 'Alleen cijfers zijn toegelaten.',
    fr: 'Seuls les chiffres sont admis.',
    de: 'Nur Ziffern sind zulässig.',
    en: 'Only digits are allowed.',
  },
  date: {
    nl: 'Dit is geen datum (JJJJ-MM-DD).',
    fr: "Ce n'est pas une date (AAAA-MM-JJ).",
    de: 'Das ist kein Datum (JJJJ-MM-TT).',
    en: 'This is not a date (YYYY-MM-DD).',
  },
  email: {
    nl: 'Dit is geen e-mailadres.',
    fr: "Ce n'est pas une adresse électronique.",
    de: 'Das ist keine E-Mail-Adresse.',
    en: 'This is not an e-mail address.',
  },
  phone: {
    nl: 'Dit is geen telefoonnummer.',
    fr: "Ce n'est pas un numéro de téléphone.",
    de: 'Das ist keine Telefonnummer.',
    en: 'This is not a telephone number.',
  },
  nsso: {
    nl: 'Het controlegetal van het RSZ-nummer klopt niet.',
    fr: 'Le chiffre de contrôle du numéro ONSS est inexact.',
    de: 'Die Prüfziffer der LSS-Nummer stimmt nicht.',
    en: 'The check digits of the NSSO number do not fit.',
  },
  'enterprise-number': {
    nl: 'Het controlegetal van het ondernemingsnummer klopt niet.',
    fr: "Le chiffre de contrôle du numéro d'entreprise est inexact.",
    de: 'Die Prüfziffer der Unternehmensnummer stimmt nicht.',
    en: 'The check digits of the enterprise number do not fit.',
  },
  insz: {
    nl: 'Het controlegetal van het INSZ klopt niet.',
    fr: 'Le chiffre de contrôle du NISS est inexact.',
    de: 'Die Prüfziffer der ENSS stimmt nicht.',
    en: 'The check digits of the national number do not fit.',
  },
  'insz-other-name': {
    nl: 'Dit INSZ hoort bij iemand met een andere naam.',
    fr: 'Ce NISS appartient à une personne portant un autre nom.',
    de: 'Diese ENSS gehört zu einer Person anderen Namens.',
    en: 'This national number belongs to a person of another name.',
  },
  language: {
    nl: 'Kies nl, fr, de of en.',
    fr: 'Choisissez nl, fr, de ou en.',
    de: 'Wählen Sie nl, fr, de oder en.',
    en: 'Choose nl, fr, de or en.',
  },
  'username-space': {
    nl: 'Een gebruikersnaam bevat geen spaties.',
    fr: "Un nom d'utilisateur ne contient pas d'espaces.",
    de: 'Ein Benutzername enthält keine Leerzeichen.',
    en: 'A user name has no spaces.',
  },
  'username-characters': {
    nl: 'Een gebruikersnaam bestaat uit cijfers en letters a tot z, zonder accenten.',
    fr: "Un nom d'utilisateur se compose de chiffres et de lettres a à z, sans accents.",
    de: 'Ein Benutzername besteht aus Ziffern und Buchstaben a bis z, ohne Umlaute.',
    en: 'A user name consists of digits and letters a to z, without accents.',
  },
  'username-short': {
    nl: 'Een gebruikersnaam telt minstens 8 tekens.',
    fr: "Un nom d'utilisateur compte au moins 8 caractères.",
    de: 'Ein Benutzername hat mindestens 8 Zeichen.',
    en: 'A user name has at least 8 characters.',
  },
  'username-long': {
    nl: 'Een gebruikersnaam telt hoogstens 30 tekens.',
    fr: "Un nom d'utilisateur compte au plus 30 caractères.",
    de: 'Ein Benutzername hat höchstens 30 Zeichen.',
    en: 'A user name has at most 30 characters.',
  },
  'username-taken': {
    nl: 'Deze gebruikersnaam is niet meer vrij.',
    fr: "Ce nom d'utilisateur n'est plus libre.",
    de: 'Dieser Benutzername ist nicht mehr frei.',
    en: 'This user name is not free any more.',
  },
  capacity: {
    nl: 'In deze hoedanigheid kan iemand deze rol niet vervullen.',
    fr: 'Ce titre ne permet pas de remplir ce rôle.',
    de: 'In dieser Eigenschaft kann niemand diese Rolle ausüben.',
    en: 'Nobody can hold this role in this capacity.',
  },
  role: {
    nl: 'Deze rol bestaat niet.',
    fr: "Ce rôle n'existe pas.",
    de: 'Diese Rolle gibt es nicht.',
    en: 'There is no such role.',
  },
  state: {
    nl: 'Deze toestand bestaat niet.',
    fr: "Cet état n'existe pas.",
    de: 'Diesen Zustand gibt es nicht.',
    en: 'There is no such state.',
  },
  application: {
    nl: 'Deze toepassing hoort niet bij de hoedanigheid.',
    fr: "Cette application n'appartient pas à la qualité.",
    de: 'Diese Anwendung gehört nicht zur Eigenschaft.',
    en: 'The quality has no such application.',
  },
  'application-role': {
    nl: 'De toepassing kent deze rol niet.',
    fr: "L'application ne connaît pas ce rôle.",
    de: 'Die Anwendung kennt diese Rolle nicht.',
    en: 'The application has no such role.',
  },
  'quality-first': {
    nl: 'Kies eerst een hoedanigheid; dan kan op toepassing gezocht worden.',
    fr: "Choisissez d'abord une qualité pour chercher par application.",
    de: 'Wählen Sie zuerst eine Eigenschaft, um nach Anwendung zu suchen.',
    en: 'Choose a quality first; then you can search by application.',
  },
  'quality-type': {
    nl: 'Deze hoedanigheid bestaat niet.',
    fr: "Cette qualité n'existe pas.",
    de: 'Diese Eigenschaft gibt es nicht.',
    en: 'There is no such quality.',
  },
  'not-entitled': {
    nl: 'De onderneming heeft geen toegang tot deze hoedanigheid.',
    fr: "L'entreprise n'a pas accès à cette qualité.",
    de: 'Das Unternehmen hat keinen Zugang zu dieser Eigenschaft.',
    en: 'The enterprise has no access to this quality.',
  },
  'not-asked': {
    nl: 'Dit gegeven wordt voor deze hoedanigheid niet gevraagd.',
    fr: "Cette donnée n'est pas demandée pour cette qualité.",
    de: 'Diese Angabe wird für diese Eigenschaft nicht verlangt.',
    en: 'This datum is not asked for this quality.',
  },
  page: {
    nl: 'Deze bladzijde bestaat niet; begin opnieuw te zoeken.',
    fr: "Cette page n'existe pas ; recommencez la recherche.",
    de: 'Diese Seite gibt es nicht; beginnen Sie die Suche neu.',
    en: 'There is no such page; begin the search again.',
  },
  'own-email': {
    nl: 'Het eigen e-mailadres verandert pas na bevestiging met een code.',
    fr: 'Votre adresse ne change qu’après confirmation par un code.',
    de: 'Die eigene Adresse ändert sich erst nach Bestätigung mit einem Code.',
    en: 'One’s own e-mail address changes after a code has confirmed it.',
  },
  'court-order': {
    nl: 'Vermeld het vonnis dat de curator aanstelt.',
    fr: 'Mentionnez le jugement qui désigne le curateur.',
    de: 'Nennen Sie das Urteil, das den Konkursverwalter bestellt.',
    en: 'State the judgment that appoints the curator.',
  },
  'provider-kind': {
    nl: 'Kies natuurlijk persoon of rechtspersoon.',
    fr: 'Choisissez personne physique ou personne morale.',
    de: 'Wählen Sie natürliche oder juristische Person.',
    en: 'Choose natural or legal person.',
  },
  'employer-only': {
    nl: 'Een curator neemt alleen de hoedanigheid werkgever over.',
    fr: 'Un curateur ne reprend que la qualité d’employeur.',
    de: 'Ein Konkursverwalter übernimmt nur die Eigenschaft Arbeitgeber.',
    en: 'A curator takes over the quality of employer only.',
  },
  'own-account': {
    nl: 'Niemand blokkeert of verwijdert zichzelf.',
    fr: 'Personne ne se bloque ou se supprime soi-même.',
    de: 'Niemand sperrt oder löscht sich selbst.',
    en: 'Nobody blocks or deletes himself.',
  },
  'successor-needed': {
    nl: 'Wijs een opvolger aan, of schors de hoedanigheid.',
    fr: 'Désignez un successeur, ou suspendez la qualité.',
    de: 'Benennen Sie einen Nachfolger, oder setzen Sie die Eigenschaft aus.',
    en: 'Name a successor, or suspend the quality.',
  },
  'curator-in-place': {
    nl: 'Een curator beheert deze hoedanigheid.',
    fr: 'Un curateur gère cette qualité.',
    de: 'Ein Konkursverwalter verwaltet diese Eigenschaft.',
    en: 'A curator manages this quality.',
  },
  'enterprise-closed': {
    nl: 'De toegang van de onderneming is beëindigd.',
    fr: "L'accès de l'entreprise a pris fin.",
    de: 'Der Zugang des Unternehmens ist beendet.',
    en: 'The access of the enterprise has ended.',
  },
  'quality-suspended': {
    nl: 'De hoedanigheid is geschorst tot er een toegangsbeheerder is.',
    fr: "La qualité est suspendue jusqu'à ce qu'il y ait un gestionnaire d'accès.",
    de: 'Die Eigenschaft ruht, bis es einen Zugangsverwalter gibt.',
    en: 'The quality is suspended until it has an access manager.',
  },
  'state-already': {
    nl: 'Dat is al zo.',
    fr: "C'est déjà le cas.",
    de: 'Das ist bereits so.',
    en: 'It is so already.',
  },
  'not-appointed': {
    nl: 'U bent niet aangesteld als beheerder of gebruiker van een hoedanigheid. De hoofdtoegangsbeheerder van uw onderneming kan dat doen.',
    fr: "Vous n'êtes désigné ni gestionnaire ni utilisateur d'une qualité. Le gestionnaire d'accès principal de votre entreprise peut le faire.",
    de: 'Sie sind weder Verwalter noch Benutzer einer Eigenschaft. Der Hauptzugangsverwalter Ihres Unternehmens kann Sie bestellen.',
    en: 'You are appointed neither manager nor user of a quality. The chief access manager of your enterprise can do that.',
  },
  'application-not-granted': {
    nl: 'U hebt geen recht op deze toepassing. Vraag het aan de toegangsbeheerder van uw hoedanigheid.',
    fr: "Vous n'avez pas droit à cette application. Adressez-vous au gestionnaire d'accès de votre qualité.",
    de: 'Sie haben kein Recht auf diese Anwendung. Wenden Sie sich an den Zugangsverwalter Ihrer Eigenschaft.',
    en: 'You have no right to this application. Ask the access manager of your quality.',
  },
  'choose-application-role': {
    nl: 'Kies een rol binnen de toepassing.',
    fr: "Choisissez un rôle dans l'application.",
    de: 'Wählen Sie eine Rolle innerhalb der Anwendung.',
    en: 'Choose a role within the application.',
  },
  'ebox-inactive': {
    nl: 'De e-Box is niet geactiveerd. De wettelijke vertegenwoordiger kan dat doen.',
    fr: "L'e-Box n'est pas activée. Le représentant légal peut le faire.",
    de: 'Die e-Box ist nicht aktiviert. Der gesetzliche Vertreter kann das tun.',
    en: 'The e-Box is not activated. The legal representative can do that.',
  },
  'partition-not-empty': {
    nl: 'Alleen een lege partitie kan verwijderd worden. Verplaats eerst de documenten.',
    fr: "Seule une partition vide peut être supprimée. Déplacez d'abord les documents.",
    de: 'Nur eine leere Partition kann gelöscht werden. Verschieben Sie zuerst die Dokumente.',
    en: 'Only an empty partition can be deleted. Move the documents first.',
  },
  'partitions-max': {
    nl: 'Deze e-Box heeft het grootste aantal partities.',
    fr: 'Cette e-Box a atteint le nombre maximal de partitions.',
    de: 'Diese e-Box hat die größte Zahl von Partitionen erreicht.',
    en: 'This e-Box has as many partitions as it can have.',
  },
  'partition-name': {
    nl: 'Zo heet de algemene partitie. Kies een andere naam.',
    fr: "C'est le nom de la partition générale. Choisissez un autre nom.",
    de: 'So heißt die allgemeine Partition. Wählen Sie einen anderen Namen.',
    en: 'This is the name of the general partition. Choose another.',
  },
  'number-missing': {
    nl: 'Dit account heeft geen ondernemingsnummer. Vraag het aan de helpdesk.',
    fr: "Ce compte n'a pas de numéro d'entreprise. Adressez-vous au helpdesk.",
    de: 'Dieses Konto hat keine Unternehmensnummer. Wenden Sie sich an den Helpdesk.',
    en: 'This account has no enterprise number. Ask the help desk.',
  },
  'number-present': {
    nl: 'Dit account heeft al een ondernemingsnummer.',
    fr: "Ce compte a déjà un numéro d'entreprise.",
    de: 'Dieses Konto hat bereits eine Unternehmensnummer.',
    en: 'This account has an enterprise number already.',
  },
  'conversion-needed': {
    nl: 'Het account van een natuurlijke persoon krijgt geen ondernemingsnummer. Vraag een nieuw account aan als werkgever, als onderneming zonder personeel of als rechtspersoon.',
    fr: "Le compte d'une personne physique ne reçoit pas de numéro d'entreprise. Demandez un nouveau compte comme employeur, entreprise sans personnel ou personne morale.",
    de: 'Das Konto einer natürlichen Person erhält keine Unternehmensnummer. Beantragen Sie ein neues als Arbeitgeber, Unternehmen ohne Personal oder juristische Person.',
    en: 'The account of a natural person gets no enterprise number. Ask for a new one as employer, enterprise without personnel or legal person.',
  },
} as const satisfies Record<string, Texts>;

export type Rule = keyof typeof ruleTexts;

/** What a refusal says to a person: the rule that was broken, in his language. */
export function ruleText(rule: string, language: Language): string | undefined {
  return Object.hasOwn(ruleTexts, rule) ? ruleTexts[rule as Rule][language] : undefined;
}

export const rules = Object.keys(ruleTexts);
