import * as foundation from './0001-foundation.ts';
import * as registration from './0002-registration.ts';
import * as mandates from './0003-mandates.ts';
import * as batches from './0004-batches.ts';
import * as stateStep from './0005-state-step.ts';
import * as people from './0010-people.ts';
import * as peopleSearch from './0011-people-search.ts';
import * as applications from './0012-applications.ts';
import * as signin from './0015-signin.ts';
import * as outbox from './0020-outbox.ts';
import * as declared from './0030-declared.ts';
import * as partners from './0031-partners.ts';
import * as channelRegistration from './0021-channel-registration.ts';
import * as expiryNotice from './0022-expiry-notice.ts';
import * as dispatchStep from './0023-dispatch-step.ts';
import * as amqp from './0025-amqp.ts';
import * as ebox from './0035-ebox.ts';
import * as revision from './0040-revision.ts';
import * as mandateImport from './0041-mandate-import.ts';
import * as senderForm from './0042-sender-form.ts';
import * as cardNumbers from './0043-card-numbers.ts';

/** One step forward. Never changed once released; a correction is a new step. */
export interface Migration {
  /** `NNNN-name`, as its file. */
  readonly id: string;
  /** SQL statements, run in one transaction. */
  readonly up: string;
}

/** In the order they are applied. */
export const migrations: readonly Migration[] = [
  foundation,
  registration,
  mandates,
  batches,
  stateStep,
  people,
  peopleSearch,
  applications,
  signin,
  outbox,
  channelRegistration,
  expiryNotice,
  dispatchStep,
  amqp,
  declared,
  partners,
  ebox,
  revision,
  mandateImport,
  senderForm,
  cardNumbers,
];
