import type { Endpoint } from '../endpoint.ts';
import { applicationEndpoints } from './applications.ts';
import { appointmentEndpoints } from './appointments.ts';
import { auditEndpoints } from './audit.ts';
import { certificateEndpoints } from './certificates.ts';
import { eboxEndpoints } from './ebox.ts';
import { emailEndpoints } from './own-email.ts';
import { enterpriseEndpoints } from './enterprises.ts';
import { factorEndpoints } from './own-factors.ts';
import { helpDeskEndpoints } from './help-desk.ts';
import { helpEndpoints } from './help.ts';
import { loginEndpoints } from './login.ts';
import { ownDataEndpoints } from './own-data.ts';
import { personEndpoints } from './persons.ts';
import { qualityEndpoints } from './qualities.ts';
import { recoveryEndpoints } from './recovery.ts';
import { sessionEndpoints } from './sessions.ts';
import { mailEndpoints } from './mail.ts';
import { mandateImportEndpoints } from './mandate-imports.ts';
import { senderFormEndpoints } from './sender-form.ts';
import { technicalUserEndpoints } from './technical-users.ts';
import { tokenEndpoints } from './own-tokens.ts';

/** Everything below `/api/v1`. */
export const apiEndpoints: readonly Endpoint[] = [
  ...loginEndpoints,
  ...sessionEndpoints,
  ...ownDataEndpoints,
  ...factorEndpoints,
  ...emailEndpoints,
  ...tokenEndpoints,
  ...certificateEndpoints,
  ...recoveryEndpoints,
  ...personEndpoints,
  ...appointmentEndpoints,
  ...enterpriseEndpoints,
  ...senderFormEndpoints,
  ...qualityEndpoints,
  ...applicationEndpoints,
  ...eboxEndpoints,
  ...technicalUserEndpoints,
  ...helpDeskEndpoints,
  ...mandateImportEndpoints,
  ...mailEndpoints,
  ...auditEndpoints,
  ...helpEndpoints,
];
