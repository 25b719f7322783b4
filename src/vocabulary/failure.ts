interface Kind {
  readonly blame: 'sender' | 'partner' | 'gateway' | 'operator';
  readonly retry: boolean;
  readonly says: string;
}

/** Every way an exchange can fail, by stable code. `docs/failures.md` explains each to operators. */
export const failures = {
  'settings.invalid': { blame: 'operator', retry: false, says: 'the settings are not usable' },
  'cli.usage': { blame: 'operator', retry: false, says: 'the command was not understood' },
  'cli.unreadable': { blame: 'operator', retry: false, says: 'a file named could not be read' },
  'storage.unavailable': { blame: 'gateway', retry: true, says: 'the database did not answer' },
  'storage.embedded': {
    blame: 'operator',
    retry: false,
    says: 'the embedded database could not be started',
  },
  'storage.newer-schema': {
    blame: 'operator',
    retry: false,
    says: 'the database was migrated by a newer release',
  },
  'storage.disk-full': { blame: 'gateway', retry: true, says: 'there is no room left on the disk' },
  'storage.blob-missing': {
    blame: 'gateway',
    retry: false,
    says: 'a stored file is not where its row says',
  },
  'registration.exists': { blame: 'operator', retry: false, says: 'it is registered already' },
  'registration.unknown': { blame: 'operator', retry: false, says: 'it is not registered' },
  'registration.invalid': { blame: 'operator', retry: false, says: 'a value is not acceptable' },
  'registration.step-refused': {
    blame: 'operator',
    retry: false,
    says: 'the register does not allow this step',
  },
  'registration.untested': {
    blame: 'sender',
    retry: false,
    says: 'no circuit test was accepted over the channel yet',
  },
  'identity.refused': { blame: 'sender', retry: false, says: 'the credential was not accepted' },
  'identity.busy': {
    blame: 'gateway',
    retry: true,
    says: 'too many logins wait for their turn',
  },
  'password.refused': { blame: 'sender', retry: false, says: 'the password may not be used' },
  'signin.code-refused': { blame: 'sender', retry: false, says: 'the code was not accepted' },
  'signin.stage': {
    blame: 'sender',
    retry: false,
    says: 'the session has not come so far, or is past it',
  },
  'signin.reauthenticate': {
    blame: 'sender',
    retry: false,
    says: 'the act asks for a login of the last minutes',
  },
  'signin.certificate': {
    blame: 'sender',
    retry: false,
    says: 'the certificate does not open this account',
  },
  'signin.certificate-required': {
    blame: 'sender',
    retry: false,
    says: 'the application asks for a certificate beside the password',
  },
  'mail.unknown': { blame: 'operator', retry: false, says: 'there is no such letter' },
  'mail.refused': { blame: 'operator', retry: false, says: 'the letter cannot be written' },
  'mail.not-sent': {
    blame: 'partner',
    retry: true,
    says: 'the mail server did not take the letter',
  },
  'identity.key': {
    blame: 'operator',
    retry: false,
    says: 'the master key of identity is not usable',
  },
  'access.denied': { blame: 'operator', retry: false, says: 'the role may not do this' },
  'access.guard': { blame: 'operator', retry: false, says: 'a rule of access forbids this' },
  'access.stale': {
    blame: 'operator',
    retry: false,
    says: 'somebody else changed the record meanwhile',
  },
  'access.confirmation': {
    blame: 'operator',
    retry: false,
    says: 'the confirmation is not valid any more',
  },
  'seal.unreadable': {
    blame: 'operator',
    retry: false,
    says: 'the key or certificate is unreadable',
  },
  'schema.refused': { blame: 'operator', retry: false, says: 'the schema pack was not admitted' },
  'batch.unknown': {
    blame: 'operator',
    retry: false,
    says: 'no batch goes by that name or ticket',
  },
  'batch.not-replayable': {
    blame: 'operator',
    retry: false,
    says: 'the batch is not in a state that can be run again',
  },
  'work.lease-lost': {
    blame: 'gateway',
    retry: true,
    says: 'another worker took the work over; this result was dropped',
  },
  'work.too-many-tries': {
    blame: 'gateway',
    retry: false,
    says: 'the step was begun many times and never ended',
  },
  'validation.worker-died': {
    blame: 'gateway',
    retry: true,
    says: 'a validation thread ended in the middle of its work',
  },
  'validation.timed-out': {
    blame: 'gateway',
    retry: false,
    says: 'a validation thread took too long over one piece of a file',
  },
  'validation.busy': {
    blame: 'gateway',
    retry: true,
    says: 'the validation threads have no room for more work',
  },
  'computation.no-parameters': {
    blame: 'operator',
    retry: false,
    says: 'no complete parameter set exists for the contribution year',
  },
  'computation.invalid-parameters': {
    blame: 'operator',
    retry: false,
    says: 'the dated parameters are not usable',
  },
  'computation.invalid-input': {
    blame: 'operator',
    retry: false,
    says: 'the input of the computation is not acceptable',
  },
  'channel.unreachable': { blame: 'partner', retry: true, says: 'the other side did not answer' },
  'channel.host-key': {
    blame: 'partner',
    retry: false,
    says: 'the host key is not the one that was pinned',
  },
  'channel.timed-out': { blame: 'partner', retry: true, says: 'the other side went silent' },
  'channel.refused': { blame: 'partner', retry: true, says: 'the other side did not take it' },
  'channel.unroutable': {
    blame: 'operator',
    retry: true,
    says: 'the broker has no queue for it',
  },
  'channel.login-refused': {
    blame: 'partner',
    retry: false,
    says: 'the other side did not accept our login',
  },
  'channel.differs': {
    blame: 'partner',
    retry: true,
    says: 'the other side holds something else than was sent or told',
  },
  'channel.circuit-open': {
    blame: 'partner',
    retry: true,
    says: 'the other side failed again and again and is left alone for a while',
  },
  'channel.no-partner': {
    blame: 'operator',
    retry: false,
    says: 'no active partner is registered for this number',
  },
  'channel.no-ebox': {
    blame: 'partner',
    retry: false,
    says: 'the recipient has no e-Box that takes documents',
  },
  'channel.too-large': {
    blame: 'operator',
    retry: false,
    says: 'it is larger than the other side takes',
  },
  'channel.listen': {
    blame: 'operator',
    retry: false,
    says: 'the address could not be listened on',
  },
  'sender.refused': { blame: 'partner', retry: false, says: 'the gateway refused the login' },
  'sender.no-answer': {
    blame: 'partner',
    retry: true,
    says: 'the expected answer did not arrive in time',
  },
  'sender.name-taken': {
    blame: 'operator',
    retry: false,
    says: 'a file of that name lies at the gateway already',
  },
  'sender.request-failed': {
    blame: 'partner',
    retry: true,
    says: 'the gateway could not carry out a request',
  },
  'sender.request-refused': {
    blame: 'partner',
    retry: false,
    says: 'the gateway refused a request',
  },
  'sender.upload-differs': {
    blame: 'partner',
    retry: false,
    says: 'the gateway holds another number of bytes than were sent',
  },
  'sender.bad-answer': {
    blame: 'partner',
    retry: false,
    says: 'an answer of the gateway could not be read or trusted',
  },
  'gateway.defect': {
    blame: 'gateway',
    retry: false,
    says: 'the gateway met a state it does not know',
  },
} as const satisfies Record<string, Kind>;

export type FailureCode = keyof typeof failures;
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** The exchange could not go on. Thrown, never returned; what is wrong with a file is a Finding. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly facts: Facts;

  constructor(code: FailureCode, facts: Facts = {}, cause?: unknown) {
    super(`${code}: ${failures[code].says}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.facts = facts;
  }
}

const causesMax = 8;

/** Reads any thrown value as a Failure; one we did not foresee is a defect and hides its text. */
export function failureOf(thrown: unknown): Failure {
  let error = thrown;
  for (let depth = 0; depth < causesMax && error instanceof Error; depth += 1) {
    if (error instanceof Failure) return error;
    error = error.cause;
  }
  return new Failure('gateway.defect', {}, thrown);
}
