import type { LetterTexts } from '../letter-names.ts';

export const en: LetterTexts = {
  'initial-code': {
    subject: 'Your access',
    body: `Dear {name},

An account was made for you. Your user name is {username}.
For the first login use this one-time code in place of a password:

    {code}

It is valid for {hours} hours and once. You then choose a password of your own. {address}

Nobody will ever ask you for this code.`,
  },
  'reset-code': {
    subject: 'A new code to log in',
    body: `Dear {name},

Your password was reset and does not work any more. Log in as {username} with this one-time code:

    {code}

It is valid for {hours} hours and once. You then choose a new password. {address}

If you did not ask for this, tell your access manager or the help desk.`,
  },
  'role-given': {
    subject: 'A new role',
    body: `Dear {name},

You are now {role}: {where}
Log in as {username}, as you do already, and choose this role. {address}

If you did not expect this, tell the help desk.`,
  },
  'password-changed': {
    subject: 'Your password was changed',
    body: `Dear {name},

The password of {username} was changed just now.
If it was not you, ask your access manager or the help desk for new codes at once.`,
  },
  'factor-changed': {
    subject: 'Your second factor was changed',
    body: `Dear {name},

The authenticator app or the back-up codes of {username} were changed just now.
If it was not you, tell the help desk at once.`,
  },
  'factor-reset': {
    subject: 'Your second factor was reset',
    body: `Dear {name},

The help desk has reset the second factor of {username}: app and back-up codes are void.
You set up a new one at the next login. If you did not ask for this, tell the help desk at once.`,
  },
  'backup-codes-low': {
    subject: 'Few back-up codes left',
    body: `Dear {name},

You have {left} back-up codes left. You can make new ones after logging in.`,
  },
  'account-locked': {
    subject: 'Too many attempts to log in',
    body: `Dear {name},

Somebody tried too often to log in as {username}. Logging in from there is suspended for a while.
If it was you, wait a quarter of an hour, or ask your access manager or the help desk.`,
  },
  'password-disabled': {
    subject: 'A factor of your account was disabled',
    body: `Dear {name},

After a hundred wrong attempts in a row a password or app of {username} was disabled.
Ask your access manager or the help desk for new codes.`,
  },
  'username-reminder': {
    subject: 'Your user name',
    body: `Dear {name},

You asked for your user name. It is: {username}

If you did not ask for it, you need not do anything.`,
  },
  'email-confirm': {
    subject: 'Confirm your e-mail address',
    body: `Dear {name},

To use {address} from now on, enter this code within 24 hours:

    {code}

If you did not ask for this, you need not do anything.`,
  },
  'email-changed': {
    subject: 'Your e-mail address was changed',
    body: `Dear {name},

The e-mail address of {username} was changed; this one is not used any more.
If it was not you, tell your access manager or the help desk at once.`,
  },
  'certificate-expiring': {
    subject: 'A certificate expires in {days} days',
    body: `Good day,

The certificate of {owner} expires on {until}, in {days} days:

    {subject}

Upload the renewed one in time. The old and the new one work side by side.`,
  },
  'certificate-changed': {
    subject: 'Your certificates were changed',
    body: `Dear {name},

A certificate of {username} was linked, retired, blocked or unblocked just now.
If it was not you, tell your access manager or the help desk at once.`,
  },
  'case-opened': {
    subject: 'Your request for new codes',
    body: `Dear {name},

You asked for new codes for {username}. You will have them by {due}.
If you did not ask for this, tell the help desk.`,
  },
  'case-alarm': {
    subject: 'A request is due: {due}',
    body: `Case {case} ({kind}) is due on {due} and still open.`,
  },
  'expiry-near': {
    subject: 'Expires on {until}: {what}',
    body: `{what}

Expires on {until} ({days} days left).

What to do: {remedy}`,
  },
  'ebox-expiring': {
    subject: 'Documents in your e-Box are about to end',
    body: `e-Box of {enterprise}, quality {quality}

Documents that will soon be gone: {count}
The first can be read up to and including {until}; it is deleted after that day.

Log in and keep what you need.`,
  },
  'ebox-digest': {
    subject: 'New in your e-Box',
    body: `e-Box of {enterprise}, quality {quality}

New documents: {count}
Unread in the whole e-Box: {unread}

Log in to read them.`,
  },
};
