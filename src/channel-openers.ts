import { amqpChannel } from './amqp-channel.ts';
import type { Channel } from './channels/index.ts';
import type { Office } from './compose.ts';
import { eboxChannel } from './ebox-channel.ts';
import type { Role } from './settings.ts';
import { sftpChannel } from './sftp-channel.ts';
import { sftpRemoteChannel } from './sftp-remote-channel.ts';

/** How a process comes by its part in one kind of channel. */
export interface ChannelOpener {
  /** Opened by the processes that play this role. */
  readonly role: Role;
  /** Undefined when the settings do not switch the channel on. Nothing is listened to yet. */
  open(office: Office, o: { readonly nodeId: string }): Promise<Channel | undefined>;
}

/** Every kind of channel there is. A new one is a file and a line here. */
export const channelOpeners: readonly ChannelOpener[] = [
  sftpChannel,
  amqpChannel,
  sftpRemoteChannel,
  eboxChannel,
];
