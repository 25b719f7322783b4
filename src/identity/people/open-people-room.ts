import type { Clock } from '../../vocabulary/index.ts';
import type { IdentityKeys } from '../identity-keys.ts';
import type { RegistrationStore } from '../ports.ts';
import type { TechnicalUsers } from '../technical-users.ts';
import type { Applications } from './applications.ts';
import type { Audit } from './audit.ts';
import type { Authority } from './authority.ts';
import { confirmations } from './confirmations.ts';
import type { EnterpriseAccess } from './enterprise-access.ts';
import { openApplications } from './open-applications.ts';
import { openEnterpriseAccess } from './open-enterprise-access.ts';
import { openPeople } from './open-people.ts';
import { openQualities } from './open-qualities.ts';
import { openRoles } from './open-roles.ts';
import type { People } from './people.ts';
import type { Invitations } from './people-ports.ts';
import type { Qualities } from './qualities.ts';
import type { Roles } from './roles.ts';
import { openSenderForm, type SenderForm } from './sender-form.ts';
import { openTechnicalAccounts } from './technical-accounts.ts';
import type { TechnicalAccounts } from './technical-accounts.ts';
import type { PeopleTools } from './tools.ts';

/** Persons and what they may do. Every act takes its caller and asks the matrix. */
export interface PeopleRoom {
  readonly people: People;
  readonly roles: Roles;
  readonly qualities: Qualities;
  readonly applications: Applications;
  readonly enterpriseAccess: EnterpriseAccess;
  readonly technicalAccounts: TechnicalAccounts;
  readonly senderForm: SenderForm;
  readonly audit: Audit;
  /** Asks the matrix; for acts of other rooms on behalf of a caller. */
  readonly authority: Authority;
}

export function openPeopleRoom(o: {
  readonly store: RegistrationStore;
  readonly keys: IdentityKeys;
  readonly clock: Clock;
  readonly technicalUsers: TechnicalUsers;
  readonly audit: Audit;
  readonly authority: Authority;
  readonly vault: PeopleTools['vault'];
  readonly invitations: Invitations;
}): PeopleRoom {
  const { store, keys, clock, technicalUsers, audit, authority, invitations, vault } = o;
  const tools: PeopleTools = {
    ...{ store: store.people, clock, audit, authority },
    confirmations: confirmations({ keys, clock }),
    ...{ invitations, vault },
  };
  return {
    people: openPeople(tools),
    roles: openRoles(tools),
    qualities: openQualities(tools),
    applications: openApplications(tools),
    enterpriseAccess: openEnterpriseAccess(tools),
    technicalAccounts: openTechnicalAccounts(tools, { technicalUsers, senders: store.senders }),
    senderForm: openSenderForm(tools),
    ...{ audit, authority },
  };
}
