import { channelOpeners, type ChannelOpener } from './channel-openers.ts';
import type { AddressFacts, Channel, Outlet, EventSink } from './channels/index.ts';
import type { Office } from './compose.ts';
import { startDelivery } from './delivery.ts';
import { startEventPump } from './event-pump.ts';
import { openOutbox, publishEvents } from './storage/index.ts';

/** What a process starts, in the order it is to be stopped from the end. */
export type Running = { stop(): Promise<void> }[];

/** Who wants to know that there is something to do. */
export interface Wakes {
  readonly work: (() => void)[];
  readonly parcels: (() => void)[];
  readonly events: (() => void)[];
}

/**
 * Opens the channels of this process's roles: what they bring out first, what they let in last.
 *
 * @returns where each inlet can be reached, by the name of its channel.
 */
export async function startChannels(
  office: Office,
  o: {
    readonly nodeId: string;
    readonly running: Running;
    readonly wakes: Wakes;
    readonly openers?: readonly ChannelOpener[];
  },
): Promise<ReadonlyMap<string, AddressFacts>> {
  const { openers = channelOpeners, nodeId, running, wakes } = o;
  const channels: Channel[] = [];
  for (const opener of openers) {
    if (!office.settings.roles.includes(opener.role)) continue;
    const channel = await opener.open(office, { nodeId });
    if (channel !== undefined) channels.push(channel);
  }
  for (const { name, outlet, events } of channels) {
    if (outlet !== undefined) bringOut(office, { name, outlet, running, wakes });
    if (events !== undefined) tellIntegrators(office, { sink: events, running, wakes });
  }
  const addresses = new Map<string, AddressFacts>();
  const { drainMs } = office.settings;
  for (const { name, inlet } of channels) {
    if (inlet === undefined) continue;
    // Stopped even when its start fails half way: it may hold a socket by then.
    running.push({ stop: () => inlet.stop({ drainMs }) });
    addresses.set(name, await inlet.start());
  }
  return addresses;
}

function bringOut(
  office: Office,
  o: {
    readonly name: string;
    readonly outlet: Outlet;
    readonly running: Running;
    readonly wakes: Wakes;
  },
): void {
  const { clock, log, blobs, database, settings } = office;
  const { name: channel, outlet } = o;
  const delivery = startDelivery({
    outbox: openOutbox({ knex: database.knex, blobs, channel }),
    outlet,
    clock,
    events: {
      failed: ({ id, attempt, sender, recipient }, failure) => {
        const to = { parcel: id, channel, attempt, sender, recipient };
        log.warn('parcel.not-delivered', { ...failure.facts, ...to, reason: failure.code });
      },
      stumbled: (failure) => {
        log.error('outbox.stumbled', { channel, reason: failure.code, error: failure });
      },
    },
  });
  const { drainMs } = settings;
  o.running.push({ stop: () => outlet.close() }, { stop: () => delivery.stop({ drainMs }) });
  o.wakes.parcels.push(() => {
    delivery.wake();
  });
}

function tellIntegrators(
  { clock, log, database }: Office,
  o: { readonly sink: EventSink; readonly running: Running; readonly wakes: Wakes },
): void {
  const pump = startEventPump({
    sink: o.sink,
    publishing: (publish, max) => publishEvents(database.knex, { at: clock.now(), max, publish }),
    stumbled: (failure) => {
      log.warn('events.not-published', { reason: failure.code, error: failure });
    },
  });
  o.running.push(pump);
  o.wakes.events.push(() => {
    pump.wake();
  });
}
