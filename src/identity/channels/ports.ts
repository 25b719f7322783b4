import type { Environment, SenderNumber } from '../../vocabulary/index.ts';

/** How far a channel of a sender has come, for one message type in one environment. */
export type ChannelState = 'requested' | 'test' | 'production' | 'suspended' | 'closed';

export const channelNames = ['sftp', 'amqp', 'sftp-remote', 'ebox'] as const;
export type ChannelName = (typeof channelNames)[number];

/** In the place of a message type: every type. */
export const everyType = '*';

/** One line of the register. */
export interface ChannelKey {
  readonly sender: SenderNumber;
  readonly channel: ChannelName;
  /** Four letters, or `*` for every type. */
  readonly type: string;
  readonly environment: Environment;
}

export interface ChannelRecord extends ChannelKey {
  readonly state: ChannelState;
  /** Where it goes on after a suspension. */
  readonly resumesTo?: 'requested' | 'test' | 'production';
  /** The role that suspended it. */
  readonly suspendedBy?: ActorRole;
  readonly requestedAt: Date;
  readonly changedAt: Date;
  readonly changedBy: string;
}

/** Who may act on the register: the operator of the gateway, or an access manager of the sender. */
export type ActorRole = 'operator' | 'access-manager';

export interface Actor {
  /** A name for the history: an operator, or the number of a person. */
  readonly by: string;
  /** Without it, the operator. */
  readonly as?: ActorRole;
}

export type ChannelAct = 'open' | 'request' | 'advance' | 'suspend' | 'resume' | 'close';

export interface ChannelChange extends ChannelKey {
  readonly act: ChannelAct;
  readonly from: ChannelState | null;
  readonly to: ChannelState;
  readonly at: Date;
  readonly by: string;
  readonly as: ActorRole;
  readonly reason?: string;
}

/** The one person to speak to about the technical side of a sender. */
export interface Contact {
  readonly name: string;
  readonly email: string;
  readonly phone?: string;
}

export interface ContactRecord {
  readonly sender: SenderNumber;
  readonly contact?: Contact;
  /** The channel answers leave by; absent = the one their set came by. */
  readonly answersBy?: ChannelName;
}

/** A batch that shows that a channel works. */
export interface TestTraffic {
  readonly ticket: string;
  readonly at: Date;
}

export interface ChannelStore {
  list(o: {
    readonly sender?: SenderNumber;
    readonly channel?: ChannelName;
    readonly state?: ChannelState;
    readonly max: number;
  }): Promise<readonly ChannelRecord[]>;
  of(sender: SenderNumber): Promise<readonly ChannelRecord[]>;
  /**
   * Writes the changes with their lines of history, all or none, and tells every node by NOTIFY that
   * logins may have changed. False when a line is not in the state it is to be changed from.
   */
  change(
    changes: readonly (ChannelChange & {
      readonly resumesTo?: ChannelRecord['resumesTo'];
    })[],
  ): Promise<boolean>;
  /** Newest first. */
  history(o: {
    readonly sender: SenderNumber;
    readonly max: number;
  }): Promise<readonly ChannelChange[]>;
  /** The newest accepted circuit test of the type (any type for `*`) over the channel since then. */
  testTraffic(o: {
    readonly sender: SenderNumber;
    readonly channel: ChannelName;
    readonly type: string;
    readonly since: Date;
  }): Promise<TestTraffic | undefined>;
  contactOf(sender: SenderNumber): Promise<ContactRecord | undefined>;
  saveContact(record: ContactRecord & { readonly at: Date; readonly by: string }): Promise<void>;
}
