import { openChannels, type Channels } from './channels/channels.ts';
import { openCertificates } from './certificates.ts';
import { openEnterprises } from './enterprises.ts';
import { openLogins } from './logins.ts';
import { openSenders } from './senders.ts';
import { openTechnicalUsers } from './technical-users.ts';
import { openTrust } from './trust.ts';
import { openAudit } from './people/audit.ts';
import { openAuthority } from './people/authority.ts';
import { openPeopleRoom } from './people/open-people-room.ts';
import type { ChannelName } from './channels/ports.ts';
import { inszVault } from './people/insz-vault.ts';
import { vaultOf } from './people/tools.ts';
import { loginThrottle } from './login-throttle.ts';
import { signInGate } from './signin/gate.ts';
import { lockJournal } from './signin/lock-journal.ts';
import { openSigningIn } from './signin/open-sign-in.ts';
import { sealedBox } from './signin/sealed-box.ts';
import type { Clock } from '../vocabulary/index.ts';
import type { IdentityKeys } from './identity-keys.ts';
import type { Certificates } from './certificates.ts';
import type { Enterprises } from './enterprises.ts';
import type { Logins } from './logins.ts';
import type { PeopleRoom } from './people/open-people-room.ts';
import type { Invitations } from './people/people-ports.ts';
import type { IdentityJournal, PasswordHash, RegistrationStore } from './ports.ts';
import type { RefusedPasswords } from './refused-passwords.ts';
import type { Senders } from './senders.ts';
import type { SigningIn } from './signin/open-sign-in.ts';
import type { Letters, SecretHash, SignInStore } from './signin/ports.ts';
import { tellOfRole } from './signin/role-letter.ts';
import type { SignInRules } from './signin/tools.ts';
import type { TechnicalUsers } from './technical-users.ts';
import type { Trust } from './trust.ts';

/** Who may exchange messages, and how they prove who they are. */
export interface Identity extends PeopleRoom, SigningIn {
  readonly enterprises: Enterprises;
  readonly senders: Senders;
  readonly technicalUsers: TechnicalUsers;
  readonly certificates: Certificates;
  readonly trust: Trust;
  readonly channels: Channels;
  /** Logins over SFTP; `loginsOver` gives those of another channel. */
  readonly logins: Logins;
  loginsOver(channel: ChannelName): Logins;
}

/** Opens the room on its stores. Every node of a gateway, and every command, may open its own. */
export function openIdentity(o: {
  readonly store: RegistrationStore;
  readonly keys: IdentityKeys;
  readonly clock: Clock;
  readonly journal: IdentityJournal;
  readonly hash: PasswordHash & { peppered(secret: Buffer): SecretHash };
  /** How persons sign in. */
  readonly signing: {
    readonly store: SignInStore;
    readonly letters: Letters;
    readonly rules: SignInRules;
  };
  /** Passwords nobody may choose beside those refused anyway. */
  readonly refusedPasswords?: RefusedPasswords;
  /** Accept SHA-1 in signatures; off unless a sender cannot do better yet. */
  readonly allowSha1?: boolean;
}): Identity {
  const { store, clock, hash, keys, signing } = o;
  const audit = openAudit({ store: o.store.audit, clock });
  const journal = lockJournal({ ...signing, journal: o.journal, audit });
  const authority = openAuthority({ audit });
  const trust = openTrust({ store: store.trust, clock, journal, allowSha1: o.allowSha1 ?? false });
  const loginsOver = (channel: ChannelName): Logins =>
    openLogins({ store, clock, journal, hash, channel });
  const logins = loginsOver('sftp');
  const refused = o.refusedPasswords ?? new Set();
  const technicalUsers = openTechnicalUsers({ store, clock, journal, hash, logins, refused });
  const vault = vaultOf(keys, store.people);
  const signingIn = openSigningIn({
    ...{ clock, audit, trust, refused, ...signing },
    hash: hash.peppered(keys.key('password-pepper')),
    box: sealedBox(keys.key('totp-seal')),
    throttle: loginThrottle({ store: store.throttle, journal, clock }),
    gate: signInGate({ authority, store: signing.store }),
    inszHash: (insz) => inszVault(keys).find(insz),
  });
  return {
    ...openPeopleRoom({
      ...{ store, keys, clock, technicalUsers, audit, authority, vault },
      invitations: invitations(signingIn, signing),
    }),
    enterprises: openEnterprises({ store: store.enterprises, clock, journal }),
    senders: openSenders({ store: store.senders, clock, journal }),
    technicalUsers,
    certificates: openCertificates({ store, clock, journal }),
    trust,
    channels: openChannels({ store: store.channels, senders: store.senders, journal, clock }),
    logins,
    loginsOver,
    ...signingIn,
  };
}

/**
 * Who is new gets the code of his first login, whoever has one a letter about his role: both in the
 * transaction that appoints him.
 */
function invitations(
  { passwords }: SigningIn,
  signing: { readonly store: SignInStore; readonly letters: Letters; readonly rules: SignInRules },
): Invitations {
  return {
    async invite({ caller, person, assignment, isNew }, trx) {
      const store = signing.store.within(trx);
      if (isNew) await passwords.issueInitial(caller, person.id, { store, trx });
      else await tellOfRole({ ...signing, store }, { person, assignment }, trx);
    },
  };
}
