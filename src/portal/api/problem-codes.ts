import type { FailureCode } from '../../vocabulary/index.ts';

/** What the frame itself refuses with; everything else is a failure of the catalogue. */
export const requestProblems = {
  'request.invalid': 400,
  'request.malformed': 400,
  'request.no-session': 401,
  'request.stage': 403,
  'request.foreign': 403,
  'request.csrf': 403,
  'request.no-such-path': 404,
  'request.method': 405,
  'request.timeout': 408,
  'request.stale': 412,
  'request.too-long': 413,
  'request.media-type': 415,
  'request.version-missing': 428,
  'request.too-many': 429,
} as const;

export type RequestProblemCode = keyof typeof requestProblems;
export type ProblemCode = RequestProblemCode | FailureCode;

/** How failures that a client may meet are told; the rest is 500 and keeps its cause to itself. */
const failureStatuses: Partial<Record<FailureCode, number>> = {
  'identity.refused': 401,
  'signin.code-refused': 401,
  'signin.certificate': 401,
  'signin.reauthenticate': 401,
  'access.denied': 403,
  'signin.certificate-required': 403,
  'registration.unknown': 404,
  'batch.unknown': 404,
  'mail.unknown': 404,
  'registration.exists': 409,
  'mail.not-sent': 409,
  'batch.not-replayable': 409,
  'access.guard': 409,
  'access.confirmation': 409,
  'signin.stage': 409,
  'registration.invalid': 422,
  'password.refused': 422,
  'computation.invalid-input': 422,
  'schema.refused': 422,
  'seal.unreadable': 422,
  'identity.busy': 503,
  'storage.unavailable': 503,
  'storage.disk-full': 503,
};

export function statusOf(code: ProblemCode): number {
  return isRequestProblem(code) ? requestProblems[code] : (failureStatuses[code] ?? 500);
}

export function isRequestProblem(code: string): code is RequestProblemCode {
  return Object.hasOwn(requestProblems, code);
}

/** Failures that have a status of their own, and so a title. */
export const toldFailures = Object.keys(failureStatuses) as readonly FailureCode[];
