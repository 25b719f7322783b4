import type { Language } from '../../vocabulary/index.ts';

/** One sentence in every language we speak to people in. */
export type Saying = Readonly<Record<Language, string>>;

/** What a problem is called, by code. */
export const titles: Readonly<Record<string, Saying>> = {
  'request.invalid': {
    nl: 'De aanvraag bevat waarden die niet aanvaard worden.',
    fr: 'La demande contient des valeurs qui ne sont pas acceptées.',
    de: 'Die Anfrage enthält Werte, die nicht angenommen werden.',
    en: 'The request holds values that are not accepted.',
  },
  'request.malformed': {
    nl: 'De aanvraag kon niet gelezen worden.',
    fr: "La demande n'a pas pu être lue.",
    de: 'Die Anfrage konnte nicht gelesen werden.',
    en: 'The request could not be read.',
  },
  'request.no-session': {
    nl: 'Meld u eerst aan.',
    fr: "Veuillez d'abord vous identifier.",
    de: 'Bitte melden Sie sich zuerst an.',
    en: 'Please log in first.',
  },
  'request.stage': {
    nl: 'Uw aanmelding is nog niet voltooid.',
    fr: "Votre identification n'est pas encore terminée.",
    de: 'Ihre Anmeldung ist noch nicht abgeschlossen.',
    en: 'Your login is not complete yet.',
  },
  'request.foreign': {
    nl: 'De aanvraag kwam van een andere website.',
    fr: "La demande provient d'un autre site.",
    de: 'Die Anfrage kam von einer anderen Website.',
    en: 'The request came from another site.',
  },
  'request.csrf': {
    nl: 'De aanvraag draagt het teken van deze sessie niet.',
    fr: 'La demande ne porte pas le jeton de cette session.',
    de: 'Die Anfrage trägt das Zeichen dieser Sitzung nicht.',
    en: 'The request does not carry the token of this session.',
  },
  'request.no-such-path': {
    nl: 'Hier is niets te vinden.',
    fr: "Il n'y a rien à cette adresse.",
    de: 'Unter dieser Adresse gibt es nichts.',
    en: 'There is nothing at this address.',
  },
  'request.method': {
    nl: 'Dit is hier niet mogelijk.',
    fr: "Cette opération n'est pas possible ici.",
    de: 'Das ist hier nicht möglich.',
    en: 'This cannot be done here.',
  },
  'request.timeout': {
    nl: 'De aanvraag kwam te traag binnen.',
    fr: 'La demande est arrivée trop lentement.',
    de: 'Die Anfrage kam zu langsam an.',
    en: 'The request arrived too slowly.',
  },
  'request.stale': {
    nl: 'Iemand anders heeft dit intussen gewijzigd.',
    fr: "Quelqu'un d'autre a modifié ceci entre-temps.",
    de: 'Jemand anders hat dies inzwischen geändert.',
    en: 'Somebody else has changed this in the meantime.',
  },
  'request.too-long': {
    nl: 'De aanvraag is te groot.',
    fr: 'La demande est trop volumineuse.',
    de: 'Die Anfrage ist zu groß.',
    en: 'The request is too long.',
  },
  'request.media-type': {
    nl: 'Alleen JSON (application/json) wordt gelezen.',
    fr: 'Seul le format JSON (application/json) est lu.',
    de: 'Nur JSON (application/json) wird gelesen.',
    en: 'Only JSON (application/json) is read.',
  },
  'request.version-missing': {
    nl: 'Geef in If-Match de versie op die u gelezen hebt.',
    fr: 'Indiquez dans If-Match la version que vous avez lue.',
    de: 'Geben Sie in If-Match die Version an, die Sie gelesen haben.',
    en: 'Give the version that you have read, in If-Match.',
  },
  'request.too-many': {
    nl: 'Te veel aanvragen; probeer het later opnieuw.',
    fr: 'Trop de demandes; réessayez plus tard.',
    de: 'Zu viele Anfragen; versuchen Sie es später erneut.',
    en: 'Too many requests; try again later.',
  },
  'identity.refused': {
    nl: 'Deze gegevens worden niet aanvaard.',
    fr: 'Ces données ne sont pas acceptées.',
    de: 'Diese Angaben werden nicht angenommen.',
    en: 'These credentials are not accepted.',
  },
  'identity.busy': {
    nl: 'Er zijn te veel aanmeldingen tegelijk; probeer het zo dadelijk opnieuw.',
    fr: 'Trop de connexions à la fois; réessayez dans un instant.',
    de: 'Zu viele Anmeldungen gleichzeitig; versuchen Sie es gleich noch einmal.',
    en: 'Too many logins at once; try again in a moment.',
  },
  'access.denied': {
    nl: 'Uw rol laat dit niet toe.',
    fr: 'Votre rôle ne le permet pas.',
    de: 'Ihre Rolle erlaubt das nicht.',
    en: 'Your role does not allow this.',
  },
  'access.guard': {
    nl: 'Deze wijziging is niet toegelaten.',
    fr: "Cette modification n'est pas admise.",
    de: 'Diese Änderung ist nicht zulässig.',
    en: 'This change is not admitted.',
  },
  'access.confirmation': {
    nl: 'Deze bevestiging geldt niet meer; begin opnieuw.',
    fr: "Cette confirmation n'est plus valable ; recommencez.",
    de: 'Diese Bestätigung gilt nicht mehr; beginnen Sie von vorn.',
    en: 'This confirmation is not valid any more; begin again.',
  },
  'signin.code-refused': {
    nl: 'Deze code wordt niet aanvaard.',
    fr: "Ce code n'est pas accepté.",
    de: 'Dieser Code wird nicht angenommen.',
    en: 'This code is not accepted.',
  },
  'signin.stage': {
    nl: 'Dit kan niet op dit punt van de aanmelding.',
    fr: "Ceci n'est pas possible à ce stade de l'identification.",
    de: 'Das geht an diesem Punkt der Anmeldung nicht.',
    en: 'This cannot be done at this point of the login.',
  },
  'signin.reauthenticate': {
    nl: 'Meld u opnieuw aan om dit te wijzigen.',
    fr: 'Identifiez-vous à nouveau pour modifier ceci.',
    de: 'Melden Sie sich erneut an, um dies zu ändern.',
    en: 'Log in again to change this.',
  },
  'signin.certificate': {
    nl: 'Authenticatie mislukt',
    fr: "Échec de l'authentification",
    de: 'Authentifizierung fehlgeschlagen',
    en: 'Authentication failed',
  },
  'signin.certificate-required': {
    nl: 'Deze toepassing vraagt ook uw certificaat.',
    fr: 'Cette application demande aussi votre certificat.',
    de: 'Diese Anwendung verlangt auch Ihr Zertifikat.',
    en: 'This application asks for your certificate as well.',
  },
  'schema.refused': {
    nl: 'Dit schema wordt niet aanvaard.',
    fr: "Ce schéma n'est pas accepté.",
    de: 'Dieses Schema wird nicht angenommen.',
    en: 'This schema is not accepted.',
  },
  'computation.invalid-input': {
    nl: 'De berekening kan met deze gegevens niet gemaakt worden.',
    fr: 'Le calcul ne peut pas être fait avec ces données.',
    de: 'Mit diesen Angaben kann nicht gerechnet werden.',
    en: 'The computation cannot be made from these data.',
  },
  'batch.unknown': {
    nl: 'Deze batch is niet gevonden.',
    fr: "Ce lot n'a pas été trouvé.",
    de: 'Diese Sendung wurde nicht gefunden.',
    en: 'This batch was not found.',
  },
  'batch.not-replayable': {
    nl: 'Deze batch kan niet opnieuw verwerkt worden.',
    fr: 'Ce lot ne peut pas être retraité.',
    de: 'Diese Sendung kann nicht erneut verarbeitet werden.',
    en: 'This batch cannot be run again.',
  },
  'storage.disk-full': {
    nl: 'De dienst is even niet beschikbaar.',
    fr: 'Le service est momentanément indisponible.',
    de: 'Der Dienst ist vorübergehend nicht verfügbar.',
    en: 'The service is not available for the moment.',
  },
  'mail.unknown': {
    nl: 'Deze brief is niet gevonden.',
    fr: "Cette lettre n'a pas été trouvée.",
    de: 'Dieser Brief wurde nicht gefunden.',
    en: 'This letter was not found.',
  },
  'mail.not-sent': {
    nl: 'Deze brief kan niet verstuurd worden.',
    fr: 'Cette lettre ne peut pas être envoyée.',
    de: 'Dieser Brief kann nicht versandt werden.',
    en: 'This letter cannot be sent.',
  },
  'registration.unknown': {
    nl: 'Dit is niet gevonden.',
    fr: "Ceci n'a pas été trouvé.",
    de: 'Dies wurde nicht gefunden.',
    en: 'This was not found.',
  },
  'registration.exists': {
    nl: 'Dit bestaat al.',
    fr: 'Ceci existe déjà.',
    de: 'Dies gibt es bereits.',
    en: 'This exists already.',
  },
  'registration.invalid': {
    nl: 'Een waarde wordt niet aanvaard.',
    fr: "Une valeur n'est pas acceptée.",
    de: 'Ein Wert wird nicht angenommen.',
    en: 'A value is not accepted.',
  },
  'password.refused': {
    nl: 'Dit wachtwoord voldoet niet.',
    fr: 'Ce mot de passe ne convient pas.',
    de: 'Dieses Passwort genügt nicht.',
    en: 'This password will not do.',
  },
  'seal.unreadable': {
    nl: 'Dit bestand is geen leesbaar certificaat.',
    fr: "Ce fichier n'est pas un certificat lisible.",
    de: 'Diese Datei ist kein lesbares Zertifikat.',
    en: 'This file is no readable certificate.',
  },
  'storage.unavailable': {
    nl: 'De dienst is even niet beschikbaar.',
    fr: 'Le service est momentanément indisponible.',
    de: 'Der Dienst ist vorübergehend nicht verfügbar.',
    en: 'The service is not available for the moment.',
  },
};

/** When nothing more may be told. */
export const defectTitle: Saying = {
  nl: 'Er is iets misgegaan aan onze kant.',
  fr: 'Une erreur est survenue de notre côté.',
  de: 'Auf unserer Seite ist etwas schiefgegangen.',
  en: 'Something went wrong on our side.',
};

/** What is wrong with one field, by rule. */
export const fieldTexts: Readonly<Record<string, Saying>> = {
  required: {
    nl: 'Dit veld is verplicht.',
    fr: 'Ce champ est obligatoire.',
    de: 'Dieses Feld ist ein Pflichtfeld.',
    en: 'This field is required.',
  },
  unknown: {
    nl: 'Dit veld bestaat niet.',
    fr: "Ce champ n'existe pas.",
    de: 'Dieses Feld gibt es nicht.',
    en: 'There is no such field.',
  },
  type: {
    nl: 'Deze waarde heeft niet het juiste type.',
    fr: "Cette valeur n'est pas du bon type.",
    de: 'Dieser Wert hat nicht den richtigen Typ.',
    en: 'This value is not of the right type.',
  },
  'too-short': {
    nl: 'Deze waarde is te kort of te klein.',
    fr: 'Cette valeur est trop courte ou trop petite.',
    de: 'Dieser Wert ist zu kurz oder zu klein.',
    en: 'This value is too short or too small.',
  },
  'too-long': {
    nl: 'Deze waarde is te lang of te groot.',
    fr: 'Cette valeur est trop longue ou trop grande.',
    de: 'Dieser Wert ist zu lang oder zu groß.',
    en: 'This value is too long or too large.',
  },
  format: {
    nl: 'Deze waarde heeft niet de juiste vorm.',
    fr: "Cette valeur n'a pas la bonne forme.",
    de: 'Dieser Wert hat nicht die richtige Form.',
    en: 'This value is not written as it should be.',
  },
  choice: {
    nl: 'Deze waarde staat niet in de lijst.',
    fr: 'Cette valeur ne figure pas dans la liste.',
    de: 'Dieser Wert steht nicht in der Liste.',
    en: 'This value is not one of the list.',
  },
  insz: {
    nl: 'Dit is geen geldig INSZ: controleer de cijfers.',
    fr: "Ce n'est pas un NISS valable: vérifiez les chiffres.",
    de: 'Das ist keine gültige ENSS: prüfen Sie die Ziffern.',
    en: 'This is no valid national number (INSZ): check the digits.',
  },
  'enterprise-number': {
    nl: 'Dit is geen geldig ondernemingsnummer: controleer de cijfers.',
    fr: "Ce n'est pas un numéro d'entreprise valable: vérifiez les chiffres.",
    de: 'Das ist keine gültige Unternehmensnummer: prüfen Sie die Ziffern.',
    en: 'This is no valid enterprise number: check the digits.',
  },
  'username-length': {
    nl: 'Een gebruikersnaam heeft 8 tot 30 tekens.',
    fr: "Un nom d'utilisateur compte de 8 à 30 caractères.",
    de: 'Ein Benutzername hat 8 bis 30 Zeichen.',
    en: 'A username has 8 to 30 characters.',
  },
  'username-space': {
    nl: 'Een gebruikersnaam bevat geen spaties.',
    fr: "Un nom d'utilisateur ne contient pas d'espaces.",
    de: 'Ein Benutzername enthält keine Leerzeichen.',
    en: 'A username holds no spaces.',
  },
  'username-alphabet': {
    nl: 'Een gebruikersnaam bestaat alleen uit 0-9 en a-z.',
    fr: "Un nom d'utilisateur se compose uniquement de 0-9 et a-z.",
    de: 'Ein Benutzername besteht nur aus 0-9 und a-z.',
    en: 'A username is made of 0-9 and a-z only.',
  },
  email: {
    nl: 'Dit is geen e-mailadres.',
    fr: "Ce n'est pas une adresse e-mail.",
    de: 'Das ist keine E-Mail-Adresse.',
    en: 'This is no e-mail address.',
  },
  'control-characters': {
    nl: 'Stuurtekens zijn niet toegelaten.',
    fr: 'Les caractères de contrôle ne sont pas admis.',
    de: 'Steuerzeichen sind nicht zulässig.',
    en: 'Control characters are not admitted.',
  },
};

/** When the contact centre answers; `{hours}` as the settings have them. */
export const contactDays: Saying = {
  nl: 'Van maandag tot vrijdag, behalve op feestdagen, van {hours} uur; in het Nederlands en het Frans.',
  fr: 'Du lundi au vendredi, sauf jours fériés, de {hours} heures ; en néerlandais et en français.',
  de: 'Montag bis Freitag, außer an Feiertagen, {hours} Uhr; auf Niederländisch und Französisch.',
  en: 'Monday to Friday, except public holidays, {hours} h; in Dutch and French.',
};
