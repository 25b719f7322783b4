/**
 * NOTIFY channel on which it is told, with the id of the account, that a technical user or one of
 * its keys or certificates may log in no longer: whoever holds connections of the account looks at
 * them again, since a block ends them at once.
 */
export const technicalUserNotice = 'technical_user';
