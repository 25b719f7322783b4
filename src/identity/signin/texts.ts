import type { Language } from '../../vocabulary/index.ts';
import { legacySpecials } from './password-policies.ts';
import type { PasswordFault, PasswordPolicy, PasswordRule } from './password-policies.ts';

type InFour = Readonly<Record<Language, string>>;

/** `{fact}` is the limit or the character. Each names the rule, never the password. */
export const passwordRefusals: Readonly<Record<PasswordRule, InFour>> = {
  'too-short': {
    nl: 'Het wachtwoord moet minstens {fact} tekens tellen.',
    fr: 'Le mot de passe doit compter au moins {fact} caractères.',
    de: 'Das Passwort muss mindestens {fact} Zeichen lang sein.',
    en: 'The password needs at least {fact} characters.',
  },
  'too-long': {
    nl: 'Het wachtwoord mag hoogstens {fact} tekens tellen.',
    fr: 'Le mot de passe peut compter au maximum {fact} caractères.',
    de: 'Das Passwort darf höchstens {fact} Zeichen lang sein.',
    en: 'The password may have at most {fact} characters.',
  },
  space: {
    nl: 'Het wachtwoord mag geen spaties bevatten.',
    fr: "Le mot de passe ne peut pas contenir d'espaces.",
    de: 'Das Passwort darf keine Leerzeichen enthalten.',
    en: 'The password may not contain spaces.',
  },
  character: {
    nl: 'Dit teken mag niet in het wachtwoord staan: {fact}',
    fr: "Ce caractère n'est pas admis dans le mot de passe : {fact}",
    de: 'Dieses Zeichen darf nicht im Passwort stehen: {fact}',
    en: 'This character may not stand in the password: {fact}',
  },
  'control-character': {
    nl: 'Het wachtwoord bevat een onzichtbaar stuurteken.',
    fr: 'Le mot de passe contient un caractère de commande invisible.',
    de: 'Das Passwort enthält ein unsichtbares Steuerzeichen.',
    en: 'The password holds an invisible control character.',
  },
  composition: {
    nl: 'Het wachtwoord moet minstens 2 alfanumerieke tekens bevatten.',
    fr: 'Le mot de passe doit contenir au moins 2 caractères alphanumériques.',
    de: 'Das Passwort muss mindestens 2 alphanumerische Zeichen enthalten.',
    en: 'The password needs at least 2 alphanumeric characters.',
  },
  common: {
    nl: 'Dit wachtwoord wordt zo vaak gebruikt dat het als eerste geraden wordt.',
    fr: "Ce mot de passe est si courant qu'il est deviné parmi les premiers.",
    de: 'Dieses Passwort ist so häufig, dass es als eines der ersten erraten wird.',
    en: 'This password is so common that it is among the first to be guessed.',
  },
  repeats: {
    nl: 'Het wachtwoord herhaalt dezelfde tekens of telt door.',
    fr: 'Le mot de passe répète les mêmes caractères ou les énumère.',
    de: 'Das Passwort wiederholt dieselben Zeichen oder zählt weiter.',
    en: 'The password repeats the same characters or counts.',
  },
  context: {
    nl: 'Het wachtwoord is een naam van de gebruiker of de onderneming met weinig erbij.',
    fr: "Le mot de passe est un nom de l'utilisateur ou de l'entreprise, à peine modifié.",
    de: 'Das Passwort ist ein Name des Benutzers oder des Unternehmens mit wenig dazu.',
    en: 'The password is a name of the user or the enterprise with little added.',
  },
  leaked: {
    nl: 'Dit wachtwoord staat, misschien met iets erbij, op een lijst van gelekte wachtwoorden.',
    fr: 'Ce mot de passe figure, à peu de chose près, dans une liste de mots de passe divulgués.',
    de: 'Dieses Passwort steht, vielleicht mit wenig dazu, auf einer Liste erbeuteter Passwörter.',
    en: 'This password is, perhaps with little added, on a list of leaked passwords.',
  },
  'same-as-before': {
    nl: 'Dit is het vorige wachtwoord; kies een ander.',
    fr: "C'est le mot de passe précédent ; choisissez-en un autre.",
    de: 'Das ist das bisherige Passwort; wählen Sie ein anderes.',
    en: 'This is the previous password; choose another.',
  },
};

/** Why a password was refused, in the person's language. */
export function sayPasswordFault({ rule, fact }: PasswordFault, language: Language): string {
  return passwordRefusals[rule][language].replace('{fact}', () => String(fact ?? ''));
}

const requirements = {
  length: {
    nl: '{min} tot {max} tekens',
    fr: 'de {min} à {max} caractères',
    de: '{min} bis {max} Zeichen',
    en: '{min} to {max} characters',
  },
  alone: {
    nl: 'zonder tweede factor minstens {alone} tekens',
    fr: 'sans second facteur, au moins {alone} caractères',
    de: 'ohne zweiten Faktor mindestens {alone} Zeichen',
    en: 'at least {alone} characters without a second factor',
  },
  anything: {
    nl: 'alle tekens zijn toegelaten, ook spaties; een zin van enkele woorden is goed',
    fr: 'tous les caractères sont admis, espaces compris ; une phrase de quelques mots convient',
    de: 'alle Zeichen sind erlaubt, auch Leerzeichen; ein Satz aus einigen Wörtern ist gut',
    en: 'any characters, spaces too; a phrase of some words is good',
  },
  letters: {
    nl: 'letters A-Z en a-z zonder accenten, cijfers, en deze tekens: {specials}',
    fr: 'lettres A-Z et a-z sans accents, chiffres et ces signes : {specials}',
    de: 'Buchstaben A-Z und a-z ohne Akzente, Ziffern und diese Zeichen: {specials}',
    en: 'letters A-Z and a-z without accents, digits, and these signs: {specials}',
  },
  noSpaces: {
    nl: 'geen spaties; hoofdletters en kleine letters verschillen',
    fr: 'sans espaces ; majuscules et minuscules sont distinctes',
    de: 'keine Leerzeichen; Groß- und Kleinschreibung zählt',
    en: 'no spaces; capitals and small letters differ',
  },
  R2: {
    nl: 'tekens van minstens twee van de drie soorten: cijfers, letters, leestekens',
    fr: 'au moins deux des trois sortes de caractères : chiffres, lettres, signes',
    de: 'Zeichen von mindestens zwei der drei Arten: Ziffern, Buchstaben, Sonderzeichen',
    en: 'characters of at least two of the three kinds: digits, letters, signs',
  },
  R3: {
    nl: 'minstens 2 cijfers of letters',
    fr: 'au moins 2 chiffres ou lettres',
    de: 'mindestens 2 Ziffern oder Buchstaben',
    en: 'at least 2 digits or letters',
  },
  uncommon: {
    nl: 'geen veelgebruikt of gelekt wachtwoord, geen eigen naam, geen naam van de onderneming',
    fr: "ni un mot de passe courant ou divulgué, ni votre nom, ni celui de l'entreprise",
    de: 'kein häufiges oder erbeutetes Passwort, nicht der eigene Name, nicht der des Unternehmens',
    en: 'no common or leaked password, not your own name, not that of the enterprise',
  },
  other: {
    nl: 'niet het vorige wachtwoord',
    fr: 'pas le mot de passe précédent',
    de: 'nicht das bisherige Passwort',
    en: 'not the previous password',
  },
} as const satisfies Readonly<Record<string, InFour>>;

/** The rules in force, one sentence each, for the page where a password is chosen. */
export function describePolicy(policy: PasswordPolicy, language: Language): readonly string[] {
  const { charactersMin, charactersMax, charactersAlone, specials, composition } = policy;
  const say = (key: keyof typeof requirements): string =>
    requirements[key][language]
      .replace('{min}', String(charactersMin))
      .replace('{max}', String(charactersMax))
      .replace('{alone}', String(charactersAlone))
      .replace('{specials}', () => specials ?? legacySpecials);
  return [
    say('length'),
    ...(policy.secondFactor ? [] : [say('alone')]),
    ...(specials === undefined ? [say('anything')] : [say('letters'), say('noSpaces')]),
    ...(specials !== undefined && composition !== 'R1' ? [say(composition)] : []),
    say('uncommon'),
    say('other'),
  ];
}
