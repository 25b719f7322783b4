/** Every letter, with what its text is filled with. Each stands in all four languages. */
export const letterFields = {
  'initial-code': ['name', 'username', 'code', 'hours', 'address'],
  'reset-code': ['name', 'username', 'code', 'hours', 'address'],
  'role-given': ['name', 'username', 'role', 'where', 'address'],
  'password-changed': ['name', 'username'],
  'factor-changed': ['name', 'username'],
  'factor-reset': ['name', 'username'],
  'backup-codes-low': ['name', 'left'],
  'account-locked': ['name', 'username'],
  'password-disabled': ['name', 'username'],
  'username-reminder': ['name', 'username'],
  'email-confirm': ['name', 'code', 'address'],
  'email-changed': ['name', 'username'],
  'certificate-expiring': ['owner', 'subject', 'days', 'until'],
  'certificate-changed': ['name', 'username'],
  'case-opened': ['name', 'username', 'due'],
  'case-alarm': ['case', 'kind', 'due'],
  'expiry-near': ['what', 'days', 'until', 'remedy'],
  'ebox-expiring': ['enterprise', 'quality', 'count', 'until'],
  'ebox-digest': ['enterprise', 'quality', 'count', 'unread'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type LetterName = keyof typeof letterFields;

export interface LetterText {
  readonly subject: string;
  readonly body: string;
}

export type LetterTexts = Readonly<Record<LetterName, LetterText>>;
