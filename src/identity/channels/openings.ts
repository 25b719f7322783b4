import type { SenderRecord } from '../ports.ts';
import { everyType, type ChannelChange, type ChannelName } from './ports.ts';

/** The types a sender may exchange, as the register of channels writes them. */
export function typesOf({ types }: Pick<SenderRecord, 'types'>): readonly string[] {
  return types.length === 0 ? [everyType] : types;
}

/** The changes that put a channel in production for all that a sender may exchange. */
export function openings(
  { number: sender, types, environments }: SenderRecord,
  channel: ChannelName,
  { by, at }: { readonly by: string; readonly at: Date },
): readonly ChannelChange[] {
  const change = { sender, channel, act: 'open', from: null, to: 'production' } as const;
  return typesOf({ types }).flatMap((type) =>
    environments.map((environment) => ({ ...change, type, environment, at, by, as: 'operator' })),
  );
}
