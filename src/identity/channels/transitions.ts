import type { ActorRole, ChannelAct, ChannelRecord, ChannelState } from './ports.ts';

/** One step a line of the register may take. */
export interface Transition {
  readonly act: ChannelAct;
  /** `none`: there is no line yet. */
  readonly from: ChannelState | 'none';
  /** `before`: the state it was suspended in. */
  readonly to: ChannelState | 'before';
  readonly who: readonly ActorRole[];
  /** An accepted circuit test of the type over the channel must have come first. */
  readonly needsTest?: true;
}

const both: readonly ActorRole[] = ['operator', 'access-manager'];

/**
 * Every step there is: what is not in this list cannot be done. The authority publishes no states
 * for the activation of a channel; these are ours.
 */
export const transitions: readonly Transition[] = [
  { act: 'open', from: 'none', to: 'production', who: ['operator'] },
  { act: 'request', from: 'none', to: 'requested', who: both },
  { act: 'request', from: 'closed', to: 'requested', who: both },
  { act: 'advance', from: 'requested', to: 'test', who: both },
  { act: 'advance', from: 'test', to: 'production', who: both, needsTest: true },
  { act: 'suspend', from: 'requested', to: 'suspended', who: both },
  { act: 'suspend', from: 'test', to: 'suspended', who: both },
  { act: 'suspend', from: 'production', to: 'suspended', who: both },
  { act: 'resume', from: 'suspended', to: 'before', who: both },
  { act: 'close', from: 'requested', to: 'closed', who: both },
  { act: 'close', from: 'test', to: 'closed', who: both },
  { act: 'close', from: 'production', to: 'closed', who: both },
  { act: 'close', from: 'suspended', to: 'closed', who: both },
];

export type Step =
  | { readonly kind: 'step'; readonly to: ChannelState; readonly needsTest: boolean }
  | { readonly kind: 'impossible' }
  /** It could be done, by somebody else. */
  | { readonly kind: 'not-allowed' };

/** What an act by this role makes of a line, or of the place where there is none. */
export function stepOf(o: {
  readonly act: ChannelAct;
  readonly record: ChannelRecord | undefined;
  readonly as: ActorRole;
}): Step {
  const from = o.record?.state ?? 'none';
  const found = transitions.find((one) => one.act === o.act && one.from === from);
  if (found === undefined) return { kind: 'impossible' };
  if (!found.who.includes(o.as)) return { kind: 'not-allowed' };
  // What the operator stopped, the sender cannot start again.
  const stoppedAbove = o.act === 'resume' && o.record?.suspendedBy === 'operator';
  if (stoppedAbove && o.as !== 'operator') return { kind: 'not-allowed' };
  const to = found.to === 'before' ? (o.record?.resumesTo ?? 'requested') : found.to;
  return { kind: 'step', to, needsTest: found.needsTest === true };
}
