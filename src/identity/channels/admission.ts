import type { Environment } from '../../vocabulary/index.ts';
import { everyType, type ChannelRecord } from './ports.ts';

type Line = Pick<ChannelRecord, 'channel' | 'type' | 'environment' | 'state'>;

export interface Exchanged {
  /** As the batch names it: a channel this register does not know is open to nobody. */
  readonly channel: string;
  readonly type: string;
  readonly environment: Environment;
}

/**
 * Whether a line lets sets of an environment in. A channel in test takes circuit tests and
 * simulations, whichever environment it is meant for; production takes what it is registered for,
 * and the tests besides.
 */
function opens({ state, environment }: Line, wanted: Environment): boolean {
  if (state !== 'test' && state !== 'production') return false;
  if (wanted === 'R') return environment === 'R' && state === 'production';
  return environment === wanted || environment === 'R';
}

/**
 * Why a set may not come in this way: 154 when the sender is not registered for the type, 249 when
 * another channel is the registered one, 168 when this way is not open (yet, or any more).
 */
export function channelProblem(
  lines: readonly Line[],
  { channel, type, environment }: Exchanged,
): { readonly code: '154' | '168' | '249'; readonly detail: string } | undefined {
  const ofType = lines.filter(
    (line) => line.state !== 'closed' && (line.type === type || line.type === everyType),
  );
  if (ofType.length === 0) {
    return { code: '154', detail: `no channel is registered for ${type}` };
  }
  const open = ofType.filter((line) => opens(line, environment));
  if (open.some((line) => line.channel === channel)) return undefined;
  if (open.length > 0) {
    const registered = [...new Set(open.map((line) => line.channel))].sort().join(', ');
    return { code: '249', detail: `${type} came by ${channel}; registered is ${registered}` };
  }
  const states = [...new Set(ofType.map((line) => line.state))].sort().join(', ');
  return {
    code: '168',
    detail: `${channel} for ${type} in ${environment} is not open (${states})`,
  };
}

/** Whether a login over the channel is heard: while anything of it is wanted, under way or open. */
export function hearsLogins(lines: readonly Line[], channel: string): boolean {
  return lines.some(
    (line) => line.channel === channel && line.state !== 'suspended' && line.state !== 'closed',
  );
}
