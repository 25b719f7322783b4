import {
  choice,
  duration,
  isMailAddress,
  isPath,
  isUrlOf,
  optional,
  type Given,
} from './setting-kinds.ts';
import { languages } from './vocabulary/index.ts';

const passwordPolicies = ['modern', 'be-ume-legacy'] as const;
const passwordCompositions = ['R1', 'R2', 'R3'] as const;

function hoursOf(text: string): string | undefined {
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(text) ?? [];
  return Number(from) < Number(to) && Number(to) <= 24 ? text : undefined;
}

/** What persons meet: passwords, sessions, letters, the contact centre. */
export const peopleSettings = {
  passwordPolicy: choice(
    {
      env: 'SLUIS_PASSWORD_POLICY',
      fallback: 'modern',
      says: 'Rules for passwords of people of enterprises; be-ume-legacy is the older manual.',
    },
    passwordPolicies,
  ),
  passwordPolicyStaff: choice(
    {
      env: 'SLUIS_PASSWORD_POLICY_STAFF',
      fallback: 'modern',
      says: 'Rules for passwords of the help desk and of operators.',
    },
    passwordPolicies,
  ),
  passwordRefused: optional(
    {
      env: 'SLUIS_PASSWORD_REFUSED',
      says: 'File of passwords nobody may choose, one a line, beside those refused anyway.',
    },
    'path of a file',
    isPath,
  ),
  passwordComposition: choice(
    {
      env: 'SLUIS_PASSWORD_COMPOSITION',
      fallback: 'R3',
      says: 'Reading of "2 alphanumeric characters" under be-ume-legacy: R1 any, R2 two kinds, R3 two digits or letters.',
    },
    passwordCompositions,
  ),
  secondFactor: choice(
    {
      env: 'SLUIS_SECOND_FACTOR',
      fallback: 'mandatory',
      says: 'Whether a long password of the modern rules may do without a second factor.',
    },
    ['mandatory', 'optional'] as const,
  ),
  certificateLogin: choice(
    {
      env: 'SLUIS_CERTIFICATE_LOGIN',
      fallback: 'alone',
      says: 'Whether a certificate opens the portal by itself, as cards with a PIN may, or with the password.',
    },
    ['alone', 'with-password'] as const,
  ),
  sessionIdleMs: duration({
    env: 'SLUIS_SESSION_IDLE',
    fallback: '30m',
    says: 'A session of the portal that asks nothing for so long is over.',
  }),
  sessionAbsoluteMs: duration({
    env: 'SLUIS_SESSION_ABSOLUTE',
    fallback: '12h',
    says: 'Longest life of a session of the portal.',
  }),
  issuerName: optional(
    {
      env: 'SLUIS_ISSUER_NAME',
      says: 'How authenticator apps name this installation; without it, sluis.',
    },
    'text of at most 60 characters',
    (text) => /^[^\p{C}:]{1,60}$/u.test(text),
  ),
  portalUrl: optional(
    { env: 'SLUIS_PORTAL_URL', says: 'Address of the portal as people reach it; letters name it.' },
    'https:// address',
    isUrlOf('https', 'http'),
  ),
  smtpUrl: optional(
    {
      env: 'SLUIS_SMTP_URL',
      secret: true,
      says: 'Mail server; without it letters are held and `sluis mail list` shows them.',
    },
    'smtp:// or smtps:// address',
    isUrlOf('smtp', 'smtps'),
  ),
  mailFrom: optional(
    { env: 'SLUIS_MAIL_FROM', says: 'Sender of letters; without it, sluis@localhost.' },
    'e-mail address',
    isMailAddress,
  ),
  helpDeskMail: optional(
    { env: 'SLUIS_HELP_DESK_MAIL', says: 'Who is told of requests that are about to run late.' },
    'e-mail address',
    isMailAddress,
  ),
  helpDeskLanguage: choice(
    {
      env: 'SLUIS_HELP_DESK_LANGUAGE',
      fallback: 'nl',
      says: 'Language of letters to the help desk: nl, fr, de or en.',
    },
    languages,
  ),
  operatorMail: optional(
    { env: 'SLUIS_OPERATOR_MAIL', says: 'Who is told of keys, issuers and lists about to expire.' },
    'e-mail address',
    isMailAddress,
  ),
  contactPhone: optional(
    { env: 'SLUIS_CONTACT_PHONE', says: 'Telephone of the contact centre, shown to people.' },
    'telephone number',
    (text) => /^[+\d][\d ()/.-]{3,30}$/.test(text),
  ),
  contactEmail: optional(
    { env: 'SLUIS_CONTACT_EMAIL', says: 'E-mail of the contact centre.' },
    'e-mail address',
    (text) => /^[^\s@]+@[^\s@]+$/.test(text),
  ),
  contactUrl: optional(
    { env: 'SLUIS_CONTACT_URL', says: 'Page of the contact centre.' },
    'https:// address',
    isUrlOf('https'),
  ),
  contactHours: {
    env: 'SLUIS_CONTACT_HOURS',
    fallback: '7-20',
    type: 'hours such as 7-20',
    secret: false,
    says: 'Hours of the contact centre, Monday to Friday except public holidays.',
    read: hoursOf,
  } satisfies Given<string>,
} as const;
