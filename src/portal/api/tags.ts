/** Chapters of the description. */
export const tags = [
  { name: 'login', description: 'From nothing to a session in one role.' },
  { name: 'session', description: 'The session, its role, its menu, and the others of a person.' },
  { name: 'me', description: "One's own data, password, e-mail, second factor and certificates." },
  { name: 'recovery', description: 'Lost usernames and passwords.' },
  { name: 'persons', description: 'Persons: registering, searching, changing, blocking.' },
  { name: 'appointments', description: 'Who is what, where: roles given, changed and taken.' },
  { name: 'enterprises', description: 'Enterprises and what their legal representatives decide.' },
  { name: 'qualities', description: 'Qualities: the catalogue, activation, details.' },
  { name: 'applications', description: 'Secured applications and who may open them.' },
  { name: 'e-box', description: 'Documents of a quality: read, downloaded, moved, and told of.' },
  { name: 'technical-users', description: 'Logins of machines, for sending and collecting.' },
  { name: 'help-desk', description: 'Cases, resets and unblocking, by the help desk.' },
  { name: 'audit', description: 'What was done and refused.' },
  { name: 'operations', description: 'For operators: the mail outbox.' },
  { name: 'help', description: 'Contact, rules and articles for people who are stuck.' },
] as const;

export type Tag = (typeof tags)[number]['name'];
