import { permits } from '../../identity/index.ts';
import { Failure } from '../../vocabulary/index.ts';
import type { CallerAsk } from './endpoint.ts';
import type { BoxReader } from './ports.ts';

/** The application that an e-Box is. */
const ebox = 'ebox';

/**
 * Admits a caller to the e-Box of his quality, as if he opened it among his applications: it must be
 * active, and a user must have been ticked for it. Asked at every request.
 *
 * @throws Failure `access.guard` (`ebox-inactive`, `application-not-granted`, …),
 * `signin.certificate-required`
 */
export async function readerOf({
  caller,
  session,
  parts: { identity },
}: Pick<CallerAsk<unknown, unknown, unknown>, 'caller' | 'session' | 'parts'>): Promise<BoxReader> {
  const { applications, signIn } = identity;
  const { certificateRequired } = await applications.open(caller, { application: ebox });
  if (session !== undefined) await signIn.requireFactors(session, ebox);
  else if (certificateRequired) {
    // An API token has shown no certificate, and cannot.
    throw new Failure('signin.certificate-required', { application: ebox });
  }
  const { enterprise, qualityId = '', assignmentId = '', name } = caller;
  const usable = await applications.usable(caller);
  return {
    ...{ actor: caller, name, qualityId, assignmentId },
    manages: permits(caller, 'ebox.manage', { enterprise, qualityId }).allowed,
    applications: usable.map(({ code }) => code),
  };
}
